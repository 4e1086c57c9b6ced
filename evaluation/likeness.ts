import { stream, WasmKernels } from '../compute/index.js';
import type { UserItems } from '../datasets/interactions.js';
import { truncatedSvd } from '../models/svd.js';
import { gini } from '../support/statistics.js';

/** A statistic with the 95 percent interval of a bootstrap over users. */
export interface Bounded {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A statistic of the data and of the world's clicks. */
export interface Compared {
  readonly name: string;
  readonly data: Bounded;
  readonly world: Bounded;
}

/** How far clicks of a world are like real interactions. */
export interface Likeness {
  readonly statistics: readonly Compared[];
  /** Shares of the squared singular values of "who clicked what", the largest first: how much few tastes explain. */
  readonly spectrum: { readonly data: readonly number[]; readonly world: readonly number[] };
  /** Items by rank with the share of all clicks that the more popular ones have: [share of items, share of clicks]. */
  readonly popularity: { readonly data: readonly Point[]; readonly world: readonly Point[] };
}

type Point = readonly [number, number];

export interface LikenessOptions {
  readonly seed: number;
  /** Resamples of the users for counts. */
  readonly resamples?: number;
  /** The same for the spectrum and neighbours, which cost a decomposition each. */
  readonly costly?: number;
}

const SINGULAR_VALUES = 20;
const NEIGHBOURS = 10;
/** Items whose neighbours are compared: the most popular of the data. */
const COMPARED_ITEMS = 500;
const USERS = stream('likeness: users');

/** Counts of a sample of users, by user and by item. */
interface Counts {
  readonly users: Float64Array;
  readonly items: Float64Array;
}

/** What is compared of counts alone. */
const OF_COUNTS: readonly {
  readonly name: string;
  of(counts: Counts, size: { users: number; items: number }): number;
}[] = [
  { name: 'density', of: ({ users: own }, { users, items }) => sumOf(own) / (users * items) },
  { name: 'Gini of items', of: ({ items }) => gini(items) },
  { name: 'share of the top 1% of items', of: ({ items }) => topShare(items, 0.01) },
  { name: 'share of the top 10% of items', of: ({ items }) => topShare(items, 0.1) },
  { name: 'Gini of users', of: ({ users }) => gini(users) },
];

/**
 * Compares interactions of a data set with clicks of a world made from it: the same users and items, pairs counted once. Intervals are
 * of a bootstrap over users, the same ones on both sides. "repeated neighbours" is the share of the ten nearest items, by cosine of who clicked
 * them, of the most popular items of the data that are among the ten nearest in the world, too; what the data repeat of themselves, from one half
 * of the users to the other, stands on their side.
 */
export function likenessOf(data: UserItems, world: UserItems, options: LikenessOptions): Likeness {
  const { seed, resamples = 200, costly = 10 } = options;
  const size = { users: data.users, items: data.itemCount };
  const kernels = new WasmKernels();
  const weightsOf = (replicate: number): Float64Array => resampled(kernels, data.users, seed, replicate);
  const ones = new Float64Array(data.users).fill(1);

  const sides = [data, world].map((side) => {
    const [whole, ...others] = [ones, ...Array.from({ length: resamples }, (_, k) => weightsOf(k))].map((weights) => {
      const counts = countsOf(side, weights);
      return OF_COUNTS.map(({ of }) => of(counts, size));
    });
    return OF_COUNTS.map((_, s) =>
      bounded(
        (whole as number[])[s] as number,
        others.map((values) => values[s] as number),
      ),
    );
  });
  const statistics = OF_COUNTS.map(
    ({ name }, s): Compared => ({
      name,
      data: sides[0]?.[s] as Bounded,
      world: sides[1]?.[s] as Bounded,
    }),
  );

  const samples = Array.from({ length: costly }, (_, k) => weightsOf(k));
  const spectra = [data, world].map((side) => {
    const whole = spectrumOf(kernels, side, seed);
    const others = samples.map((weights) => sumOf(spectrumOf(kernels, withUsers(side, weights), seed)));
    return { whole, explained: bounded(sumOf(whole), others) };
  });
  statistics.push({
    name: `share of the first ${SINGULAR_VALUES} singular values`,
    data: (spectra[0] as (typeof spectra)[number]).explained,
    world: (spectra[1] as (typeof spectra)[number]).explained,
  });
  statistics.push(repeatedNeighbours(data, world, ones, samples));
  return {
    statistics,
    spectrum: { data: spectra[0]?.whole ?? [], world: spectra[1]?.whole ?? [] },
    popularity: {
      data: popularityCurve(countsOf(data, ones).items),
      world: popularityCurve(countsOf(world, ones).items),
    },
  };
}

const sumOf = (values: ArrayLike<number>): number => Array.prototype.reduce.call(values, (a, b) => a + b, 0) as number;

/**
 * A value with its interval, 1.96 standard deviations of its resampled fellows wide on both sides: percentiles would be off the value where copies
 * of users raise a statistic, as they do an inequality.
 */
export function bounded(
  value: number,
  others: readonly number[],
  [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): Bounded {
  const mean = sumOf(others) / others.length;
  const variance = others.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, others.length - 1);
  const reach = 1.96 * Math.sqrt(variance);
  return { value, low: Math.max(least, value - reach), high: Math.min(most, value + reach) };
}

/** How often each user is drawn, with replacement. */
export function resampled(kernels: WasmKernels, users: number, seed: number, replicate: number): Float64Array {
  const drawn = kernels.zeros([users], 'int32');
  kernels.drawBounded(drawn, { seed, stream: USERS, replicate }, users);
  const weights = new Float64Array(users);
  for (const user of kernels.integers(drawn)) (weights[user] as number)++;
  kernels.free(drawn);
  return weights;
}

function countsOf({ users, itemCount, starts, items }: UserItems, weights: Float64Array): Counts {
  const [perUser, perItem] = [[] as number[], new Float64Array(itemCount)];
  for (let user = 0; user < users; user++) {
    const weight = weights[user] as number;
    const [from, to] = [starts[user] as number, starts[user + 1] as number];
    for (let copy = 0; copy < weight; copy++) perUser.push(to - from);
    if (weight > 0) for (let e = from; e < to; e++) (perItem[items[e] as number] as number) += weight;
  }
  return { users: Float64Array.from(perUser), items: perItem };
}

/** Share of all clicks that so large a share of the items, the most popular ones, have. */
function topShare(counts: Float64Array, share: number): number {
  const sorted = counts.slice().sort().reverse();
  const total = sumOf(sorted);
  return total > 0 ? sumOf(sorted.subarray(0, Math.max(1, Math.round(share * sorted.length)))) / total : 0;
}

const CURVE = 50;

function popularityCurve(counts: Float64Array): Point[] {
  const sorted = counts.slice().sort().reverse();
  const total = sumOf(sorted);
  const cumulated = new Float64Array(sorted.length + 1);
  sorted.forEach((count, k) => {
    cumulated[k + 1] = (cumulated[k] as number) + count;
  });
  return Array.from({ length: CURVE + 1 }, (_, k): Point => {
    const share = (k / CURVE) ** 2; // closer together where the head is
    return [share, total > 0 ? (cumulated[Math.round(share * sorted.length)] as number) / total : 0];
  });
}

/** The users drawn, each as often as the weights say. */
function withUsers({ itemCount, starts, items }: UserItems, weights: Float64Array): UserItems {
  const drawn: number[] = [];
  weights.forEach((weight, user) => {
    for (let copy = 0; copy < weight; copy++) drawn.push(user);
  });
  const ends = new Int32Array(drawn.length + 1);
  drawn.forEach((user, k) => {
    ends[k + 1] = (ends[k] as number) + (starts[user + 1] as number) - (starts[user] as number);
  });
  const out = new Int32Array(ends[drawn.length] as number);
  drawn.forEach((user, k) => {
    out.set(items.subarray(starts[user], starts[user + 1]), ends[k]);
  });
  return { users: drawn.length, itemCount, starts: ends, items: out };
}

/** Squares of the first singular values over the sum of all squares, which for zeros and ones is how many ones there are. */
function spectrumOf(kernels: WasmKernels, side: UserItems, seed: number): number[] {
  const rank = Math.min(SINGULAR_VALUES, side.users, side.itemCount);
  const { singularValues } = truncatedSvd(kernels, side, rank, seed);
  return Array.from(singularValues, (value) => (value * value) / Math.max(1, side.items.length));
}

function repeatedNeighbours(
  data: UserItems,
  world: UserItems,
  ones: Float64Array,
  samples: readonly Float64Array[],
): Compared {
  const counts = countsOf(data, ones).items;
  const items = Array.from(counts, (_, item) => item)
    .sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b)
    .slice(0, COMPARED_ITEMS);
  const nearest = (side: UserItems, weights: Float64Array): Map<number, Set<number>> =>
    nearestItems(side, items, weights);
  const overlap = (a: Map<number, Set<number>>, b: Map<number, Set<number>>): number => {
    let [shared, all] = [0, 0];
    for (const item of items) {
      const [own, other] = [a.get(item), b.get(item)];
      for (const neighbour of own ?? []) if (other?.has(neighbour)) shared++;
      all += own?.size ?? 0;
    }
    return all > 0 ? shared / all : 0;
  };
  const half = (odd: number): Float64Array => ones.map((_, user) => Number(user % 2 === odd));
  const own = overlap(nearest(data, half(0)), nearest(data, half(1)));
  const value = overlap(nearest(data, ones), nearest(world, ones));
  const others = samples.map((weights) => overlap(nearest(data, weights), nearest(world, weights)));
  return {
    name: 'repeated neighbours',
    data: { value: own, low: own, high: own },
    world: bounded(value, others),
  };
}

