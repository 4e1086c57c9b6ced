import type { UserItems } from '../datasets/interactions.js';
import { knownItems } from '../datasets/known.js';
import type { World } from '../simulator/world.js';
import type { ScoreReader } from './full_pass.js';
import { type ItemMetric, type Metrics, valueAtRank } from './metrics/metric.js';
import type { TestQuestion } from './question.js';

/**
 * The exact expected metrics under the world's truth: what standard evaluation would give on the average if each user's test item were
 * drawn, in proportion to p_rel, from all items that the user did not train on - as it would be if every item were shown alike. No
 * item is drawn: the expectation is taken over targets and over the sampled candidates. It is the mean over the users of each one's own
 * expectation, so that every user counts the same, as with one test item each, and those who want much do not count for more. A user whose items
 * but one are all trained on has nothing to rank, and is left out.
 */
export class ExpectedMetrics implements ScoreReader {
  private readonly known: UserItems;
  private readonly sums: Float64Array;
  /** Users that were met, and what is expected of each, by metric. */
  private readonly met: number[] = [];
  private readonly own: number[][];
  /** Expected values by place, a metric each, for each number of others that was met lately. */
  private readonly expected = new Map<number, readonly Float64Array[]>();

  constructor(
    { data }: Pick<TestQuestion, 'data'>,
    private readonly world: World,
    private readonly metrics: readonly ItemMetric[],
    private readonly candidates: number,
  ) {
    this.known = knownItems(data, 'train');
    this.sums = new Float64Array(metrics.length);
    this.own = metrics.map(() => []);
  }

  read(user: number, scores: Float32Array): void {
    const relevance = this.world.relevanceRow(user);
    const order = this.ranked(user, scores);
    const others = order.length - 1;
    const total = order.reduce((sum, item) => sum + (relevance[item] as number), 0);
    if (others < 1 || total === 0) return;
    this.met.push(user);
    const before = Float64Array.from(this.sums);
    let byPlace = this.expected.get(others);
    if (!byPlace) {
      byPlace = expectedValues(this.metrics, others, this.candidates);
      this.expected.set(others, byPlace);
      if (this.expected.size > KEPT) this.expected.delete(this.expected.keys().next().value as number);
    }
    for (let from = 0; from < order.length; ) {
      const score = scores[order[from] as number] as number;
      let [to, weight] = [from, 0];
      while (to < order.length && scores[order[to] as number] === score)
        weight += relevance[order[to++] as number] as number;
      // Equal scores share the mean over their places.
      const share = weight / (to - from) / total;
      for (let place = from; place < to; place++)
        for (let m = 0; m < byPlace.length; m++)
          (this.sums[m] as number) += share * ((byPlace[m] as Float64Array)[place] as number);
      from = to;
    }
    this.own.forEach((values, m) => {
      values.push((this.sums[m] as number) - (before[m] as number));
    });
  }

  /** Items that the user did not train on, best first. */
  private ranked(user: number, scores: Float32Array): Int32Array {
    const { starts, items } = this.known;
    const own = new Set(items.subarray(starts[user], starts[user + 1]));
    const bits = new Int32Array(scores.buffer, scores.byteOffset, scores.length);
    const keys = new Float64Array(scores.length - own.size);
    let count = 0;
    for (let item = 0; item < scores.length; item++) {
      if (own.has(item)) continue;
      // A float's bits, turned so that they order as the floats do from high to low, before the item's number.
      const score = bits[item] as number;
      const ordered = score < 0 ? ~score | 0x80000000 : score;
      keys[count++] = -ordered * 1048576 + item;
    }
    keys.sort();
    return Int32Array.from(keys, (key) => ((key % 1048576) + 1048576) % 1048576);
  }

  get means(): Metrics {
    return Object.fromEntries(this.metrics.map(({ name }, m) => [name, (this.sums[m] as number) / this.met.length]));
  }

  /** The expectation of each user that was met. */
  get byUser(): { readonly users: readonly number[]; readonly values: Readonly<Record<string, Float64Array>> } {
    return {
      users: this.met,
      values: Object.fromEntries(this.metrics.map(({ name }, m) => [name, Float64Array.from(this.own[m] as number[])])),
    };
  }
}

/** Tables of expected values that are kept. */
const KEPT = 64;

/**
 * Expected value of each metric for an item that stands at each place 0 .. others of a full ranking, when it is ranked among `candidates` of the
 * others drawn without replacement: the number of better ones is hypergeometric. All others are candidates where there are no more of
 * them, or where `candidates` is 0.
 */
export function expectedValues(metrics: readonly ItemMetric[], others: number, candidates: number): Float64Array[] {
  if (candidates === 0 || candidates >= others)
    return metrics.map((metric) =>
      Float64Array.from({ length: others + 1 }, (_, place) => valueAtRank(metric, place, 0)),
    );
  const [M, C] = [others, candidates];
  const out = metrics.map((metric) => (metric.cutoff === undefined ? metric.expected(M, C) : new Float64Array(M + 1)));
  const summed = metrics.flatMap(({ at, cutoff }, m) =>
    cutoff === undefined
      ? []
      : [{ cutoff, own: out[m] as Float64Array, gains: Float64Array.from({ length: cutoff }, (_, k) => at(k)) }],
  );
  const most = Math.max(0, ...summed.map(({ cutoff }) => cutoff));
  // Probability that none of `place` better items is drawn, C(M - place, C) / C(M, C).
  let none = 1;
  for (let place = 0; place <= M; place++) {
    // P(k) for k better candidates, each from the one before; where few others are worse, k starts above 0.
    for (let k = 0, chance = none; k < most; k++) {
      if (none === 0 && M - place < C) chance = hypergeometric(k, M, place, C);
      else if (k > 0) chance *= ((place - k + 1) * (C - k + 1)) / (k * (M - place - C + k));
      for (const { cutoff, own, gains } of summed)
        if (k < cutoff) (own[place] as number) += chance * (gains[k] as number);
    }
    none *= Math.max(0, M - place - C) / (M - place);
  }
  return out;
}
/** C(place, k) C(M - place, C - k) / C(M, C), as a product of ratios; for the few places where the recurrence has no start. */
function hypergeometric(k: number, M: number, place: number, C: number): number {
  if (k > place || k > C || C - k > M - place) return 0;
  let chance = 1;
  for (let j = 0; j < k; j++) chance *= (place - j) / (j + 1);
  // C(M - place, C - k) / C(M, C) = prod (M - place - j) / (C - k - j) over C - k, times prod (C - j) / (M - j) over C.
  for (let j = 0; j < C; j++) {
    chance *= (C - j) / (M - j);
    if (j < C - k) chance *= (M - place - j) / (j + 1);
  }
  return chance;
}
