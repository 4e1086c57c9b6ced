import { describe, expect, test } from '@jest/globals';
import { comparePairs, compareWithBest } from '../../benchmarks/comparison.js';
import { stream, WasmKernels } from '../../compute/index.js';
import { type Interactions, TEST, TRAIN, userItems } from '../../datasets/interactions.js';
import type { World } from '../../simulator/world.js';
import { itemValues } from '../averages.js';
import { ExpectedMetrics, expectedValues } from '../expectation.js';
import { RecommendationLists } from '../full_pass.js';
import { bootstrapIntervals, type Interval } from '../intervals.js';
import { hitAt } from '../metrics/hit.js';
import { valueAtRank } from '../metrics/metric.js';
import { metricsAt } from '../metrics/registry.js';
import { testQuestion } from '../question.js';
import { BestItems } from '../truth/lists.js';
import { inversePropensity, isWeak, type WeightSettings } from './estimate.js';
import { estimateNamed } from './registry.js';

const METRICS = metricsAt([5, 10]).items;
/** Three users with two items to train on and one to test; eight items. */
const ROWS = [
  ...(
    [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 2],
      [2, 0],
      [2, 3],
    ] as const
  ).map(([u, i]) => [u, i, TRAIN] as const),
  ...(
    [
      [0, 4],
      [1, 0 + 5],
      [2, 2],
    ] as const
  ).map(([u, i]) => [u, i, TEST] as const),
];
const data: Interactions = {
  name: 'test',
  userIds: ['a', 'b', 'c'],
  itemIds: Array.from({ length: 8 }, (_, i) => `i${i}`),
  user: Int32Array.from(ROWS, ([u]) => u),
  item: Int32Array.from(ROWS, ([, i]) => i),
  split: Uint8Array.from(ROWS, ([, , s]) => s),
  time: undefined,
  rating: undefined,
  truth: {
    relevance: Float32Array.from(ROWS, (_, r) => (r + 1) / 10),
    exposure: Float32Array.from(ROWS, (_, r) => 1 / (r + 2)),
  },
};
const question = () => testQuestion(new WasmKernels(), data, TEST, { candidates: 3, seed: 1 });
/** Hits at 10, 5 and never: Hit@10 1, 1, 0. */
const VALUES = itemValues([hitAt(10)], { greater: Int32Array.of(7, 0, 20), equal: new Int32Array(3) });

/** An estimate of the three rows. */
const estimated = async (key: string, weights: WeightSettings, of: Interactions = data) =>
  estimateNamed(key).of({
    ...{ data: of, test: await question(), values: VALUES, weights },
    train: userItems(of, (row) => of.split?.[row] === TRAIN),
    propensity: () => Promise.reject(new Error('nobody asks')),
  });

