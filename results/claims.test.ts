import { describe, expect, test } from '@jest/globals';
import { pairedTest, pBelow, seenBy } from '../support/statistics.js';
import { type ClaimTest, type ClaimText, claimsMarkdown, countOutcomes, judge, testText } from './claims.js';

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
    const { comparisons } = judge(CLAIM, [FOR, AGAINST, NONE, OPEN]);
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
    expect(judge(CLAIM, [one]).comparisons[0]?.outcome).toBe('for');
    const many = judge(CLAIM, [one, one, one, one]);
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

describe('power', () => {
  test('is what four of five tests of such an effect would find, by hand and by trial', () => {
    // Standard error 1 of 4 degrees of freedom: t of .975 and of .8 are 2.776 and .941.
    expect(seenBy({ error: 1, shares: [{ share: 1, freedom: 4 }] }, 0.05)).toBeCloseTo(2.7764 + 0.941, 3);
    let state = 5;
    const next = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return ((state >>> 8) + 0.5) / 2 ** 24;
    };
    const normal = (): number => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
    const effect = seenBy({ error: 1 / Math.sqrt(10), shares: [{ share: 1, freedom: 9 }] }, 0.05);
    const zeros = Array.from({ length: 10 }, () => 0);
    const found = Array.from({ length: 1000 }, () => {
      const values = zeros.map(() => effect + normal());
      return (pairedTest(values, zeros)?.p ?? 1) < 0.05;
    }).filter(Boolean).length;
    // 800 expected with a deviation of 13; the formula is a little off for few degrees of freedom.
    expect(Math.abs(found - 800)).toBeLessThan(60);
  });

  test('of eight models is little: what they cannot tell is not decided, and what it would take is said', () => {
    const differences = [0.9, -0.6, 0.4, -0.2, 1.1, -0.8, 0.3, 0.1];
    const one: ClaimTest = {
      ...{ data: 'd', what: 'squared error of standard above robust', least: 0.05, over: 'models' },
      ...(pairedTest(
        differences,
        differences.map(() => 0),
      ) as NonNullable<ReturnType<typeof pairedTest>>),
    };
    const judged = judge({ ...CLAIM, unit: 'number' }, [one]);
    expect(judged.verdict).toBe('not decided');
    expect(judged.why).toMatch(/8 models tell only large differences; .* \(\+0\.05\) it would take some [\d,]+00\./);
    expect(testText(one)).toBe('over models');
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
    expect(judge({ ...CLAIM, quantifier }, tests).verdict).toBe(verdict);
  });

  test('is told in Markdown with effects in percent points', () => {
    const judged = judge(CLAIM, [FOR, OPEN], { ran: ['suite x on d'], short: ['untuned'] });
    expect(countOutcomes(judged)).toBe('1 for, 1 open');
    const text = claimsMarkdown([judged]);
    expect(text).toMatch(/\| A is above B \| not decided \(not tested at full size\) \| 1 for, 1 open \|/);
    expect(text).toMatch(/\| d +\| 0\.02 +\| 5 +\| \+2\.00 +\| \+1\.90 to \+2\.10/);
    expect(text).toMatch(/Ran: suite x on d/);
    expect(text).toMatch(/## a-above-b: not decided \(not tested at full size\)/);
    expect(text).toMatch(
      /1 of 2 comparisons are open: an effect of \+\d\.\d\d percent points or more would have been seen/,
    );
    expect(text).toMatch(/Not tested at full size: untuned\./);
  });
});
