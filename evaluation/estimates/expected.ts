import type { EstimateDefinition } from './estimate.js';

/** The exact expectation under the truth of a test item that is drawn in proportion to relevance; see `ExpectedMetrics`. */
export const expected: EstimateDefinition = {
  name: 'expected',
  summary: "no estimate: the exact expectation under the world's truth of a test item drawn in proportion to relevance",
  make: () => ({
    ...{ key: 'expected', title: 'expected under the truth', label: 'expected under the truth', isExact: true },
    note: () =>
      "Percent, mean (sd) over repetitions; exact expectation under the world's truth of a test item drawn in proportion to relevance, mean over users.",
    of: async ({ full }) => full?.expected,
  }),
};
