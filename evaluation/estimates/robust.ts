import { type EstimateDefinition, inversePropensity, weightedBy } from './estimate.js';

/** Paper, A.6.4: each hit divided by G_beta of the trained pair, for a click. */
export const robust: EstimateDefinition = {
  name: 'robust',
  summary: "test items weighted by 1 / the method's own G; for PS and ACL",
  make: () => ({
    ...{ key: 'robust', title: 'robust evaluation', label: 'robust' },
    note: () => weightedBy("1 / the method's own G"),
    of: async ({ exposure, test, values, weights }) =>
      exposure && inversePropensity(values, await exposure.of(test.targets), weights),
  }),
};