describe('weighted estimates, by hand', () => {
  const settings = { clip: 0, normalisation: 'self-normalised' } as const;

  test('by the truth: 1 / p_exp, or p_rel / p_exp; clipped; plain', async () => {
    // Test rows 6, 7, 8: p_exp 1/8, 1/9, 1/10 and p_rel 0.7, 0.8, 0.9.
    const hit = async (s: WeightSettings, key = 'unbiased:1/exposure') =>
      (await estimated(key, s))?.metrics['hit@10'] as number;
    expect(await hit(settings)).toBeCloseTo((8 + 9) / (8 + 9 + 10), 5);
    expect(await hit(settings, 'unbiased:relevance/exposure')).toBeCloseTo((5.6 + 7.2) / (5.6 + 7.2 + 9), 5);
    expect(await hit({ ...settings, clip: 0.2 })).toBeCloseTo(2 / 3, 5);
    expect(await hit({ ...settings, normalisation: 'plain' })).toBeCloseTo((8 + 9) / 3, 5);
    expect(await estimated('unbiased', settings, { ...data, truth: undefined })).toBeUndefined();
    expect(() => estimateNamed('unbiased:exposure')).toThrow(/write one of relevance\/exposure, 1\/exposure/);
  });

  test('by popularity: the root of the share of the most popular item', async () => {
    // Items 4 and 5 were never trained on and count once, as item 2 does; item 0 has three.
    const found = await estimated('popularity', settings);
    expect(found?.metrics['hit@10']).toBeCloseTo(2 / 3, 6);
    const given = inversePropensity(VALUES, [0.5, 0.25, 0.1], settings);
    expect(given.metrics['hit@10']).toBeCloseTo((2 + 4) / 16, 6);
    expect(given.size).toBeCloseTo(16 ** 2 / (4 + 16 + 100), 6);
  });

  test.each([
    ['no numbers', Number.NaN, 0],
    ['no numbers', Number.POSITIVE_INFINITY, 0],
    ['0, which nothing can be divided by', 0, 0],
    ['negative, and no probabilities', -0.1, 0],
  ])('a propensity that is %s is refused', (kind, odd, clip) => {
    const estimate = () => inversePropensity(VALUES, [0.5, odd, 0.1], { ...settings, clip }, 'the propensities');
    expect(estimate).toThrow(`the propensities of 1 of the 3 test items are ${kind}`);
    expect(inversePropensity(VALUES, [0.5, 0, 0.1], { ...settings, clip: 0.1 }).metrics['hit@10']).toBeCloseTo(12 / 22);
  });

  test('propensities next to 0 are said, and do not end in no number', () => {
    const estimate = (p: number) => inversePropensity(VALUES, [p, p, 0.1], settings);
    expect(estimate(1e-300).size).toBeCloseTo(2, 6);
    expect(estimate(1e-300).metrics['hit@10']).toBeCloseTo(1, 6);
    expect(() => estimate(6e-309)).toThrow(
      /so close to 0 that their inverses have no sum: set the least one by --clip/,
    );
  });

  test('are weak where they are worth under 30 or a tenth of the test items', () => {
    expect([isWeak(29, 100), isWeak(30, 100), isWeak(99, 1000), isWeak(100, 1000)]).toEqual([true, false, true, false]);
  });
});

describe('expected metrics', () => {
  /** Mean of a metric over all ways to draw `candidates` of the others. */
  function enumerated(others: number, candidates: number, place: number, metric: (typeof METRICS)[number]): number {
    let [sum, ways] = [0, 0];
    for (let mask = 0; mask < 1 << others; mask++) {
      const bits = Array.from({ length: others }, (_, k) => (mask >> k) & 1);
      if (bits.reduce((a, b) => a + b, 0) !== candidates) continue;
      ways++;
      const better = bits.slice(0, place).reduce((a, b) => a + b, 0);
      sum += valueAtRank(metric, better, 0);
    }
    return sum / ways;
  }

  test.each([
    [6, 2],
    [12, 11],
    [13, 7],
    [14, 13],
  ])('of %d others with %d drawn equal those of all draws', (others, candidates) => {
    const found = expectedValues(METRICS, others, candidates);
    for (let place = 0; place <= others; place++) {
      for (const [m, metric] of METRICS.entries())
        expect(found[m]?.[place]).toBeCloseTo(enumerated(others, candidates, place, metric), 10);
    }
  });

  test('all others are candidates where there are no more, or 0 is asked for', () => {
    for (const candidates of [0, 20, 50])
      expect(expectedValues(METRICS, 20, candidates).map((values) => values[7])).toEqual(
        METRICS.map((metric) => valueAtRank(metric, 7, 0)),
      );
  });

  test('every item that a user did not train on is weighted by its relevance', async () => {
    const relevance = (user: number): Float32Array =>
      Float32Array.from({ length: 8 }, (_, i) => (1 + 9 * user) * (0.01 + 0.005 * ((i + user) % 8)));
    const expected = new ExpectedMetrics(await question(), { relevanceRow: relevance } as World, METRICS, 0);
    const ndcg = METRICS.find(({ name }) => name === 'ndcg@5') as (typeof METRICS)[number];
    const scores = Float32Array.of(3, -1, 5, 0.5, 0.5, -2, 9, 0);
    // Each user counts the same, however much there is that they want.
    let mean = 0;
    for (const user of [0, 2]) {
      expected.read(user, scores);
      const known = user === 0 ? [0, 1] : [0, 3];
      const free = [0, 1, 2, 3, 4, 5, 6, 7].filter((i) => !known.includes(i));
      let [sum, total] = [0, 0];
      for (const i of free) {
        const [own, weight] = [scores[i] as number, relevance(user)[i] as number];
        const greater = free.filter((j) => (scores[j] as number) > own).length;
        const equal = free.filter((j) => j !== i && scores[j] === own).length;
        sum += weight * valueAtRank(ndcg, greater, equal);
        total += weight;
      }
      mean += sum / total / 2;
    }
    expect(expected.means['ndcg@5']).toBeCloseTo(mean, 10);
  });
});

