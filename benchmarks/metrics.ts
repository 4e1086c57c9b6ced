import { log2 } from '../compute/math.js';

/** Where a test item stands among its candidates: how many score higher, and how many the same (itself not counted). */
export interface Ranks {
  readonly greater: Int32Array;
  readonly equal: Int32Array;
}

/** The metrics that tables show, each in [0, 1]. */
export const METRICS = ['hit@5', 'hit@10', 'ndcg@5', 'ndcg@10'] as const;
export type MetricName = (typeof METRICS)[number];
export type Metrics = Readonly<Record<MetricName, number>>;

/**
 * Chance of being among the first k when ties are in random order: the mean of [place < k] over the places greater ...
 * greater + equal that the item may take. So the order of items cannot matter (PAPER section 6).
 */
export function hit(greater: number, equal: number, k: number): number {
  return Math.min(1, Math.max(0, (k - greater) / (equal + 1)));
}

/** 1 / log2(place + 2) for a place below k (one relevant item, so the ideal is 1), likewise averaged over ties. */
export function ndcg(greater: number, equal: number, k: number): number {
  let sum = 0;
  for (let place = greater; place <= greater + equal && place < k; place++) sum += discount(place);
  return sum / (equal + 1);
}

const discounts: number[] = [];
function discount(place: number): number {
  discounts[place] ??= 1 / log2(place + 2);
  return discounts[place] as number;
}

/** The four metrics of one test item. */
export function metricsOf(greater: number, equal: number): Metrics {
  return {
    'hit@5': hit(greater, equal, 5),
    'hit@10': hit(greater, equal, 10),
    'ndcg@5': ndcg(greater, equal, 5),
    'ndcg@10': ndcg(greater, equal, 10),
  };
}

/** How many equal weights are worth as much as these: (sum of w)^2 / sum of w^2 (Kish). */
export function effectiveSize(weights: Float64Array): number {
  const sum = weights.reduce((total, w) => total + w, 0);
  const squares = weights.reduce((total, w) => total + w * w, 0);
  return squares > 0 ? (sum * sum) / squares : 0;
}

/** Weighted mean of the metrics over test items: weights sum to one after division by their sum (Hajek's estimator). */
export function averageMetrics(ranks: Ranks, weights?: Float64Array): Metrics {
  const sums = { 'hit@5': 0, 'hit@10': 0, 'ndcg@5': 0, 'ndcg@10': 0 };
  let total = 0;
  for (let r = 0; r < ranks.greater.length; r++) {
    const weight = weights ? (weights[r] as number) : 1;
    const one = metricsOf(ranks.greater[r] as number, ranks.equal[r] as number);
    for (const name of METRICS) sums[name] += weight * one[name];
    total += weight;
  }
  for (const name of METRICS) sums[name] /= total;
  return sums;
}
