import { z } from 'zod';
import { hostOf } from '../compute/index.js';
import { factorProduct } from './factorization.js';
import { defineModel } from './model.js';
import { truncatedSvd } from './svd.js';

/** Collaborative filtering by truncated SVD of the training matrix (paper, A.6.4). */
export const cf = defineModel({
  name: 'CF',
  summary: 'truncated SVD of the binary training matrix',
  trained: false,
  settings: z.object({
    matrix: z
      .enum(['binary', 'counts'])
      .default('binary')
      .describe("counts: how many records a pair has, as the authors' program takes repeated ones"),
  }),
  create(kernels, make, { users, items, dim }, { matrix }) {
    const user = make.constant('user', [users, dim]);
    const item = make.constant('item', [items, dim]);
    const ones = make.constant('ones', [dim], 1);
    return {
      parameters: [user, item, ones],
      forward: (tape, pairs) => factorProduct(tape, pairs, user, item, ones),
      fitsRecords: matrix === 'counts',
      fit(train, seed) {
        const { left, right } = truncatedSvd(hostOf(kernels), train, dim, seed);
        kernels.write(user.value, left);
        kernels.write(item.value, right);
      },
    };
  },
});
