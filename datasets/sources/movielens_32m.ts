import type { DatasetSource } from '../source.js';

export const movielens32m: DatasetSource = {
  name: 'ml-32m',
  summary: 'MovieLens-32M, movie ratings of 1995 to 2023',
  facts: '200,948 users, 84,432 rated movies, 32,000,204 ratings from 0.5 to 5 with times; every user has at least 20',
  home: 'https://grouplens.org/datasets/movielens/32m/',
  licence: 'research use, no redistribution (see README in the archive)',
  download: {
    url: 'https://files.grouplens.org/datasets/movielens/ml-32m.zip',
    bytes: 238950008,
    md5: 'd472be332d4daa821edc399621853b57',
    member: 'ml-32m/ratings.csv',
  },
};
