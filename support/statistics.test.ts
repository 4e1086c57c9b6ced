import { expect, test } from '@jest/globals';
import { changeTest, gini, holm, pairedTest, rankCorrelation, sharesOf, summarize, testOfParts } from './statistics.js';

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

test('one method before and after: one user more proves nothing, many do, and a difference of rounding is none', () => {
  const users = 500;
  const base = Array.from({ length: 10 }, (_, r) => (200 + r) / users);
  const more = (count: number) => base.map((x) => x + count / users);
  expect(changeTest(more(1), base, users)?.p).toBe(1);
  expect(changeTest(more(80), base, users)?.p).toBeLessThan(1e-5);
  const rounded = base.map((x) => x + 5.6e-15);
  expect([pairedTest(rounded, base)?.p, changeTest(rounded, base, users)?.p]).toEqual([1, 1]);
  expect(changeTest([1, 2], [1, 3], users)).toBeUndefined();
});

test('p of variances together is the mean of theirs, weighted by them, and the interval that of p', () => {
  const parts = [
    { variance: 1, freedom: 2 },
    { variance: 3, freedom: 127 },
  ];
  // Error 2, t = 3: two-sided tails of 2 and of 127 degrees of freedom are 0.095466 and 0.003250.
  const test = testOfParts(3, 6, parts, { layers: ['training', 'users'] });
  expect(test.p).toBeCloseTo((0.095466 + 3 * 0.00325) / 4, 5);
  const reach = test.interval[1] - 6;
  expect(testOfParts(3, reach, parts, { layers: ['training'] }).p).toBeCloseTo(0.05, 5);
  // Far out the few degrees of freedom decide.
  expect(testOfParts(3, 20, parts, { layers: ['training'] }).p).toBeCloseTo(0.009852 / 4, 5);
  expect(
    sharesOf([
      { variance: 0, freedom: 2 },
      { variance: 3, freedom: 127 },
    ]),
  ).toEqual([{ share: 1, freedom: 127 }]);
  expect(
    sharesOf([
      { variance: 0, freedom: 2 },
      { variance: 0, freedom: 127 },
    ]),
  ).toEqual([{ share: 1, freedom: 2 }]);
});

test("Holm's correction keeps the order given and never falls", () => {
  const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
  [0.03, 0.06, 0.06, 0.02].forEach((p, k) => expect(adjusted[k]).toBeCloseTo(p, 12));
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});
