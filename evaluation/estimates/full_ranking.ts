import { averageOf } from '../averages.js';
import type { EstimateDefinition } from './estimate.js';

export const fullRanking: EstimateDefinition = {
  name: 'full-ranking',
  summary: 'test items ranked among all others, instead of a sample',
  make: () => ({
    ...{ key: 'full-ranking', title: 'full ranking', label: 'full ranking' },
    note: () =>
      'Percent, mean (sd) over repetitions; each test item ranked among all items that its user did not have.',
    of: async ({ full }) => full?.values && { metrics: averageOf(full.values), items: { values: full.values } },
  }),
};
