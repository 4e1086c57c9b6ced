import { factorization } from './factorization.js';
import type { ModelDefinition } from './model.js';

/** Relevance matrix factorization (Saito, Yaginuma, Nishino, Sakata, Nakata 2020): an unbiased loss for implicit feedback. */
export const relmf: ModelDefinition = {
  name: 'RelMF',
  summary: 'matrix factorization by the unbiased implicit loss of Saito et al. 2020, item popularity as propensity',
  trained: true,
  loss: 'unbiased-relevance',
  create: (_kernels, make, size) => factorization(make, size, { weighted: false }),
};
