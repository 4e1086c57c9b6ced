import { type EstimateDefinition, inversePropensity, weightedBy } from './estimate.js';

/** Paper, A.6.4: each hit divided by G_beta of the trained pair, for a click. Void where G is no exposure model: it would say what standard evaluation says. */
export const robust: EstimateDefinition = {
  name: 'robust',
  summary: "test items weighted by 1 / the method's own G; for PS and ACL",
  make: () => ({
    ...{ key: 'robust', title: 'robust evaluation', label: 'robust' },
    note: () => weightedBy("1 / the method's own G"),
    async of({ exposure, collapse, test, values, weights }) {
      if (!exposure) return undefined;
      if (collapse !== undefined) return { metrics: {}, void: collapse };
      return inversePropensity(values, await exposure.of(test.targets), weights);
    },
  }),
};
