import { hostOf } from '../compute/index.js';
import { factorProduct } from './factorization.js';
import type { ModelDefinition } from './model.js';
import { truncatedSvd } from './svd.js';

/** Collaborative filtering by truncated SVD of the binary training matrix, as in the authors' program (paper, A.6.4). */
export const cf: ModelDefinition = {
  name: 'CF',
  summary: 'truncated SVD of the binary training matrix',
  trained: false,
  create(kernels, make, { users, items, dim }) {
    const user = make.constant('user', [users, dim]);
    const item = make.constant('item', [items, dim]);
    const ones = make.constant('ones', [dim], 1);
    return {
      parameters: [user, item, ones],
      forward: (tape, pairs) => factorProduct(tape, pairs, user, item, ones),
      fit(train, seed) {
        const { left, right } = truncatedSvd(hostOf(kernels), train, dim, seed);
        kernels.write(user.value, left);
        kernels.write(item.value, right);
      },
    };
  },
};
