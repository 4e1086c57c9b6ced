import { gini } from '../support/statistics.js';
import type { World } from './world.js';

/** Parts that users' items are divided into by closeness, and items by popularity. */
const TENTHS = 10;
const TWENTIETHS = 20;
/** Users of whom the effect is taken, at most, and pairs: more would change no digit that is shown. */
const SAMPLE = 1024;
const PAIRS = 2e7;

/** What e(x, z) did: expected exposures of stage two over those with e = 0, of all pairs of a sample of users. */
export interface ExposureEffect {
  /** Users of whom it was taken. */
  readonly users: number;
  /** Of the most popular hundredth of the items, by first-stage clicks, and of the less popular half. */
  readonly top: number;
  readonly bottomHalf: number;
  /** Of the tenth of the items that has the largest x . z with each user. */
  readonly similarTenth: number;
  /** Gini index of items' expected exposures with e = 0, and with e. */
  readonly gini: readonly [atZero: number, now: number];
  /** Of twentieths of the items from the least popular to the most, and of tenths of each user's items from the least similar. */
  readonly byPopularity: readonly number[];
  readonly bySimilarity: readonly number[];
}

/** Expected exposures that the effect is made of. */
export interface EffectSums {
  readonly users: number;
  /** [items]: with e = 0, and as they are. */
  readonly atZero: Float64Array;
  readonly now: Float64Array;
  /** [TENTHS] of users' items. */
  readonly tenthsAtZero: Float64Array;
  readonly tenthsNow: Float64Array;
}

/** Users who are looked at together, since worlds compute so many at once. */
const TOGETHER = 16;

/** Of how many runs of sixteen users one is enough. */
export const effectStep = (users: number, items: number): number =>
  Math.max(1, Math.floor(users / Math.max(2 * TOGETHER, Math.min(SAMPLE, PAIRS / items))));

/** Users whose effect is one task: whole steps. */
export const effectUsers = (every: number, pairs: number, items: number): number =>
  every * TOGETHER * Math.max(1, Math.floor(pairs / items / TOGETHER));

export const noEffect = (items: number): EffectSums => ({
  ...{ users: 0, atZero: new Float64Array(items), now: new Float64Array(items) },
  ...{ tenthsAtZero: new Float64Array(TENTHS), tenthsNow: new Float64Array(TENTHS) },
});

/** Expected exposures of users from `from` to before `to`: of sixteen, then of none until so many sixteens have passed, and so on. */
export function effectSums(world: World, from: number, to: number, every: number): EffectSums {
  const { items } = world;
  const { dim, x, z } = (world.state.second as NonNullable<typeof world.state.second>).factors;
  const sums = noEffect(items);
  const closeness = new Float32Array(items);
  let users = 0;
  for (let user = from; user < to; user++) {
    if (Math.floor(user / TOGETHER) % every !== 0) continue;
    users++;
    const [before, after] = [world.exposureRow(user, 1), world.exposureRow(user, 2)];
    for (let item = 0; item < items; item++) {
      let dot = 0;
      for (let k = 0; k < dim; k++) dot += (x[user * dim + k] as number) * (z[item * dim + k] as number);
      closeness[item] = dot;
    }
    const edges = edgesOf(closeness);
    for (let item = 0; item < items; item++) {
      const [p, q] = [before[item] as number, after[item] as number];
      (sums.atZero[item] as number) += p;
      (sums.now[item] as number) += q;
      let tenth = 0;
      while (tenth < edges.length && (closeness[item] as number) >= (edges[tenth] as number)) tenth++;
      (sums.tenthsAtZero[tenth] as number) += p;
      (sums.tenthsNow[tenth] as number) += q;
    }
  }
  return { ...sums, users };
}

/** Values from which each tenth but the first begins. */
function edgesOf(values: Float32Array): number[] {
  const sorted = values.slice().sort();
  return Array.from({ length: TENTHS - 1 }, (_, t) => sorted[Math.floor(((t + 1) * sorted.length) / TENTHS)] as number);
}

export function addEffect(a: EffectSums, b: EffectSums): EffectSums {
  const add = (one: Float64Array, other: Float64Array): Float64Array =>
    one.map((value, k) => value + (other[k] as number));
  return {
    users: a.users + b.users,
    atZero: add(a.atZero, b.atZero),
    now: add(a.now, b.now),
    tenthsAtZero: add(a.tenthsAtZero, b.tenthsAtZero),
    tenthsNow: add(a.tenthsNow, b.tenthsNow),
  };
}

/** The effect from its sums; `share` is the popularity of items. */
export function effectOf(
  { users, atZero, now, tenthsAtZero, tenthsNow }: EffectSums,
  share: Float32Array,
): ExposureEffect {
  const items = share.length;
  const order = Array.from(share.keys()).sort((a, b) => (share[a] as number) - (share[b] as number) || a - b);
  const ratio = (from: number, to: number): number => {
    let [before, after] = [0, 0];
    for (const item of order.slice(from, to)) {
      before += atZero[item] as number;
      after += now[item] as number;
    }
    return before > 0 ? after / before : 1;
  };
  const parts = Math.min(TWENTIETHS, items);
  const edge = (part: number): number => Math.floor((part * items) / parts);
  const tenths = Array.from(tenthsNow, (after, t) =>
    (tenthsAtZero[t] as number) > 0 ? after / (tenthsAtZero[t] as number) : 1,
  );
  return {
    users,
    top: ratio(items - Math.ceil(items / 100), items),
    bottomHalf: ratio(0, Math.floor(items / 2)),
    similarTenth: tenths[TENTHS - 1] as number,
    gini: [gini(atZero), gini(now)],
    byPopularity: Array.from({ length: parts }, (_, p) => ratio(edge(p), edge(p + 1))),
    bySimilarity: tenths,
  };
}

/** The effect in words. */
export function describeEffect({ top, bottomHalf, similarTenth, gini }: ExposureEffect): string {
  const times = (ratio: number): string =>
    `x ${ratio < 0.095 ? ratio.toPrecision(1) : ratio < 10 ? ratio.toFixed(ratio < 1 ? 2 : 1) : Math.round(ratio).toLocaleString('en')}`;
  return `against e = 0, the most popular 1% are shown ${times(top)}, the bottom half ${times(bottomHalf)}, users' most similar tenth ${times(similarTenth)}; Gini of exposures ${gini[0].toFixed(2)} to ${gini[1].toFixed(2)}`;
}
