import { FILTER_PRESETS } from '../filter.js';
import type { DatasetSource } from '../source.js';

export const lastfm: DatasetSource = {
  name: 'lastfm',
  summary: 'LastFM of HetRec 2011, artists that listeners tagged (the data set of the paper)',
  facts: '1,892 listeners, 12,523 tagged artists, 186,479 tag events with times, 71,064 pairs',
  home: 'https://grouplens.org/datasets/hetrec-2011/',
  licence: 'research use, no redistribution (see README in the archive)',
  download: {
    url: 'https://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip',
    bytes: 2589075,
    member: 'user_taggedartists-timestamps.dat',
  },
  filter: FILTER_PRESETS.paper,
};
