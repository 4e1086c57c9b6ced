import type { Pairs, ModelDefinition } from './model.js';

/**
 * Generalized matrix factorization (He et al. 2017; PAPER section 3): the elementwise product of the embeddings, an output
 * layer of one unit, and a bias for each user and item. The authors call the same thing MF in their simulator.
 */
export const gmf: ModelDefinition = {
  name: 'GMF',
  summary: 'weighted product of user and item embeddings, with biases',
  create(_kernels, make, { users, items, dim }) {
    const user = make.table('user', users, dim);
    const item = make.table('item', items, dim);
    const userBias = make.table('user bias', users, 1, 0);
    const itemBias = make.table('item bias', items, 1, 0);
    const weight = make.constant('output weight', [dim], 1);
    const bias = make.constant('output bias', [1]);
    return {
      kind: 'gradient',
      parameters: [user, item, userBias, itemBias, weight, bias],
      forward(tape, pairs: Pairs) {
        const product = tape.pairProduct(
          tape.embed(user, pairs.users),
          pairs.users,
          tape.embed(item, pairs.items),
          pairs.items,
          tape.parameter(weight),
        );
        const biases = tape.pairSum(
          tape.embed(userBias, pairs.users),
          pairs.users,
          tape.embed(itemBias, pairs.items),
          pairs.items,
          tape.parameter(bias),
        );
        return tape.add(product, biases);
      },
    };
  },
};
