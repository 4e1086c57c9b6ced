import { z } from 'zod';
import { log } from '../../compute/math.js';
import { largestIn } from '../blocks.js';
import { byUser, defineExposure } from './exposure.js';

/** e = strength log(popularity / mean popularity): exposure is multiplied by a power of how popular the item is. */
export const popularity = defineExposure({
  name: 'popularity',
  summary: 'shows popular items more (strength > 0) or less (strength < 0)',
  settings: z.object({ strength: z.number().default(0.5) }),
  isBounded: () => true,
  create(context, { strength }) {
    const floor = 1 / context.items / 10; // an item without clicks counts as a tenth of an even share
    const mean = context.popularity.reduce((sum, p) => sum + p, 0) / context.items || 1;
    const values = Float32Array.from(context.popularity, (p) => strength * log(Math.max(p / mean, floor)));
    return {
      ...byUser(context, (_user, out) => out.set(values)),
      sparse: {
        coordinates: [{ dim: 1, values }],
        prepare(blocks) {
          const largest = largestIn(blocks, values);
          return (_user, out) => out.set(largest);
        },
        listed(_user, items, out) {
          for (let k = 0; k < items.length; k++) out[k] = values[items[k] as number] as number;
        },
      },
    };
  },
});
