import type { Kernels, Tape, Variable } from '../compute/index.js';
import { pow } from '../compute/math.js';
import type { UserItems } from '../datasets/interactions.js';
import type { TrainingBatch } from './batches.js';

/**
 * What a model is trained by:
 * - `cross-entropy` of clicks and sampled negatives on logits;
 * - `pairwise`: Bayesian personalized ranking (Rendle et al. 2009), a click's score over those of its negatives;
 * - `unbiased-relevance`: the unbiased implicit loss of Saito et al. 2020;
 * - `rating`: squared error on ratings.
 */
export type LossName = 'cross-entropy' | 'pairwise' | 'unbiased-relevance' | 'rating';

/** Losses of the rows of a batch; one a row, but for `pairwise`, which has one for each negative. */
export type RowLoss = (tape: Tape, logits: Variable, batch: TrainingBatch) => Variable;

export const crossEntropy: RowLoss = (tape, logits, { labels }) => tape.crossEntropy(logits, labels);
export const squaredError: RowLoss = (tape, scores, { labels }) => tape.squaredError(scores, labels);

/** Squared error on standardised ratings, which the labels are; scores are ratings as they are. */
export const standardisedSquaredError =
  ({ mean, deviation }: RatingScale): RowLoss =>
  (tape, scores, { labels }) =>
    tape.squaredError(tape.linear(scores, 1 / deviation, -mean / deviation), labels);

/** What ratings are standardised by, so that neither learning rate nor bounds depend on their scale. */
export interface RatingScale {
  readonly mean: number;
  /** 1 where all are equal. */
  readonly deviation: number;
}

/** Of the ratings of given rows. */
export function ratingScale(rating: ArrayLike<number>, rows: Int32Array): RatingScale {
  let [sum, squares] = [0, 0];
  for (const row of rows) sum += rating[row] as number;
  const mean = sum / rows.length;
  for (const row of rows) squares += ((rating[row] as number) - mean) ** 2;
  const deviation = Math.sqrt(squares / rows.length);
  return { mean, deviation: deviation > 0 ? deviation : 1 };
}

/** -log sigmoid(positive - negative), for each negative. */
export const pairwise: RowLoss = (tape, logits, batch) => {
  const differences = tape.differences(logits, batch.wide);
  const ones = tape.kernels.zeros([differences.value.size]);
  tape.kernels.fill(ones, 1);
  return tape.crossEntropy(differences, ones);
};

/**
 * y / theta delta(1, f) + (1 - y / theta) delta(0, f), theta the item's propensity, at least `clip`: cross-entropy with the label y / theta
 * (Saito, Yaginuma, Nishino, Sakata, Nakata 2020, equation 9, and their clipped estimator).
 */
export function unbiasedRelevance(kernels: Kernels, train: UserItems, clip: number): RowLoss {
  const propensities = kernels.tensor(popularityPropensity(train).map((p) => Math.max(clip, p)));
  return (tape, logits, { items, labels }) => {
    const inverse = kernels.reciprocal(kernels.gather(propensities, items));
    return tape.crossEntropy(logits, kernels.multiply(labels, inverse));
  };
}

/** The loss that a definition names. */
export function rowLoss(name: LossName, kernels: Kernels, train: UserItems): RowLoss {
  switch (name) {
    case 'cross-entropy':
      return crossEntropy;
    case 'rating':
      return squaredError;
    case 'pairwise':
      return pairwise;
    case 'unbiased-relevance':
      return unbiasedRelevance(kernels, train, 0.1);
  }
}

/**
 * Training interactions of each item over those of the most popular one, to the given power: Pop as a propensity (PAPER section 3).
 * An item without any counts as one with one, so that no propensity is 0.
 */
export function popularityPropensity(train: UserItems, power = 0.5): Float32Array {
  const counts = itemCounts(train);
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  return counts.map((count) => pow(Math.max(1, count) / most, power));
}

/** Training interactions of each item. */
export function itemCounts(train: UserItems): Float32Array {
  const counts = new Float32Array(train.itemCount);
  for (const item of train.items) (counts[item] as number)++;
  return counts;
}
