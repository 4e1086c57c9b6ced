import { z } from 'zod';
import { ballsOf } from '../blocks.js';
import { defineExposure, innerProductScale, innerProducts, type SparseExposure } from './exposure.js';

/** e = strength x.z, with x.z brought to root mean square 1: shows people more, or less, of what they are close to. */
export const affinity = defineExposure({
  name: 'affinity',
  summary:
    'strength x closeness x.z of user and item, with root mean square 1: shows people more of what they are close to, or less (< 0)',
  settings: z.object({ strength: z.number().default(0.5) }),
  isBounded: () => true,
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
      get sparse() {
        return sparseProducts(kernels.floats(scaled).slice(), kernels.floats(context.z).slice(), dim);
      },
    };
  },
});

/** x . z of listed pairs, and over a ball of items: x . centre + |x| radius. */
function sparseProducts(x: Float32Array, z: Float32Array, dim: number): SparseExposure {
  return {
    coordinates: [{ dim, values: z }],
    prepare(blocks) {
      const { centres, radii } = ballsOf(blocks, { dim, values: z });
      const { count } = blocks;
      return (user, out) => {
        let squared = 0;
        for (let k = 0; k < dim; k++) squared += (x[user * dim + k] as number) ** 2;
        const norm = Math.sqrt(squared);
        for (let b = 0; b < count; b++) out[b] = norm * (radii[b] as number);
        for (let k = 0; k < dim; k++) {
          const own = x[user * dim + k] as number;
          for (let b = 0; b < count; b++) (out[b] as number) += own * (centres[k * count + b] as number);
        }
      };
    },
    listed(user, items, out) {
      for (let k = 0; k < items.length; k++) {
        const at = (items[k] as number) * dim;
        let sum = 0;
        for (let d = 0; d < dim; d++) sum += (x[user * dim + d] as number) * (z[at + d] as number);
        out[k] = sum;
      }
    },
  };
}
