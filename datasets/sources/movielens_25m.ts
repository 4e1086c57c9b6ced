import type { DatasetSource } from '../source.js';

export const movielens25m: DatasetSource = {
  name: 'ml-25m',
  summary: 'MovieLens-25M, movie ratings of 1995 to 2019',
  facts: '162,541 users, 59,047 rated movies, 25,000,095 ratings from 0.5 to 5 with times; every user has at least 20',
  home: 'https://grouplens.org/datasets/movielens/25m/',
  licence: 'research use, no redistribution (see README in the archive)',
  download: {
    url: 'https://files.grouplens.org/datasets/movielens/ml-25m.zip',
    bytes: 261978986,
    md5: '6b51fb2759a8657d3bfcbfc42b592ada',
    member: 'ml-25m/ratings.csv',
  },
};
