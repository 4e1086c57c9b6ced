import { z } from 'zod';
import { RandomNetwork } from '../network.js';
import { byUser, defineExposure } from './exposure.js';

/** e = strength times a random three-layer network of (x, z) from a seed, standardised over pairs. */
export const network = defineExposure({
  name: 'network',
  summary: 'strength x a random neural network of (x, z), with mean 0 and sd 1: exposure that nobody can guess',
  settings: z.object({ strength: z.number().default(0.5), network: z.number().int().nonnegative().default(0) }),
  create(context, { strength, network: which }) {
    const { kernels, items } = context;
    const random = new RandomNetwork(kernels, `exposure ${which}`, context.seed, context.x, context.z);
    const all = kernels.tensor(Int32Array.from({ length: items }, (_, item) => item));
    const values = kernels.zeros([items]);
    return byUser(context, (user, out) => {
      random.listed(user, all, values);
      const from = kernels.floats(values);
      for (let item = 0; item < items; item++) out[item] = strength * (from[item] as number);
    });
  },
});
