import { UserError } from '../../support/errors.js';
import { type EstimateDefinition, inversePropensity, weightedBy } from './estimate.js';

export const propensity: EstimateDefinition = {
  name: 'propensity',
  summary: 'test items weighted by 1 / the probability that a propensity model gives the pair, such as propensity:GMF',
  make(model) {
    if (model === undefined)
      throw new UserError('the estimate "propensity" wants a propensity model, such as propensity:GMF');
    return {
      ...{ key: `propensity:${model}`, title: 'debiased by a propensity model', label: 'propensity' },
      note: () => weightedBy("1 / a propensity model's probability"),
      async of({ propensity: named, test, values, weights }) {
        const probabilities = await (await named(model)).of(test.targets);
        return inversePropensity(values, probabilities, weights, `the propensities by ${model}`);
      },
    };
  },
};