/** The nearest of given items among themselves, by cosine of who clicked them; each user counts as often as the weights say. */
function nearestItems(
  { users, itemCount, starts, items }: UserItems,
  chosen: readonly number[],
  weights: Float64Array,
): Map<number, Set<number>> {
  const n = chosen.length;
  const place = new Int32Array(itemCount).fill(-1);
  chosen.forEach((item, p) => {
    place[item] = p;
  });
  // How many clicked both, from each user's pairs of chosen items.
  const shared = new Float64Array(n * n);
  const own = new Int32Array(n);
  for (let user = 0; user < users; user++) {
    const weight = weights[user] as number;
    if (weight === 0) continue;
    let count = 0;
    for (let e = starts[user] as number; e < (starts[user + 1] as number); e++) {
      const p = place[items[e] as number] as number;
      if (p >= 0) own[count++] = p;
    }
    for (let a = 0; a < count; a++) {
      const row = (own[a] as number) * n;
      for (let b = 0; b < count; b++) (shared[row + (own[b] as number)] as number) += weight;
    }
  }
  return new Map(
    chosen.map((item, p) => {
      const cosine = Float64Array.from({ length: n }, (_, q) => {
        const size = shared[q * n + q] as number;
        return q !== p && size > 0 ? (shared[p * n + q] as number) / Math.sqrt(size) : 0;
      });
      const order = Array.from(cosine, (_, q) => q).filter((q) => (cosine[q] as number) > 0);
      order.sort((a, b) => (cosine[b] as number) - (cosine[a] as number) || a - b);
      return [item, new Set(order.slice(0, NEIGHBOURS).map((q) => chosen[q] as number))];
    }),
  );
}
