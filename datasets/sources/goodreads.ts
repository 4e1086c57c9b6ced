import { FILTER_PRESETS } from '../filter.js';
import type { DatasetSource } from '../source.js';

export const goodreads: DatasetSource = {
  name: 'goodreads',
  summary: 'Goodreads reviews of history and biography (the data set of the paper)',
  facts: '238,450 users, 302,346 books, 2,066,193 reviews with ratings from 1 to 5 (0: none) and times',
  home: 'https://mengtingwan.github.io/data/goodreads.html',
  licence: 'academic use, no redistribution',
  download: {
    url: 'https://mcauleylab.ucsd.edu/public_datasets/gdrive/goodreads/byGenre/goodreads_reviews_history_biography.json.gz',
    bytes: 0,
    member: 'goodreads_reviews_history_biography.json.gz',
    plain: true,
  },
  filter: FILTER_PRESETS.paper,
};
