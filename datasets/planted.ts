import { type DrawKey, stream, WasmKernels } from '../compute/index.js';
import { exp, pow } from '../compute/math.js';
import { type Interactions, sharedFloat32, sharedFloat64, sharedInt32 } from './interactions.js';

/** Sizes of the planted world. */
export interface PlantedOptions {
  readonly users: number;
  readonly items: number;
  /** Expected ratings a user. */
  readonly ratingsPerUser: number;
  /** Width of the tastes. */
  readonly rank: number;
  /**
   * How much people come across what they like: the logarithm of the factor by which an item that they would rate higher by one comes their way more
   * often. At 0 what is popular is what is seen, whatever one likes.
   */
  readonly attraction: number;
  readonly seed: number;
}

export const PLANTED_DEFAULTS: PlantedOptions = {
  ...{ users: 2000, items: 1000, ratingsPerUser: 80, rank: 4, attraction: 1.2 },
  seed: 1,
};

/** Users over whom the density is solved. */
const SAMPLE = 2000;

/** The planted world's truth. */
export interface PlantedTruth {
  /** Expected rating on the scale 1 to 5, before rounding and noise. */
  rating(user: number, item: number): number;
  /** Probability that the user came across the item and rated it. */
  exposure(user: number, item: number): number;
}

/** What belongs to users and items. */
function tastesOf({ users, items, rank, seed }: PlantedOptions, kernels: WasmKernels) {
  const normal = (name: string, rows: number, columns: number): Float32Array => {
    const out = kernels.zeros([rows, columns]);
    kernels.drawNormal(out, key(seed, name), 0, 1);
    return kernels.floats(out).slice();
  };
  const userTaste = normal('user taste', users, rank);
  const itemTaste = normal('item taste', items, rank);
  const userBias = normal('user bias', 1, users);
  const itemBias = normal('item bias', 1, items);
  const activity = normal('user activity', 1, users);
  const taste = (user: number, item: number): number => {
    let sum = 0;
    for (let k = 0; k < rank; k++)
      sum += (userTaste[user * rank + k] as number) * (itemTaste[item * rank + k] as number);
    return sum / Math.sqrt(rank);
  };
  const rating = (user: number, item: number): number =>
    3.4 + 0.3 * (userBias[user] as number) + 0.3 * (itemBias[item] as number) + 0.9 * taste(user, item);
  return { rating, activity };
}

/** What ratings are expected in the world of some options, without drawing any. */
export const plantedRating = (options: PlantedOptions): PlantedTruth['rating'] =>
  tastesOf(options, new WasmKernels()).rating;

/**
 * Ratings from a world that is known: tastes of low rank, a long tail of popularity, biases of users and items, and people
 * coming across what is popular and, by `attraction`, what they like - so that what is seen is not a fair sample. Drawn from the seed
 * alone; times fall uniformly over the year 2019.
 */
export function plantedRatings(options: PlantedOptions): { data: Interactions; truth: PlantedTruth } {
  const { users, items, attraction } = options;
  const kernels = new WasmKernels();
  const { rating: expected, activity } = tastesOf(options, kernels);
  const shuffle = kernels.zeros([items], 'int32');
  kernels.drawPermutation(shuffle, key(options.seed, 'popularity'));
  const place = kernels.integers(shuffle).slice();

  // Zipf's law with a flattened head: weight of place r is (r + 10)^-0.9.
  const popularity = Float64Array.from(place, (r) => pow(r + 10, -0.9));
  const attention = Float64Array.from(activity, (a) => exp(0.5 * a));
  const weight = (user: number, item: number): number =>
    (popularity[item] as number) * (attention[user] as number) * exp(attraction * (expected(user, item) - 3.4));
  // One factor, found by bisection on its logarithm, brings the mean of w / (1 + w) to the wished density; for many users over
  // an even sample of them, so that memory does not grow with the number of pairs.
  const sample = Array.from({ length: Math.min(users, SAMPLE) }, (_, k) =>
    Math.floor((k * users) / Math.min(users, SAMPLE)),
  );
  const weights = new Float64Array(sample.length * items);
  sample.forEach((u, k) => {
    for (let i = 0; i < items; i++) weights[k * items + i] = weight(u, i);
  });
  const expectedRatings = (scale: number): number => weights.reduce((sum, w) => sum + (scale * w) / (1 + scale * w), 0);
  let [low, high] = [-20, 20];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (expectedRatings(exp(middle)) < options.ratingsPerUser * sample.length) low = middle;
    else high = middle;
  }
  const scale = exp(low);
  const exposure = (user: number, item: number): number => {
    const w = scale * weight(user, item);
    return w / (1 + w);
  };

  const columns: { user: number[]; item: number[]; rating: number[]; time: number[] } = {
    user: [],
    item: [],
    rating: [],
    time: [],
  };
  const [shown, noise, when] = [kernels.zeros([items]), kernels.zeros([items]), kernels.zeros([items])];
  for (let user = 0; user < users; user++) {
    kernels.drawUniform(shown, key(options.seed, 'rated'), user);
    kernels.drawNormal(noise, key(options.seed, 'rating noise'), 0, 0.6, user);
    kernels.drawUniform(when, key(options.seed, 'time'), user);
    const [u, e, t] = [kernels.floats(shown), kernels.floats(noise), kernels.floats(when)];
    for (let item = 0; item < items; item++) {
      if ((u[item] as number) >= exposure(user, item)) continue;
      columns.user.push(user);
      columns.item.push(item);
      columns.rating.push(Math.min(5, Math.max(1, Math.round(expected(user, item) + (e[item] as number)))));
      columns.time.push(1546300800 + Math.floor((t[item] as number) * 31536000));
    }
  }
  const n = columns.user.length;
  const fill = <Values extends Int32Array | Float32Array | Float64Array>(out: Values, from: number[]): Values => {
    out.set(from);
    return out;
  };
  const data: Interactions = {
    name: 'planted',
    userIds: Array.from({ length: users }, (_, u) => `u${u}`),
    itemIds: Array.from({ length: items }, (_, i) => `i${i}`),
    user: fill(sharedInt32(n), columns.user),
    item: fill(sharedInt32(n), columns.item),
    rating: fill(sharedFloat32(n), columns.rating),
    time: fill(sharedFloat64(n), columns.time),
    split: undefined,
  };
  return { data, truth: { rating: expected, exposure } };
}

const key = (seed: number, name: string): DrawKey => ({ seed, stream: stream(`planted ${name}`) });
