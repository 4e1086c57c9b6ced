import type { DatasetSource } from '../source.js';

export const planted: DatasetSource = {
  name: 'planted',
  summary: 'an embedded world drawn from a seed, whose truth is known (the default)',
  facts: 'by default 2,000 users, 1,000 items, about 160,000 ratings; sizes by --users, --items, --ratings-per-user',
  licence: 'none needed',
};
