import { z } from 'zod';
import { factorization } from './factorization.js';
import type { LossContext, RowLoss } from './losses.js';
import { defineModel } from './model.js';

/**
 * Relevance matrix factorization (Saito, Yaginuma, Nishino, Sakata, Nakata 2020): an unbiased loss for implicit feedback, by any propensity; theirs is
 * item popularity.
 */
export const relmf = defineModel({
  name: 'RelMF',
  summary: 'matrix factorization by the unbiased implicit loss of Saito et al. 2020, item popularity as propensity',
  trained: true,
  settings: z.object({
    propensity: z.string().min(1).default('Pop').describe('what clicks are divided by: Pop, oracle, or a model'),
    clip: z.number().min(1e-6).max(1).default(0.1).describe('least propensity'),
  }),
  loss: { learnsFrom: 'clicks', isWeightable: false, propensitySetting: 'propensity', create: unbiasedRelevance },
  create: (_kernels, make, size) => factorization(make, size, { weighted: false }),
});

/**
 * y / theta delta(1, f) + (1 - y / theta) delta(0, f), theta the pair's propensity, at least `clip`: cross-entropy with the label y / theta
 * (their equation 9, and their clipped estimator).
 */
function unbiasedRelevance({ kernels, settings, propensity }: LossContext): RowLoss {
  return (tape, logits, { labels }, pairs) => {
    if (!propensity || !pairs) throw new Error('the unbiased loss needs propensities of pairs');
    const theta = kernels.clamp(propensity(pairs), Number(settings['clip']), 1);
    return tape.crossEntropy(logits, kernels.multiply(labels, kernels.reciprocal(theta)));
  };
}
