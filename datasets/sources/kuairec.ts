import type { DatasetSource } from '../source.js';

export const kuairec: DatasetSource = {
  name: 'kuairec',
  summary: 'KuaiRec: short videos, with a part in which every user watched every video',
  facts:
    'big matrix 7,176 users, 10,728 videos, 12,530,806 interactions; small matrix 1,411 users, 3,327 videos, almost full',
  home: 'https://kuairec.com/',
  licence: 'CC BY-SA 4.0',
};
