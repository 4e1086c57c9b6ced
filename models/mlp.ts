import type { ModelDefinition } from './model.js';

/**
 * Multilayer perceptron on the concatenated embeddings (PAPER section 3): hidden layers of 32 and 16 with ReLU, one output.
 * The first layer is the sum of a user's and an item's part, so each is computed once for every distinct row of the batch.
 */
export const mlp: ModelDefinition = {
  name: 'MLP',
  summary: 'embeddings concatenated, hidden layers of 32 and 16 with ReLU',
  trained: true,
  create(_kernels, make, { users, items, dim }) {
    const user = make.table('user', users, dim);
    const item = make.table('item', items, dim);
    const userWeight = make.weight('hidden 1 user weight', dim, 32);
    const itemWeight = make.weight('hidden 1 item weight', dim, 32);
    const bias1 = make.constant('hidden 1 bias', [32]);
    const weight2 = make.weight('hidden 2 weight', 32, 16);
    const bias2 = make.constant('hidden 2 bias', [16]);
    const outputWeight = make.weight('output weight', 16, 1);
    const outputBias = make.constant('output bias', [1]);
    return {
      parameters: [user, item, userWeight, itemWeight, bias1, weight2, bias2, outputWeight, outputBias],
      forward(tape, pairs) {
        const userPart = tape.matmul(tape.embed(user, pairs.users), tape.parameter(userWeight));
        const itemPart = tape.matmul(tape.embed(item, pairs.items), tape.parameter(itemWeight));
        const first = tape.pairSum(userPart, pairs.users, itemPart, pairs.items, tape.parameter(bias1), 'relu');
        const second = tape.dense(first, tape.parameter(weight2), tape.parameter(bias2), 'relu');
        return tape.dense(second, tape.parameter(outputWeight), tape.parameter(outputBias));
      },
    };
  },
};
