import { averageOf } from '../averages.js';
import type { EstimateDefinition } from './estimate.js';

export const standard: EstimateDefinition = {
  name: 'standard',
  summary: 'every test item counts the same',
  make: () => ({
    ...{ key: 'standard', title: 'standard evaluation', label: 'standard' },
    note: ({ among }) => `Percent, mean (sd) over repetitions; each test item ranked among ${among}.`,
    of: async ({ values }) => ({ metrics: averageOf(values), items: { values } }),
  }),
};
