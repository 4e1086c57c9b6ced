import type { DatasetSource } from '../source.js';

export const movielens10m: DatasetSource = {
  name: 'ml-10m',
  summary: 'MovieLens-10M, movie ratings of 1995 to 2009',
  facts: '69,878 users, 10,677 movies, 10,000,054 ratings from 0.5 to 5 with times; every user has at least 20',
  home: 'https://grouplens.org/datasets/movielens/10m/',
  licence: 'research use, no redistribution (see README in the archive)',
  download: {
    url: 'https://files.grouplens.org/datasets/movielens/ml-10m.zip',
    bytes: 65566137,
    md5: 'ce571fd55effeba0271552578f2648bd',
    member: 'ml-10M100K/ratings.dat',
  },
};
