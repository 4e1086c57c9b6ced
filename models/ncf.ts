import { UserError } from '../support/errors.js';
import { factorProduct } from './factorization.js';
import type { ModelDefinition } from './model.js';
import { tower } from './tower.js';

/**
 * Neural collaborative filtering (He et al. 2017; paper, A.6.4): a perceptron branch (embeddings of dim / 2, hidden layers of
 * dim / 2 and dim / 4) beside a product branch (embeddings of dim - dim / 4), concatenated, one output. The output layer on the
 * concatenation is the sum of one on each branch, so nothing is concatenated.
 */
export const ncf: ModelDefinition = {
  name: 'NCF',
  summary: 'a perceptron branch beside a product branch, concatenated; dim a multiple of 4',
  trained: true,
  create(_kernels, make, { users, items, dim }) {
    if (dim % 4 !== 0)
      throw new UserError(`NCF splits the dimension into quarters: --dim ${dim} must be a multiple of 4`);
    const width = dim - dim / 4;
    const hidden = tower(make, { users, items, dim: dim / 2 }, [dim / 2, dim / 4], 'perceptron ');
    const user = make.table('product user', users, width);
    const item = make.table('product item', items, width);
    const hiddenWeight = make.weight('perceptron output weight', dim / 4, 1, dim);
    const productWeight = make.weight('product output weight', width, 1, dim);
    const bias = make.constant('output bias', [1]);
    return {
      parameters: [...hidden.parameters, user, item, hiddenWeight, productWeight, bias],
      forward(tape, pairs) {
        const product = factorProduct(tape, pairs, user, item, productWeight);
        const perceptron = tape.dense(hidden.forward(tape, pairs), tape.parameter(hiddenWeight), tape.parameter(bias));
        return tape.add(product, perceptron);
      },
    };
  },
};
