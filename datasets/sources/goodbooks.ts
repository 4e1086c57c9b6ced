import type { DatasetSource } from '../source.js';

export const goodbooks: DatasetSource = {
  name: 'goodbooks-10k',
  summary: 'goodbooks-10k, book ratings',
  facts: '53,424 users, 10,000 books, 5,976,479 ratings from 1 to 5, without times',
  home: 'https://github.com/zygmuntz/goodbooks-10k',
  licence: 'CC BY-SA 4.0',
  download: {
    url: 'https://raw.githubusercontent.com/zygmuntz/goodbooks-10k/master/ratings.csv',
    bytes: 0,
    member: 'goodbooks-10k/ratings.csv',
    plain: true,
  },
};
