import type { ModelDefinition } from './model.js';

/** Popularity: an item's score is its number of training interactions (paper, A.6.4). */
export const pop: ModelDefinition = {
  name: 'Pop',
  summary: 'how often an item was interacted with',
  trained: false,
  create(kernels, make, { items }) {
    const count = make.constant('item count', [items, 1]);
    return {
      parameters: [count],
      forward: (tape, pairs) => tape.spread(tape.embed(count, pairs.items), pairs.items),
      fit(train) {
        const counts = new Float32Array(items);
        for (const item of train.items) (counts[item] as number)++;
        kernels.write(count.value, counts);
      },
    };
  },
};
