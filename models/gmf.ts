import { factorization } from './factorization.js';
import type { ModelDefinition } from './model.js';

/**
 * Generalized matrix factorization (He et al. 2017; paper, A.6.4): elementwise product of the embeddings, an output layer of
 * one unit, a bias for each user and item. The authors' simulator uses the same and calls it MF.
 */
export const gmf: ModelDefinition = {
  name: 'GMF',
  summary: 'weighted product of user and item embeddings, with biases',
  trained: true,
  create: (_kernels, make, size) => factorization(make, size, { weighted: true }),
};
