import { factorization } from './factorization.js';
import type { ModelDefinition } from './model.js';

/** Matrix factorization by Bayesian personalized ranking (Rendle, Freudenthaler, Gantner, Schmidt-Thieme 2009). */
export const bpr: ModelDefinition = {
  name: 'BPR-MF',
  summary: 'matrix factorization trained to score clicks over sampled negatives, pair by pair',
  trained: true,
  loss: 'pairwise',
  create: (_kernels, make, size) => factorization(make, size, { weighted: false }),
};
