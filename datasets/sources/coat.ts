import type { DatasetSource } from '../source.js';

export const coat: DatasetSource = {
  name: 'coat',
  summary: 'Coat: shopping for coats, with a test part shown at random',
  facts: '290 users, 300 coats; each user rated 24 of their choice and 16 shown at random, from 1 to 5',
  home: 'https://www.cs.cornell.edu/~schnabts/mnar/',
  licence: 'research use',
  download: {
    url: 'https://www.cs.cornell.edu/~schnabts/mnar/coat.zip',
    bytes: 0,
    member: 'coat.zip',
    plain: true,
  },
};
