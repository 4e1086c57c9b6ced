import { popularityPropensity } from '../models/losses.js';
import { logit, type PropensityDefinition } from './propensity.js';

/** Paper, A.6.4: the more an item was clicked, the more probably it was shown. */
export const pop: PropensityDefinition = {
  name: 'Pop',
  summary: '(count / max)^0.5 of the item in the training part',
  needs: [],
  isTrained: false,
  async create({ kernels, train }) {
    const propensity = popularityPropensity(train);
    const logits = kernels.tensor(propensity.map(logit));
    const table = kernels.tensor(propensity);
    return {
      name: 'Pop',
      of: async ({ item }) => Float32Array.from(item, (one) => propensity[one] as number),
      logits: ({ columns }) => kernels.gather(logits, columns.items),
      probabilities: ({ columns }) => kernels.gather(table, columns.items),
    };
  },
};