describe('lists', () => {
  test('the best items outside the known ones, equal scores by lower item', () => {
    const known = userItems(data, (row) => data.split?.[row] === TRAIN);
    expect([...new BestItems(4, known).of(0, Float32Array.of(9, 1, 5, 5, 7, 0, 5, 2))]).toEqual([4, 2, 3, 6]);
    expect([...new BestItems(20, known).of(0, Float32Array.of(9, 1, 5, 5, 7, 0, 5, 2))]).toEqual([4, 2, 3, 6, 7, 5]);
  });

  test('coverage, Gini and popularity', async () => {
    const lists = new RecommendationLists(await question(), 1);
    // User 0 is shown item 2 (once in training), users 1 and 2 item 7 (never).
    lists.read(0, Float32Array.of(9, 9, 5, 0, 0, 0, 0, 0));
    for (const user of [1, 2]) lists.read(user, Float32Array.of(0, 0, 0, 0, 0, 0, 0, 1));
    const { coverage, gini, popularity } = lists.statistics;
    expect(coverage).toBeCloseTo(2 / 8, 12);
    expect(popularity).toBeCloseTo(1 / 3, 12);
    expect(gini).toBeCloseTo((2 * (7 * 1 + 8 * 2)) / (8 * 3) - 9 / 8, 12);
  });
});

test('bootstrap intervals have the width that the central limit gives, and draw users with all of their items', async () => {
  const kernels = new WasmKernels();
  const n = 400;
  const u = kernels.zeros([n]);
  kernels.drawUniform(u, { seed: 1, stream: stream('test hits') });
  const greater = Int32Array.from(kernels.floats(u), (x) => (x < 0.3 ? 0 : 50));
  const values = itemValues([hitAt(10)], { greater, equal: new Int32Array(n) });
  const share = greater.filter((g) => g === 0).length / n;
  const half = (interval: { low: number; high: number }): number => (interval.high - interval.low) / 2;
  const alone = await bootstrapIntervals(kernels, values, (row) => row, 4000, 1);
  const expected = 1.96 * Math.sqrt((share * (1 - share)) / n);
  expect(half(alone['hit@10'] as Interval) / expected).toBeCloseTo(1, 1);
  expect(((alone['hit@10']?.low ?? 0) + (alone['hit@10']?.high ?? 0)) / 2).toBeCloseTo(share, 2);
  // The same items as pairs of one user's, alike: half as many independent users.
  const twins = itemValues([hitAt(10)], {
    greater: Int32Array.from({ length: 2 * n }, (_, r) => greater[r >> 1] as number),
    equal: new Int32Array(2 * n),
  });
  const paired = await bootstrapIntervals(kernels, twins, (row) => row >> 1, 4000, 1);
  expect(half(paired['hit@10'] as Interval) / expected).toBeCloseTo(1, 1);
});

test('rows are compared with the best over the repetitions that both have, corrected together', () => {
  const rows = [
    { label: 'low', values: [0.1, 0.2, 0.15, 0.12] },
    { label: 'best', values: [0.5, 0.61, 0.55, 0.5] },
    { label: 'near', values: [0.51, undefined, 0.52, 0.53] },
    { label: 'failed', values: [undefined, undefined, undefined, undefined] },
  ];
  const found = compareWithBest(rows);
  expect(found.map(({ a, b, n }) => [a, b, n])).toEqual([
    ['best', 'low', 4],
    ['best', 'near', 3],
  ]);
  expect(found[0]?.adjusted).toBeCloseTo(3 * (found[0]?.p as number), 12); // three pairs of three rows
  expect(found[0]?.adjusted).toBeLessThan(0.01);
  expect(found[1]?.adjusted).toBeGreaterThan(0.05);
  expect(comparePairs([[rows[0], rows[3]] as never])).toEqual([]);
});
