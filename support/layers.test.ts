import { describe, expect, test } from '@jest/globals';
import { combined, layersOf, pairedSamples, type Sample, summarizeSample } from './layers.js';
import type { Summary } from './statistics.js';

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function normal(next: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

const USERS = 24;

/** How much each layer of chance moves a method's number. */
interface Spread {
  readonly training: number;
  readonly users: number;
  readonly both: number;
  readonly draw?: number;
}

/** A method of mean 0.5 as results keep it: values and moves of so many users, each a group. */
function method(
  next: () => number,
  { training, users, both, draw = 0 }: Spread,
  repetitions: number,
  draws = 1,
): Sample {
  const z = normal(next);
  const own = Array.from({ length: USERS }, () => users * z());
  const runs = Array.from({ length: draws }, () => draw * z()).flatMap((drawn, d) =>
    Array.from({ length: repetitions }, () => {
      const shift = 0.5 + drawn + training * z();
      const all = own.map((user) => shift + user + both * z());
      const value = all.reduce((sum, x) => sum + x, 0) / USERS;
      return { value, groups: Float32Array.from(all, (x) => (x - value) / USERS), draw: d };
    }),
  );
  return {
    values: runs.map(({ value }) => value),
    groups: runs.map(({ groups }) => groups),
    ...(draws > 1 && { draws: runs.map((run) => run.draw) }),
  };
}

const PAIRS = 300;

/** How many of so many pairs of methods, equal in truth, are told apart. */
function falseStars(spread: Spread, repetitions: number, draws: number, seed: number): number {
  const next = uniform(seed);
  let told = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    const [a, b] = [method(next, spread, repetitions, draws), method(next, spread, repetitions, draws)];
    if ((pairedSamples(a, b)?.p ?? 1) < 0.05) told++;
  }
  return told;
}

// Of 300 pairs, were the error 5 %, more than 30 would be told apart in one of some 10,000 runs.
describe('of methods that are equal in truth at most 5 in 100 are told apart', () => {
  test.each([
    ['by training alone', { training: 0.01, users: 0, both: 0 }],
    ['by who the users are', { training: 0, users: 0.1, both: 0 }],
    ['by what users and training make together', { training: 0, users: 0, both: 0.1 }],
    ['by training as much as by users', { training: 0.02, users: 0.1, both: 0 }],
    ['by all of them', { training: 0.005, users: 0.05, both: 0.1 }],
  ] as const)('where they differ %s', (_, spread) => {
    for (const repetitions of [3, 8]) expect(falseStars(spread, repetitions, 1, repetitions)).toBeLessThanOrEqual(30);
  });

  test.each([
    ['by the draw of clicks alone', { training: 0, users: 0, both: 0, draw: 0.02 }],
    ['by the draw and by all the rest', { training: 0.01, users: 0.05, both: 0.1, draw: 0.01 }],
  ] as const)('where they differ %s, over draws', (_, spread) => {
    for (const draws of [3, 5]) expect(falseStars(spread, 2, draws, draws)).toBeLessThanOrEqual(30);
  });

  test('and a layer that is not looked at is not claimed: one draw tells apart what another would not', () => {
    const drawn = { training: 0.002, users: 0, both: 0, draw: 0.02 };
    expect(falseStars(drawn, 5, 1, 1)).toBeGreaterThan(PAIRS / 2);
    expect(layersOf(method(uniform(1), drawn, 5))).toEqual(['training', 'users']);
    expect(layersOf(method(uniform(1), drawn, 1, 5))).toEqual(['training', 'draws', 'users']);
    expect(layersOf(method(uniform(1), drawn, 1))).toEqual(['users']);
  });
});

test('intervals hold the truth in 95 of 100 cases, by every layer', () => {
  const next = uniform(3);
  let held = 0;
  for (let k = 0; k < PAIRS; k++) {
    const { interval } = summarizeSample(method(next, { training: 0.01, users: 0.05, both: 0.05 }, 5)) ?? {};
    if (interval && interval[0] <= 0.5 && 0.5 <= interval[1]) held++;
  }
  expect(held).toBeGreaterThan(PAIRS * 0.9);
  expect(held).toBeLessThan(PAIRS);
});

test('a difference far beyond chance is told', () => {
  const next = uniform(4);
  const spread = { training: 0.002, users: 0.05, both: 0.05 };
  const [a, b] = [method(next, spread, 5), method(next, spread, 5)];
  const better = { ...a, values: a.values.map((value) => (value as number) + 0.1) };
  expect(pairedSamples(better, b)?.p).toBeLessThan(0.001);
});

test('components of the variance, computed by hand', () => {
  // Two groups, two repetitions: moves (.1, -.1) and (.3, -.3), of means .2 and -.2.
  const sample: Sample = {
    values: [0.2, 1],
    groups: [Float32Array.of(0.1, -0.1), Float32Array.of(0.3, -0.3)],
  };
  // Repetitions: sd^2 / R = .32 / 2 = .16. Groups: 2 (.2^2 + .2^2) = .16. Both: 2 (4 x .1^2) / (1 x 2) = .04. Together .28.
  const { mean, interval } = summarizeSample(sample) as Summary & { interval: readonly [number, number] };
  expect(mean).toBeCloseTo(0.6, 12);
  // All of one degree of freedom, whose t is 12.7062.
  expect(interval[1] - mean).toBeCloseTo(12.7062 * Math.sqrt(0.28), 4);
});

test('failed repetitions are left out, fewer than three prove nothing, and what is by no user counts training alone', () => {
  const a: Sample = { values: [1, 2, undefined, 4] };
  const b: Sample = { values: [0, 1, 2, 3.5] };
  const test = pairedSamples(a, b);
  expect([test?.n, test?.layers, test?.difference]).toEqual([3, ['training'], (1 + 1 + 0.5) / 3]);
  expect(pairedSamples({ values: [1, 2, undefined] }, b)).toBeUndefined();
  expect(pairedSamples({ ...a, draws: [0, 0, 1, 1] }, b)).toBeUndefined();
  expect(summarizeSample({ values: [undefined] })).toBeUndefined();
  expect(summarizeSample({ values: [3] })).toEqual({ n: 1, mean: 3, sd: undefined });
});

test('a combination of samples keeps their chance', () => {
  const a: Sample = { values: [1, 2], groups: [Float32Array.of(1, -1), Float32Array.of(2, -2)], draws: [0, 1] };
  expect(combined([a, a], [2, -1])).toEqual(a);
  expect(combined([a, { values: [1, undefined] }], [1, 1])).toEqual({
    values: [2, undefined],
    groups: [undefined, undefined],
    draws: [0, 1],
  });
});
