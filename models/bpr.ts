import { factorization } from './factorization.js';
import type { RowLoss } from './losses.js';
import type { ModelDefinition } from './model.js';

/** -log sigmoid(positive - negative), for each negative. */
export const pairwise: RowLoss = (tape, logits, batch) => {
  const differences = tape.differences(logits, batch.wide);
  const ones = tape.kernels.zeros([differences.value.size]);
  tape.kernels.fill(ones, 1);
  return tape.crossEntropy(differences, ones);
};

/** Matrix factorization by Bayesian personalized ranking (Rendle, Freudenthaler, Gantner, Schmidt-Thieme 2009). */
export const bpr: ModelDefinition = {
  name: 'BPR-MF',
  summary: 'matrix factorization trained to score clicks over sampled negatives, pair by pair',
  trained: true,
  loss: { learnsFrom: 'clicks', isWeightable: false, create: () => pairwise },
  create: (_kernels, make, size) => factorization(make, size, { weighted: false }),
};
