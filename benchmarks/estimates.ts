import { TRAIN, userItems } from '../datasets/interactions.js';
import { popularityPropensity } from '../models/losses.js';
import { DivergedError } from '../models/trainer.js';
import type { Evaluator } from './evaluation.js';
import { averageMetrics, effectiveSize, type Metrics, type Normalisation, type Ranks } from './metrics.js';

/** A weighted estimate of the metrics; `size` is how many equally weighted test items the weights are worth. */
export interface Estimate {
  readonly metrics: Metrics;
  readonly size: number;
}

/**
 * A click comes in proportion to p_rel p_exp of its pair, so that `1/exposure`, the weight 1 / p_exp, makes of test clicks what they would be
 * if all items were shown alike. `relevance/exposure` weights by p_rel / p_exp, as the paper says, and counts relevance twice.
 */
export const UNBIASED_WEIGHTS = ['relevance/exposure', '1/exposure'] as const;

/** Unbiased evaluation by the simulator's truth (PAPER section 6). */
export interface UnbiasedSettings {
  readonly weight: (typeof UNBIASED_WEIGHTS)[number];
  /** Least probability to divide by, here and in the other weighted estimates. */
  readonly clip: number;
  /** By the sum of weights, or by the number of test items. */
  readonly normalisation: Normalisation;
}

/**
 * Estimates with weight 1 / propensity of each test item's pair; `whose` are they, for messages. Throws DivergedError where one is no
 * probability to divide by.
 */
export function inversePropensity(
  ranks: Ranks,
  propensities: ArrayLike<number>,
  settings: UnbiasedSettings,
  whose = 'the propensities',
): Estimate {
  const weights = Float64Array.from(propensities, (p) =>
    Number.isFinite(p) ? 1 / Math.max(settings.clip, p) : Number.NaN,
  );
  return weighted(ranks, weights, settings, whose);
}

function weighted(ranks: Ranks, weights: Float64Array, { normalisation }: UnbiasedSettings, whose: string): Estimate {
  const odd = weights.filter((weight) => !Number.isFinite(weight));
  if (odd.length > 0) {
    const kind = odd.some(Number.isNaN) ? 'no numbers' : '0, which nothing can be divided by';
    throw new DivergedError(
      `${whose} of ${odd.length} of the ${weights.length} test items are ${kind}`,
      odd.some(Number.isNaN) ? undefined : 'set the least one by --clip',
    );
  }
  return { metrics: averageMetrics(ranks, weights, normalisation), size: effectiveSize(weights) };
}

/** Test items that weights must be worth at least for an estimate to rank anything. */
const LEAST_SIZE = 30;
/** And the share of them. */
const LEAST_SHARE = 0.1;

/** Whether so few items carry the weight that the estimate says little: under 30, or under a tenth of the test items. */
export function isWeak(size: number, items: number): boolean {
  return size < LEAST_SIZE || size < LEAST_SHARE * items;
}

/**
 * Unbiased evaluation, for simulated data; undefined for others. When `size` is small, a few rarely shown items decide.
 */
export function unbiased(evaluator: Evaluator, ranks: Ranks, settings: UnbiasedSettings): Estimate | undefined {
  const { truth } = evaluator.data;
  if (!truth) return undefined;
  const weights = Float64Array.from(evaluator.rows, (row) => {
    const gain = settings.weight === '1/exposure' ? 1 : (truth.relevance[row] as number);
    return gain / Math.max(settings.clip, truth.exposure[row] as number);
  });
  return weighted(ranks, weights, settings, 'the true exposures');
}

/** Popularity-debiased evaluation: each hit divided by (count / max)^0.5 of its item in the training part. */
export function popularityDebiased(evaluator: Evaluator, ranks: Ranks, settings: UnbiasedSettings): Estimate {
  const { data, rows } = evaluator;
  const propensity = popularityPropensity(userItems(data, (row) => data.split?.[row] === TRAIN));
  return inversePropensity(
    ranks,
    Float64Array.from(rows, (row) => propensity[data.item[row] as number] as number),
    settings,
  );
}
