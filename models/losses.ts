import type { Kernels, Tape, Tensor, Variable } from '../compute/index.js';
import { pow } from '../compute/math.js';
import type { Interactions, UserItems } from '../datasets/interactions.js';
import type { TrainingBatch } from './batches.js';
import type { Pairs } from './pairs.js';
import type { ModelSettings } from './size.js';

/** What a model is trained by. */
export interface Loss {
  readonly learnsFrom: 'clicks' | 'ratings';
  /** Whether each row has a loss of its own, which nothing weights yet. */
  readonly isWeightable: boolean;
  /** The model's own setting that names a propensity, which the loss is made of. */
  readonly propensitySetting?: string;
  create(context: LossContext): RowLoss;
}

export interface LossContext {
  readonly kernels: Kernels;
  /** The model's own settings, complete. */
  readonly settings: ModelSettings;
  readonly data: Interactions;
  /** Sampled for each click. */
  readonly negatives: number;
  /** [pairs] of the propensity that the setting names. */
  readonly propensity?: ((pairs: Pairs) => Tensor) | undefined;
}

/** Losses of a batch: one a row, or what the loss says. */
export type RowLoss = (tape: Tape, logits: Variable, batch: TrainingBatch, pairs?: Pairs) => Variable;

export const crossEntropy: RowLoss = (tape, logits, { labels }) => tape.crossEntropy(logits, labels);

export const squaredError: RowLoss = (tape, scores, { labels }) => tape.squaredError(scores, labels);

/** Of clicks and sampled negatives, on logits: what models are trained by that name no other loss. */
export const crossEntropyLoss: Loss = { learnsFrom: 'clicks', isWeightable: true, create: () => crossEntropy };

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

/**
 * Training interactions of each item over those of the most popular one, to the given power: Pop as a propensity (paper, A.6.4).
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
