import { z } from 'zod';
import { defineExposure } from './exposure.js';

/** e = 0: the second stage keeps the first one's exposure. */
export const none = defineExposure({
  name: 'none',
  summary: 'e = 0, exposure as learned from the data',
  settings: z.object({}),
  isBounded: () => true,
  create: (context) => ({ fill: (_first, _count, out) => context.kernels.fill(out, 0) }),
});
