import { factorization } from './factorization.js';
import type { ModelDefinition } from './model.js';

/** Matrix factorization: inner product of the embeddings plus user, item and global bias. */
export const mf: ModelDefinition = {
  name: 'MF',
  summary: 'inner product of user and item embeddings, with biases',
  trained: true,
  create: (_kernels, make, size) => factorization(make, size, { weighted: false }),
};
