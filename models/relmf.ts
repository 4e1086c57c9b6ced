import { z } from 'zod';
import { type Interactions, TRAIN } from '../datasets/interactions.js';
import { knownItems } from '../datasets/known.js';
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
 * The mean over all pairs of y / theta delta(1, f) + (1 - y / theta) delta(0, f), theta the pair's propensity, at least `clip` (their equation 9, and their
 * clipped estimator): cross-entropy with the label y / theta. Every click is a row; sampled items stand for all that the user did not click.
 */
function unbiasedRelevance({ kernels, settings, data, negatives, propensity }: LossContext): RowLoss {
  const standFor = kernels.tensor(pairsPerSample(data, negatives), [data.userIds.length, 1]);
  return (tape, logits, { users, labels }, pairs) => {
    if (!propensity || !pairs) throw new Error('the unbiased loss needs propensities of pairs');
    const theta = kernels.clamp(propensity(pairs), Number(settings['clip']), 1);
    const losses = tape.crossEntropy(logits, kernels.multiply(labels, kernels.reciprocal(theta)));
    const unclicked = kernels.linear(labels, -1, 1);
    const weights = kernels.add(labels, kernels.multiply(unclicked, kernels.gather(standFor, users)));
    return tape.multiply(losses, tape.constant(weights));
  };
}

/** [users] how many pairs without a click each sampled one stands for: (items - clicked items) / (negatives x clicks). */
export function pairsPerSample(data: Interactions, negatives: number): Float32Array {
  const isTrain = (row: number): boolean => !data.split || data.split[row] === TRAIN;
  const { starts, itemCount } = knownItems(data, 'train');
  const clicks = new Float64Array(data.userIds.length);
  data.user.forEach((user, row) => {
    if (isTrain(row)) (clicks[user] as number)++;
  });
  return Float32Array.from(clicks, (count, user) => {
    const clicked = (starts[user + 1] as number) - (starts[user] as number);
    return (itemCount - clicked) / Math.max(1, negatives * count);
  });
}
