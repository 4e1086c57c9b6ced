import type { DatasetSource } from '../source.js';

export const movielens20m: DatasetSource = {
  name: 'ml-20m',
  summary: 'MovieLens-20M, movie ratings of 1995 to 2015',
  facts: '138,493 users, 26,744 rated movies, 20,000,263 ratings from 0.5 to 5 with times; every user has at least 20',
  home: 'https://grouplens.org/datasets/movielens/20m/',
  licence: 'research use, no redistribution (see README in the archive)',
  download: {
    url: 'https://files.grouplens.org/datasets/movielens/ml-20m.zip',
    bytes: 198702078,
    md5: 'cd245b17a1ae2cc31bb14903e1204af3',
    member: 'ml-20m/ratings.csv',
  },
};
