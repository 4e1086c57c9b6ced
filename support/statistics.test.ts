import { describe, expect, test } from '@jest/globals';
import { gini, holm, pairedTest, rankCorrelation, summarize } from './statistics.js';

test('mean and standard deviation with n - 1', () => {
  // t of three degrees of freedom at 0.975 is 3.18245.
  const reach = (3.18245 * Math.sqrt(5 / 3)) / 2;
  expect(summarize([1, 2, 3, 4])).toEqual({
    ...{ n: 4, mean: 2.5, sd: expect.closeTo(Math.sqrt(5 / 3), 12) },
    interval: [expect.closeTo(2.5 - reach, 4), expect.closeTo(2.5 + reach, 4)],
  });
  expect(summarize([7])).toEqual({ n: 1, mean: 7, sd: undefined });
});

test('Gini: none for equal amounts, (n - 1) / n where one has all', () => {
  expect(gini([3, 3, 3, 3])).toBeCloseTo(0, 12);
  expect(gini([0, 0, 0, 8])).toBeCloseTo(0.75, 12);
  expect(gini([0, 0])).toBe(0);
});

test("Spearman's correlation, with ties", () => {
  expect(rankCorrelation([1, 2, 3], [10, 20, 1000])).toBeCloseTo(1, 12);
  expect(rankCorrelation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
  // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5 over sqrt(4.5 * 5).
  expect(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
});

test("paired t-test: Student's sleep data (1908)", () => {
  const a = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
  const b = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
  const test = pairedTest(a, b);
  // As published with the data: t = -4.0621, p = 0.002833, interval -2.4599 to -0.7001.
  expect(test?.difference).toBeCloseTo(-1.58, 10);
  expect(test?.p).toBeCloseTo(0.002833, 5);
  expect(test?.interval[0]).toBeCloseTo(-2.4599, 3);
  expect(test?.interval[1]).toBeCloseTo(-0.7001, 3);
  expect(pairedTest([1], [2])).toBeUndefined();
  expect(pairedTest([1, 2], [3, 5])).toBeUndefined(); // two repetitions prove nothing
  expect(pairedTest([1, 2, 3], [1, 2, 3])?.p).toBe(1);
  expect(pairedTest([1, 2, 4], [0, 1, 3])?.p).toBe(0); // exact values, which no user's chance enters
});

describe('means over users', () => {
  test('one user more in every repetition proves nothing; a difference far beyond the chance of users does', () => {
    const users = 500;
    const base = Array.from({ length: 10 }, (_, r) => (200 + r) / users);
    const more = (count: number) => base.map((x) => x + count / users);
    expect(pairedTest(more(1), base, { users })?.p).toBe(1);
    expect(pairedTest(more(1), base, { users, sameMethod: true })?.p).toBe(1);
    expect(pairedTest(more(80), base, { users })?.p).toBeLessThan(1e-5);
    const { interval, p } = pairedTest(more(20), base, { users }) as NonNullable<ReturnType<typeof pairedTest>>;
    expect([p > 0.05, interval[0] < 0]).toEqual([true, true]);
  });

  test('a difference of rounding is none', () => {
    const base = [0.1, 0.2, 0.3];
    expect(
      pairedTest(
        base.map((x) => x + 5.6e-15),
        base,
      )?.p,
    ).toBe(1);
  });

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

  /** How many of so many users are hit, each with a chance of 0.3: drawn one by one, or, where they are many, by the normal distribution. */
  function hits(next: () => number, users: number): number {
    if (users <= 50) return Array.from({ length: users }, () => Number(next() < 0.3)).reduce((x, y) => x + y, 0);
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    return Math.round(users * 0.3 + Math.sqrt(users * 0.21) * normal);
  }

  /** Shares of hits, a repetition each: `steady` of the users are hit or missed alike in every one, the others anew. */
  function shares(next: () => number, users: number, repetitions: number, steady: number): number[] {
    const alike = Math.round(users * steady);
    const always = hits(next, alike);
    return Array.from({ length: repetitions }, () => (always + hits(next, users - alike)) / users);
  }

  // 300 pairs of equal methods a case: were the error 5 %, more than 30 would be told apart in one of some 10,000 runs.
  test.each([
    [50, 2],
    [50, 3],
    [50, 10],
    [500, 3],
    [500, 10],
    [5000, 3],
    [5000, 10],
  ])('of equal methods at most 5 in 100 are told apart: %d users, %d repetitions', (users, repetitions) => {
    const pairs = 300;
    for (const steady of [0, 0.9, 1]) {
      const next = uniform(users + repetitions + 10 * steady);
      let told = 0;
      for (let pair = 0; pair < pairs; pair++) {
        const [a, b] = [shares(next, users, repetitions, steady), shares(next, users, repetitions, steady)];
        if ((pairedTest(a, b, { users })?.p ?? 1) < 0.05) told++;
      }
      expect(told).toBeLessThanOrEqual(30);
      if (repetitions < 3) expect(told).toBe(0);
    }
  });
});

test("Holm's correction keeps the order given and never falls", () => {
  const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
  [0.03, 0.06, 0.06, 0.02].forEach((p, k) => expect(adjusted[k]).toBeCloseTo(p, 12));
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});
