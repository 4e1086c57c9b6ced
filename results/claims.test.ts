import { describe, expect, test } from '@jest/globals';
import { pairedTest, pBelow } from '../support/statistics.js';
import { type ClaimTest, type ClaimText, claimsMarkdown, countOutcomes, judge } from './claims.js';

const CLAIM: ClaimText = {
  name: 'a-above-b',
  statement: 'A is above B',
  source: 'Table 1',
  unit: 'points',
  quantifier: 'all',
};

/** A test of differences around a mean, which vary a little. */
function comparison(mean: number, spread: number): ClaimTest {
  const differences = [-1, -0.5, 0, 0.5, 1].map((x) => mean + spread * x);
  return {
    data: 'd',
    what: `${mean}`,
    least: 0.001,
    over: 'repetitions',
    ...(pairedTest(differences, [0, 0, 0, 0, 0]) as NonNullable<ReturnType<typeof pairedTest>>),
  };
}
const FOR = comparison(0.02, 0.001);
const AGAINST = comparison(-0.02, 0.001);
const NONE = comparison(0, 0.0001);
const OPEN = comparison(0.001, 0.02);

describe('a comparison', () => {
  test('speaks for, against, says that there is nothing, or leaves it open', () => {
    const { comparisons } = judge(CLAIM, [FOR, AGAINST, NONE, OPEN], []);
    expect(comparisons.map(({ outcome }) => outcome)).toEqual(['for', 'against', 'none', 'open']);
  });

  test('is corrected for how many there are', () => {
    const differences = [0.01, 0.02, 0.03, 0.008];
    const one = {
      data: 'd',
      what: 'x',
      least: 0.001,
      over: 'repetitions',
      ...pairedTest(differences, [0, 0, 0, 0]),
    } as ClaimTest;
    expect(one.p).toBeLessThan(0.05);
    expect(judge(CLAIM, [one], []).comparisons[0]?.outcome).toBe('for');
    const many = judge(CLAIM, [one, one, one, one], []);
    expect(many.comparisons.map(({ outcome }) => outcome)).toEqual(['open', 'open', 'open', 'open']);
    expect(many.comparisons[0]?.adjusted).toBeCloseTo(4 * one.p, 9);
  });

  test('with a least effect: one-sided p by Student, computed by hand', () => {
    // Mean 2, sd 1, n = 4: standard error 0.5. Against at least 3: t = -2, of three degrees of freedom: p = 0.069663.
    const test = pairedTest([1, 2, 3, 2], [0, 0, 0, 0]) as NonNullable<ReturnType<typeof pairedTest>>;
    const error = Math.sqrt(2 / 3) / 2;
    expect(pBelow(test, 2 + 2 * error)).toBeCloseTo(0.069663, 5);
    expect(pBelow(test, 2)).toBeCloseTo(0.5, 6);
    const constant = pairedTest([1, 1, 1], [0, 0, 0]) as NonNullable<ReturnType<typeof pairedTest>>;
    expect([pBelow(constant, 2), pBelow(constant, 0.5)]).toEqual([0, 1]);
  });
});

describe('a claim', () => {
  test.each([
    ['all', [FOR, FOR], 'holds'],
    ['all', [FOR, OPEN], 'not decided'],
    ['all', [FOR, NONE], 'does not hold'],
    ['all', [OPEN, AGAINST], 'does not hold'],
    ['all', [], 'not decided'],
    ['some', [FOR, AGAINST], 'holds'],
    ['some', [NONE, AGAINST], 'does not hold'],
    ['some', [OPEN, AGAINST], 'not decided'],
  ] as const)('about %s', (quantifier, tests, verdict) => {
    expect(judge({ ...CLAIM, quantifier }, tests, []).verdict).toBe(verdict);
  });

  test('is told in Markdown with effects in percent points', () => {
    const judged = judge(CLAIM, [FOR, OPEN], ['suite x on d']);
    expect(countOutcomes(judged)).toBe('1 for, 1 open');
    const text = claimsMarkdown([judged]);
    expect(text).toMatch(/\| A is above B \| not decided \| 1 for, 1 open \|/);
    expect(text).toMatch(/\| d +\| 0\.02 +\| 5 +\| \+2\.00 +\| \+1\.90 to \+2\.10/);
    expect(text).toMatch(/Ran: suite x on d/);
  });
});
