import { describe, expect, test } from '@jest/globals';
import { kendallTau, trustOf } from './trust.js';

describe("Kendall's tau-b", () => {
  test('is that of a case counted by hand', () => {
    // Pairs of (1,1) (2,3) (3,2) (4,4): five agree, one does not.
    expect(kendallTau([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(4 / 6, 12);
    expect(kendallTau([1, 2, 3], [3, 2, 1])).toBe(-1);
  });

  test('counts ties as SciPy does', () => {
    // scipy.stats.kendalltau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])
    expect(kendallTau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])).toBeCloseTo(-0.47140452079103173, 12);
  });

  test('is 0 where one list tells nothing apart', () => {
    expect(kendallTau([1, 1, 1], [1, 2, 3])).toBe(0);
  });
});

describe('trust in an estimate', () => {
  const method = (label: string, value: number[], estimate: number[]) => ({ label, value, estimate });

  test('regret is what the pick is worth less than the best', () => {
    const trust = trustOf([
      method('A', [0.5, 0.5], [10, 10]),
      method('B', [0.6, 0.7], [20, 5]),
      method('C', [0.7, 0.6], [15, 15]),
    ]);
    // In the first repetition B is picked and C is best; in the second C is picked and B is best.
    expect(trust?.regret.mean).toBeCloseTo(0.1, 12);
    expect(trust?.picks).toEqual(['B', 'C']);
    // One pair of three is turned round in the first; in the second B < A < C stands against A < C < B.
    expect(trust?.turned.mean).toBeCloseTo((1 / 3 + 2 / 3) / 2, 12);
    expect(trust?.tau.mean).toBeCloseTo((1 / 3 - 1 / 3) / 2, 12);
  });

  test('an estimate that is the truth on another scale has no error', () => {
    const trust = trustOf([method('A', [0.1], [10]), method('B', [0.2], [20]), method('C', [0.4], [40])]);
    expect(trust?.error.mean).toBeCloseTo(0, 12);
    expect([trust?.tau.mean, trust?.regret.mean, trust?.turned.mean]).toEqual([1, 0, 0]);
  });

  test('of equal picks the mean counts, so that their order does not', () => {
    const one = method('A', [0.1], [10]);
    const two = method('B', [0.3], [10]);
    for (const order of [
      [one, two],
      [two, one],
    ])
      expect(trustOf(order)?.regret.mean).toBeCloseTo(0.1, 12);
  });

  test('a repetition that failed for a method goes without it, and none with one method alone', () => {
    const trust = trustOf([
      { label: 'A', value: [0.1, undefined], estimate: [1, undefined] },
      { label: 'B', value: [0.2, 0.2], estimate: [2, 2] },
    ]);
    expect(trust?.tau).toMatchObject({ n: 1, mean: 1 });
    expect(trustOf([method('A', [0.1], [1])])).toBeUndefined();
  });
});
