import { z } from 'zod';
import { log } from '../../compute/math.js';
import { LIMITS, mostText } from '../../support/limits.js';
import { defineExposure, innerProducts } from './exposure.js';

/**
 * A logging recommender that ranks by x.z shows its top k as they are; anything else is left to exploration: e = 0 in the top
 * k and log(exploration) outside.
 */
export const policy = defineExposure({
  name: 'policy',
  summary: 'log(exploration) outside of the k items that a logging recommender ranks first by x.z, 0 for these',
  settings: z.object({
    k: z.number().int().positive().max(LIMITS.shownItems.most, mostText('shownItems')).default(100),
    exploration: z.number().positive().max(1).default(0.1),
  }),
  create(context, { k, exploration }) {
    const { kernels, items } = context;
    const outside = log(exploration);
    return {
      fill(first, count, out, stride) {
        kernels.scope(() => {
          const scores = kernels.zeros([count, stride]);
          innerProducts(context, first, count, scores);
          const top = kernels.zeros([Math.min(k, items)], 'int32');
          kernels.fill(out, outside);
          for (let r = 0; r < count; r++) {
            kernels.raw.topK(items, top.size, scores.address + r * stride * 4, top.address);
            const row = kernels.floats(out).subarray(r * stride);
            for (const item of kernels.integers(top)) row[item] = 0;
          }
        });
      },
    };
  },
});
