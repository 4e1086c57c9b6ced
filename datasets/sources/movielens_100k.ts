import type { DatasetSource } from '../source.js';

export const movielens100k: DatasetSource = {
  name: 'ml-100k',
  summary: 'MovieLens-100k, movie ratings of 1998',
  facts: '943 users, 1,682 movies, 100,000 ratings from 1 to 5 with times; every user has at least 20',
  home: 'https://grouplens.org/datasets/movielens/100k/',
  licence: 'research use, no redistribution (see README in the archive)',
  download: {
    url: 'https://files.grouplens.org/datasets/movielens/ml-100k.zip',
    bytes: 4924029,
    md5: '0e33842e24a9c977be4e0107933c0723',
    member: 'ml-100k/u.data',
  },
};
