import { sigmoid } from '../compute/math.js';
import { popularityPropensity } from '../models/losses.js';
import type { PropensityDefinition } from './propensity.js';

/** What the authors' program takes for Pop: the sigmoid of the propensity that their text names, between 0.50 and 0.73 and so nearly the same for all. */
export const popSigmoid: PropensityDefinition = {
  name: 'PopSigmoid',
  summary: "sigmoid((count / max)^0.5), nearly flat, as the authors' program has it",
  needs: [],
  isTrained: false,
  async create({ kernels, train }) {
    const scores = popularityPropensity(train);
    const propensity = scores.map(sigmoid);
    const [logits, table] = [kernels.tensor(scores), kernels.tensor(propensity)];
    return {
      name: 'PopSigmoid',
      of: async ({ item }) => Float32Array.from(item, (one) => propensity[one] as number),
      logits: ({ columns }) => kernels.gather(logits, columns.items),
      probabilities: ({ columns }) => kernels.gather(table, columns.items),
    };
  },
};
