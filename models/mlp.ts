import type { ModelDefinition } from './model.js';
import { tower } from './tower.js';

/** Multilayer perceptron on the concatenated embeddings (paper, A.6.4): hidden layers of 32 and 16, one output. */
export const mlp: ModelDefinition = {
  name: 'MLP',
  summary: 'embeddings concatenated, hidden layers of 32 and 16 with ReLU',
  trained: true,
  create(_kernels, make, size) {
    const hidden = tower(make, size, [32, 16]);
    const weight = make.weight('output weight', 16, 1);
    const bias = make.constant('output bias', [1]);
    return {
      parameters: [...hidden.parameters, weight, bias],
      forward: (tape, pairs) => tape.dense(hidden.forward(tape, pairs), tape.parameter(weight), tape.parameter(bias)),
    };
  },
};
