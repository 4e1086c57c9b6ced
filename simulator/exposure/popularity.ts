import { z } from 'zod';
import { byItem, defineExposure } from './exposure.js';
import { logPopularity } from './variables.js';

/** e = strength log(popularity / mean), over first-stage clicks: exposure is multiplied by a power of how popular the item is. */
export const popularity = defineExposure({
  name: 'popularity',
  summary:
    'strength x log(popularity / mean) of first-stage clicks, no less than log(0.1): popular items are shown more (strength > 0) or less (< 0)',
  settings: z.object({ strength: z.number().default(0.5) }),
  isBounded: () => true,
  create: (context, { strength }) =>
    byItem(
      context,
      logPopularity(context).map((value) => strength * value),
    ),
});
