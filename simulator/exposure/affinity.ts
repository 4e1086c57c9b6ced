import { z } from 'zod';
import { defineExposure, innerProductScale, innerProducts } from './exposure.js';

/** e = strength x.z, with x.z brought to root mean square 1: shows people more, or less, of what they are close to. */
export const affinity = defineExposure({
  name: 'affinity',
  summary: 'rewards (strength > 0) or punishes closeness x.z of user and item',
  settings: z.object({ strength: z.number().default(0.5) }),
  create(context, { strength }) {
    const { kernels, dim } = context;
    const factor = strength / innerProductScale(context);
    const scaled = kernels.zeros(context.x.shape);
    kernels.addScaled(factor, context.x, scaled);
    const prepared = { ...context, x: scaled, dim };
    return {
      fill(first, count, out) {
        innerProducts(prepared, first, count, out);
      },
    };
  },
});
