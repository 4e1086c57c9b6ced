import { factorization } from './factorization.js';
import type { ModelDefinition } from './model.js';

/**
 * Matrix factorization of ratings with inverse propensity weights (Schnabel, Swaminathan, Singh, Chandak, Joachims 2016). By
 * itself the propensity is item popularity and the weights are self-normalised in each batch; as "PS:IPS-MF/g" it is any other g.
 */
export const ipsMf: ModelDefinition = {
  name: 'IPS-MF',
  summary: 'matrix factorization of ratings, weighted by inverse propensity; needs ratings',
  trained: true,
  loss: 'rating',
  create: (_kernels, make, size) => factorization(make, size, { weighted: false }),
};
