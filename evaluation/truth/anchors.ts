import { stream, WasmKernels } from '../../compute/index.js';
import type { UserItems } from '../../datasets/interactions.js';
import type { RelevanceTruth } from '../../simulator/truth.js';
import { BestItems } from './lists.js';
import {
  gains,
  type Judged,
  ListValues,
  meansOf,
  PAGES,
  relevanceNdcgName,
  type UserValues,
  valueName,
} from './value.js';

/** What values are read against, from the least to the most. */
export const ANCHORS = ['random', 'best list', 'learnable', 'ideal'] as const;
export type AnchorName = (typeof ANCHORS)[number];

/** What each anchor is, for people. */
export const ANCHOR_MEANING: Readonly<Record<AnchorName, string>> = {
  random: 'items in random order',
  'best list': 'one list for everybody, chosen by the truth',
  learnable: 'ranked by relevance without the chance of the single pair, which nobody can learn',
  ideal: 'ranked by relevance itself',
};

export interface Anchors {
  /** What methods' lists are judged with. */
  readonly judged: Judged;
  readonly values: Readonly<Record<AnchorName, UserValues>>;
  /** Means over users, by metric. */
  readonly means: Readonly<Record<AnchorName, Readonly<Record<string, number>>>>;
}

/** Pairs that are visited at most: beyond, a sample of the users is judged. */
export const MOST_PAIRS = 2 ** 31;
const SAMPLE = stream('judged users');

/** The users to judge: all of them, or for a very large world a sample drawn by the seed, in order. */
export function judgedUsers(
  { users, items }: Pick<RelevanceTruth, 'users' | 'items'>,
  seed: number,
  mostPairs = MOST_PAIRS,
): Int32Array {
  const everybody = Int32Array.from({ length: users }, (_, user) => user);
  const most = Math.max(100, Math.floor(mostPairs / items));
  if (users <= most) return everybody;
  const kernels = new WasmKernels();
  const order = kernels.zeros([users], 'int32');
  kernels.drawPermutation(order, { seed, stream: SAMPLE });
  return kernels.integers(order).slice(0, most).sort();
}

/**
 * What could be reached in a world, by the rule by which methods are judged: the mean p_rel of a page among the items that the user did not have.
 * Visits every pair of the judged users once, and their pages.
 */
export function anchorsOf(truth: RelevanceTruth, had: UserItems, users: Int32Array): Anchors {
  const longest = Math.max(...PAGES);
  const best = new BestItems(longest, had);
  const empty = (): Record<string, Float64Array> =>
    Object.fromEntries(
      PAGES.flatMap((k) => [valueName(k), relevanceNdcgName(k)]).map((name) => [name, new Float64Array(users.length)]),
    );
  const [random, ideal] = [empty(), empty()];
  const idealGains = new Map(PAGES.map((k) => [k, new Float64Array(users.length)]));
  /** Of each item over the users who did not have it. */
  const [sums, counts] = [new Float64Array(truth.items), new Float64Array(truth.items)];
  users.forEach((user, place) => {
    const row = truth.relevanceRow(user);
    const own = had.items.subarray(had.starts[user], had.starts[user + 1]);
    let [sum, next] = [0, 0];
    for (let item = 0; item < row.length; item++) {
      if (own[next] === item) {
        next++;
        continue;
      }
      const p = row[item] as number;
      sum += p;
      (sums[item] as number) += p;
      (counts[item] as number)++;
    }
    const others = row.length - own.length;
    const mean = others > 0 ? sum / others : 0;
    const page = best.of(user, row);
    const relevance = Float32Array.from(page, (item) => row[item] as number);
    for (const k of PAGES) {
      const most = gains(relevance, k);
      const shown = Math.min(k, relevance.length);
      // In random order every place has the mean of what is left.
      const even = gains(new Float32Array(shown).fill(1), k).discounted * mean;
      (random[valueName(k)] as Float64Array)[place] = mean;
      (random[relevanceNdcgName(k)] as Float64Array)[place] = most.discounted > 0 ? even / most.discounted : 0;
      (ideal[valueName(k)] as Float64Array)[place] = shown > 0 ? most.sum / shown : 0;
      (ideal[relevanceNdcgName(k)] as Float64Array)[place] = Number(most.discounted > 0);
      (idealGains.get(k) as Float64Array)[place] = most.discounted;
    }
  });
  const judged: Judged = { truth, users, had, ideal: idealGains };
  const byScores = (scoresOf: (user: number) => Float32Array): UserValues => {
    const lists = new ListValues(judged);
    for (const user of users) lists.read(user, scoresOf(user));
    return lists.values;
  };
  const popular = Float32Array.from(sums, (sum, item) =>
    (counts[item] as number) > 0 ? sum / (counts[item] as number) : 0,
  );
  const values = {
    random,
    'best list': byScores(() => popular),
    learnable: byScores((user) => truth.learnableRow(user)),
    ideal,
  };
  const means = Object.fromEntries(ANCHORS.map((name) => [name, meansOf(values[name])])) as Anchors['means'];
  return { judged, values, means };
}

/** How far a value is on the way from random to what can be learned: 0 to 1, below 0 where random is better. */
export function shareOf(value: number, metric: string, { means }: Pick<Anchors, 'means'>): number {
  const [low, high] = [means.random[metric] as number, means.learnable[metric] as number];
  return high > low ? (value - low) / (high - low) : 0;
}
