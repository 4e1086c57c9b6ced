import { defineModel } from 'expobench';
import { z } from 'zod';

/** A model of one's own: popularity that forgets. `expobench sweep quick --models Pop examples/typescript/own_model.ts --out runs/own` */
export const damped = defineModel({
  name: 'DampedPop',
  summary: 'popularity to a power: 1 is Pop, 0 treats all items alike',
  trained: false,
  settings: z.object({ power: z.number().min(0).max(4).default(0.5).describe('what counts are raised to') }),
  tuning: { power: [0.25, 0.5, 1] },
  create(kernels, make, { items }, { power }) {
    const scores = make.constant('scores', [items, 1]);
    return {
      parameters: [scores],
      fit(train) {
        const counts = new Float32Array(items);
        for (const item of train.items) counts[item] = (counts[item] ?? 0) + 1;
        kernels.write(
          scores.value,
          counts.map((count) => count ** power),
        );
      },
      forward: (tape, { columns }) => tape.constant(kernels.gather(scores.value, columns.items)),
    };
  },
});
