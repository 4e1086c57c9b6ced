import { log2 } from '../compute/math.js';

/** Where a test item stands among its candidates: how many score higher, and how many the same (itself not counted). */
export interface Ranks {
  readonly greater: Int32Array;
  readonly equal: Int32Array;
}

/** The metrics that tables show, each in [0, 1]. */
export const METRICS = ['hit@5', 'hit@10', 'ndcg@5', 'ndcg@10'] as const;
/** The metrics of one test item. */
export const ITEM_METRICS = [...METRICS, 'mrr'] as const;
export type MetricName = (typeof ITEM_METRICS)[number];
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

/** 1 / (place + 1), averaged over ties: the reciprocal rank. */
export function reciprocalRank(greater: number, equal: number): number {
  let sum = 0;
  for (let place = greater; place <= greater + equal; place++) sum += 1 / (place + 1);
  return sum / (equal + 1);
}

const discounts: number[] = [];
export function discount(place: number): number {
  discounts[place] ??= 1 / log2(place + 2);
  return discounts[place] as number;
}

/** The metrics of one test item. */
export function metricsOf(greater: number, equal: number): Metrics {
  return {
    'hit@5': hit(greater, equal, 5),
    'hit@10': hit(greater, equal, 10),
    'ndcg@5': ndcg(greater, equal, 5),
    'ndcg@10': ndcg(greater, equal, 10),
    mrr: reciprocalRank(greater, equal),
  };
}

/** Sums of metrics, to be divided at the end. */
export class MetricSums {
  private readonly sums = { 'hit@5': 0, 'hit@10': 0, 'ndcg@5': 0, 'ndcg@10': 0, mrr: 0 };

  add(metrics: Metrics, weight = 1): void {
    for (const name of ITEM_METRICS) this.sums[name] += weight * metrics[name];
  }

  over(total: number): Metrics {
    const out = { ...this.sums };
    for (const name of ITEM_METRICS) out[name] /= total;
    return out;
  }
}

/** How many equal weights are worth as much as these: (sum of w)^2 / sum of w^2 (Kish). */
export function effectiveSize(weights: Float64Array): number {
  const sum = weights.reduce((total, w) => total + w, 0);
  const squares = weights.reduce((total, w) => total + w * w, 0);
  return squares > 0 ? (sum * sum) / squares : 0;
}

/** What a weighted sum over test items is divided by: the sum of weights (Hajek's estimator), or their number (plain). */
export type Normalisation = 'self-normalised' | 'plain';

/** Weighted mean of the metrics over test items. */
export function averageMetrics(
  ranks: Ranks,
  weights?: Float64Array,
  normalisation: Normalisation = 'self-normalised',
): Metrics {
  const sums = new MetricSums();
  let total = 0;
  for (let r = 0; r < ranks.greater.length; r++) {
    const weight = weights ? (weights[r] as number) : 1;
    sums.add(metricsOf(ranks.greater[r] as number, ranks.equal[r] as number), weight);
    total += normalisation === 'plain' ? 1 : weight;
  }
  return sums.over(total);
}

/** Recall and precision of a user's whole test part among the first ten. */
export interface ListMetrics {
  /** Share of a user's test items that are among the first ten, averaged over users. */
  readonly 'recall@10': number;
  /** Share of the first ten that are test items, averaged over users. */
  readonly 'precision@10': number;
}

/**
 * Recall and precision at 10, where each user's test items are ranked together with the candidates; ties count at their
 * expectation. Where a user has one test item, recall is Hit@10 and precision a tenth of it.
 */
export function listMetrics(ranks: Ranks, scores: Float32Array, userOf: (row: number) => number): ListMetrics {
  const rowsOf = new Map<number, number[]>();
  for (let row = 0; row < scores.length; row++) {
    const rows = rowsOf.get(userOf(row));
    if (rows) rows.push(row);
    else rowsOf.set(userOf(row), [row]);
  }
  let [recall, precision] = [0, 0];
  for (const rows of rowsOf.values()) {
    let hits = 0;
    for (const row of rows) {
      const score = scores[row] as number;
      const others = rows.filter((other) => other !== row).map((other) => scores[other] as number);
      const greater = (ranks.greater[row] as number) + others.filter((other) => other > score).length;
      const equal = (ranks.equal[row] as number) + others.filter((other) => other === score).length;
      hits += hit(greater, equal, 10);
    }
    recall += hits / rows.length;
    precision += hits / 10;
  }
  return { 'recall@10': recall / rowsOf.size, 'precision@10': precision / rowsOf.size };
}
