import type { DatasetSource } from '../source.js';

export const movielensLatest: DatasetSource = {
  name: 'ml-latest-small',
  summary: 'MovieLens latest, small: it changes over time, so that numbers on it cannot be compared',
  facts: 'about 610 users, 9,724 rated movies, 100,836 ratings from 0.5 to 5 with times',
  home: 'https://grouplens.org/datasets/movielens/latest/',
  licence: 'research use, no redistribution (see README in the archive)',
  download: {
    url: 'https://files.grouplens.org/datasets/movielens/ml-latest-small.zip',
    bytes: 978202,
    member: 'ml-latest-small/ratings.csv',
  },
};

/** All of it, growing. */
export const movielensLatestFull: DatasetSource = {
  name: 'ml-latest',
  summary: 'MovieLens latest, full: it changes over time, so that numbers on it cannot be compared',
  facts: 'about 330,975 users, 83,239 rated movies, 33,832,162 ratings from 0.5 to 5 with times',
  home: 'https://grouplens.org/datasets/movielens/latest/',
  licence: 'research use, no redistribution (see README in the archive)',
  download: {
    url: 'https://files.grouplens.org/datasets/movielens/ml-latest.zip',
    bytes: 0,
    member: 'ml-latest/ratings.csv',
  },
};
