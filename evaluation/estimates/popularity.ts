import { popularityPropensity } from '../../models/losses.js';
import { type EstimateDefinition, inversePropensity, weightedBy } from './estimate.js';

export const popularity: EstimateDefinition = {
  name: 'popularity',
  summary: 'test items weighted by 1 / (count / max)^0.5 of the item in the training part',
  make: () => ({
    ...{ key: 'popularity', title: 'debiased by popularity', label: 'popularity' },
    note: () => weightedBy('1 / (count / max)^0.5 of the item'),
    async of({ train, test, values, weights }) {
      const propensity = popularityPropensity(train);
      const own = Float64Array.from(test.targets.item, (item) => propensity[item] as number);
      return inversePropensity(values, own, weights);
    },
  }),
};
