import type { DatasetSource } from '../source.js';

export const movielens1m: DatasetSource = {
  name: 'ml-1m',
  summary: 'MovieLens-1M, movie ratings of 2000 to 2003 (the data set of the paper)',
  facts: '6,040 users, 3,706 rated movies, 1,000,209 ratings from 1 to 5 with times; every user has at least 20',
  home: 'https://grouplens.org/datasets/movielens/1m/',
  licence: 'research use, no redistribution (see README in the archive)',
  download: {
    url: 'https://files.grouplens.org/datasets/movielens/ml-1m.zip',
    bytes: 5917549,
    md5: 'c4d9eecfca2ab87c1945afe126590906',
    member: 'ml-1m/ratings.dat',
  },
};
