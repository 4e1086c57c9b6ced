import { TRAIN, userItems } from '../datasets/interactions.js';
import { popularityPropensity } from '../models/losses.js';
import type { Evaluator } from './evaluation.js';
import { averageMetrics, effectiveSize, type Metrics, type Normalisation, type Ranks } from './metrics.js';

/** A weighted estimate of the metrics; `size` is how many equally weighted test items the weights are worth. */
export interface Estimate {
  readonly metrics: Metrics;
  readonly size: number;
}

/**
 * `relevance/exposure` weights a hit by p_rel / p_exp of the test pair, as the paper says. A click already comes in proportion to
 * p_rel p_exp, so this counts relevance twice; `1/exposure` counts it once.
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

/** Estimates with weight 1 / propensity of each test item's pair. */
export function inversePropensity(ranks: Ranks, propensities: ArrayLike<number>, settings: UnbiasedSettings): Estimate {
  const weights = Float64Array.from(propensities, (p) => 1 / Math.max(settings.clip, p));
  return weighted(ranks, weights, settings);
}

function weighted(ranks: Ranks, weights: Float64Array, { normalisation }: UnbiasedSettings): Estimate {
  return { metrics: averageMetrics(ranks, weights, normalisation), size: effectiveSize(weights) };
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
  return weighted(ranks, weights, settings);
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
