import { TRAIN, type UserItems, userItems } from '../datasets/interactions.js';
import type { World } from '../simulator/world.js';
import type { Evaluator } from './evaluation.js';
import type { ScoreReader } from './full_pass.js';
import { discount, ITEM_METRICS, MetricSums, type Metrics, metricsOf } from './metrics.js';

/**
 * The exact expected metric under the world's truth: what standard evaluation would give on the average if each user's test item were
 * drawn, in proportion to p_rel, from all items that the user did not train on - as it would be if every item were shown alike. No
 * item is drawn: the expectation is taken over targets and over the sampled candidates. It is the mean over the users of each one's own
 * expectation, so that every user counts the same, as with one test item each, and those who want much do not count for more. A user whose items
 * but one are all trained on has nothing to rank, and is left out.
 */
export class OracleMetrics implements ScoreReader {
  private readonly known: UserItems;
  private readonly sums = new MetricSums();
  private users = 0;
  /** Expected metrics by place, for each number of others that was met lately. */
  private readonly expected = new Map<number, Metrics[]>();

  constructor(
    { data }: Evaluator,
    private readonly world: World,
    private readonly candidates: number,
  ) {
    this.known = userItems(data, (row) => data.split?.[row] === TRAIN);
  }

  read(user: number, scores: Float32Array): void {
    const relevance = this.world.relevanceRow(user);
    const order = this.ranked(user, scores);
    const others = order.length - 1;
    const total = order.reduce((sum, item) => sum + (relevance[item] as number), 0);
    if (others < 1 || total === 0) return;
    this.users++;
    let byPlace = this.expected.get(others);
    if (!byPlace) {
      byPlace = expectedMetrics(others, this.candidates);
      this.expected.set(others, byPlace);
      if (this.expected.size > KEPT) this.expected.delete(this.expected.keys().next().value as number);
    }
    for (let from = 0; from < order.length; ) {
      const score = scores[order[from] as number] as number;
      let [to, weight] = [from, 0];
      while (to < order.length && scores[order[to] as number] === score)
        weight += relevance[order[to++] as number] as number;
      // Equal scores share the mean over their places.
      for (let place = from; place < to; place++)
        this.sums.add(byPlace[place] as Metrics, weight / (to - from) / total);
      from = to;
    }
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

  get metrics(): Metrics {
    return this.sums.over(this.users);
  }
}

/** Tables of expected metrics that are kept. */
const KEPT = 64;

/**
 * Expected metrics of an item that stands at each place 0 .. others of a full ranking, when it is ranked among `candidates` of the others
 * drawn without replacement: the number of better ones is hypergeometric. All others are candidates where there are no more of
 * them, or where `candidates` is 0.
 */
export function expectedMetrics(others: number, candidates: number): Metrics[] {
  if (candidates === 0 || candidates >= others)
    return Array.from({ length: others + 1 }, (_, place) => metricsOf(place, 0));
  const [M, C] = [others, candidates];
  // Probability that none of `place` better items is drawn, C(M - place, C) / C(M, C), and the same for M + 1, place + 1, C + 1.
  let none = 1;
  let noneNext = (M - C) / (M + 1);
  const out: Metrics[] = [];
  for (let place = 0; place <= M; place++) {
    const metrics = Object.fromEntries(ITEM_METRICS.map((name) => [name, 0])) as Record<keyof Metrics, number>;
    // P(k) for k = 0 .. 9 better candidates, each from the one before; where few others are worse, k starts above 0.
    for (let k = 0, chance = none; k < 10; k++) {
      if (none === 0 && M - place < C) chance = hypergeometric(k, M, place, C);
      else if (k > 0) chance *= ((place - k + 1) * (C - k + 1)) / (k * (M - place - C + k));
      if (k < 5) {
        metrics['hit@5'] += chance;
        metrics['ndcg@5'] += chance * discount(k);
      }
      metrics['hit@10'] += chance;
      metrics['ndcg@10'] += chance * discount(k);
    }
    metrics.mrr = ((M + 1) / ((C + 1) * (place + 1))) * (1 - noneNext);
    out.push(metrics);
    none *= Math.max(0, M - place - C) / (M - place);
    noneNext *= Math.max(0, M - place - C - 1) / (M - place);
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
