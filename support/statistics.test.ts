import { expect, test } from '@jest/globals';
import { gini, rankCorrelation, summarize } from './statistics.js';

test('mean and standard deviation with n - 1', () => {
  expect(summarize([1, 2, 3, 4])).toEqual({ n: 4, mean: 2.5, sd: expect.closeTo(Math.sqrt(5 / 3), 12) });
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
