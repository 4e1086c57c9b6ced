import { keyWords, stream, WasmKernels } from '../compute/index.js';
import { type ItemMetric, type Metrics, type PlacesMetric, type UserMetric, valueAtRank } from './metrics/metric.js';
import type { Ranks, ScoredRanks } from './ranks.js';

/** [rows] of each metric, by its name. */
export type ItemValues = Readonly<Record<string, Float64Array>>;

/** The metrics of each test item. */
export function itemValues(metrics: readonly ItemMetric[], { greater, equal, copies }: Ranks): ItemValues {
  return Object.fromEntries(
    metrics.map((metric) => [
      metric.name,
      Float64Array.from(
        greater,
        (above, row) => (1 + (copies?.[row] ?? 0)) * valueAtRank(metric, above, equal[row] as number),
      ),
    ]),
  );
}

/** What a weighted sum over test items is divided by: the sum of weights (Hajek's estimator), or their number (plain). */
export const NORMALISATIONS = ['self-normalised', 'plain'] as const;
export type Normalisation = (typeof NORMALISATIONS)[number];

/** Weighted mean of each metric over test items. */
export function averageOf(
  values: ItemValues,
  weights?: Float64Array,
  normalisation: Normalisation = 'self-normalised',
): Metrics {
  return Object.fromEntries(
    Object.entries(values).map(([name, all]) => {
      let [sum, total] = [0, 0];
      for (let row = 0; row < all.length; row++) {
        const weight = weights ? (weights[row] as number) : 1;
        sum += weight * (all[row] as number);
        total += normalisation === 'plain' ? 1 : weight;
      }
      return [name, sum / total];
    }),
  );
}

/** How many equal weights are worth as much as these: (sum of w)^2 / sum of w^2 (Kish). */
export function effectiveSize(weights: Float64Array): number {
  const sum = weights.reduce((total, w) => total + w, 0);
  const squares = weights.reduce((total, w) => total + w * w, 0);
  if (squares > 0 && Number.isFinite(squares)) return (sum * sum) / squares;
  // Squares beyond all numbers: in units of the largest.
  const largest = weights.reduce((most, w) => Math.max(most, w), 0);
  return largest > 0 ? effectiveSize(weights.map((w) => w / largest)) : 0;
}

/**
 * Means over users of metrics of a user's whole test part, where each user's test items are ranked together with the candidates. Ties count at
 * their expectation; for what is no sum over the items, at the mean over orders that are drawn.
 */
export function userMeans(
  metrics: readonly UserMetric[],
  ranks: ScoredRanks,
  userOf: (row: number) => number,
  seed = 1,
): Metrics {
  const rowsOf = new Map<number, number[]>();
  for (let row = 0; row < ranks.scores.length; row++) {
    const rows = rowsOf.get(userOf(row));
    if (rows) rows.push(row);
    else rowsOf.set(userOf(row), [row]);
  }
  const sums = metrics.map(() => 0);
  for (const [user, rows] of rowsOf) {
    const places = rows.map((row) => jointPlace(ranks, rows, row));
    metrics.forEach((metric, m) => {
      (sums[m] as number) += metric.item
        ? metric.ofSum(
            places.reduce((sum, { greater, equal }) => sum + valueAtRank(metric.item, greater, equal), 0),
            rows.length,
          )
        : overOrders(metric, places, user, seed);
    });
  }
  return Object.fromEntries(metrics.map(({ name }, m) => [name, (sums[m] as number) / rowsOf.size]));
}

interface JointPlace {
  readonly greater: number;
  readonly equal: number;
}

/** Place of a test item among candidates and the user's other test items. */
function jointPlace({ greater, equal, scores }: ScoredRanks, rows: readonly number[], row: number): JointPlace {
  const score = scores[row] as number;
  const others = rows.filter((other) => other !== row).map((other) => scores[other] as number);
  return {
    greater: (greater[row] as number) + others.filter((other) => other > score).length,
    equal: (equal[row] as number) + others.filter((other) => other === score).length,
  };
}

/** Orders of equal scores that a metric is averaged over. */
const ORDERS = 16;
const TIES = stream('orders of equal scores');
let words: WasmKernels['raw'] | undefined;

/** Mean of a metric over orders of what has equal scores. Items of one score begin at the same place, and take some of the places that it has. */
function overOrders(metric: PlacesMetric, items: readonly JointPlace[], user: number, seed: number): number {
  const groups = new Map<number, JointPlace[]>();
  for (const item of items) groups.set(item.greater, [...(groups.get(item.greater) ?? []), item]);
  const isTied = items.some(({ equal }) => equal > 0);
  const orders = isTied ? ORDERS : 1;
  words ??= new WasmKernels().raw;
  const [k0, k1] = keyWords(seed);
  let sum = 0;
  for (let order = 0; order < orders; order++) {
    const places: number[] = [];
    for (const [first, own] of groups) {
      // The first of a shuffle of all the places of this score, as many as there are test items.
      const free = Array.from({ length: (own[0] as JointPlace).equal + 1 }, (_, k) => first + k);
      own.forEach((_, k) => {
        const word = (words as WasmKernels['raw']).wordAt(first + k, user, TIES, order, k0, k1) >>> 0;
        const place = k + Math.floor((word / 2 ** 32) * (free.length - k));
        [free[k], free[place]] = [free[place] as number, free[k] as number];
        places.push(free[k] as number);
      });
    }
    sum += metric.ofPlaces(Int32Array.from(places).sort());
  }
  return sum / orders;
}
