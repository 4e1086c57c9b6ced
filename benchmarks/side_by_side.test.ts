import { describe, expect, test } from '@jest/globals';
import { csvOf, latexOf, markdownOf, showTable, terminalTable } from '../results/table.js';
import type { FinishedTrial } from './finished.js';
import { sideBySideTable } from './side_by_side.js';

interface Numbers {
  readonly hit: number;
  readonly unbiased: number;
  readonly value: number;
}

const trial = (label: string, repetition: number, { hit, unbiased, value }: Numbers, size: number): FinishedTrial =>
  ({
    ...{ data: 'd', row: { label, method: label, variant: {} }, repetition },
    settings: { seed: repetition + 1, evaluation: { clip: 0 } },
    outcome: {
      result: {
        tested: { items: 400, users: 400 },
        estimates: {
          standard: { metrics: { 'hit@10': hit } },
          'unbiased:relevance/exposure': { metrics: { 'hit@10': 0 }, size },
          'unbiased:1/exposure': { metrics: { 'hit@10': unbiased }, size },
        },
        truth: { users: 400, values: { 'value@10': value } },
      },
    },
  }) as unknown as FinishedTrial;

/** Four repetitions of three methods. A and B are turned round by the truth; C changes place with B by standard evaluation in one repetition. */
const finished = (size = 200): FinishedTrial[] =>
  [0, 1, 2, 3].flatMap((r) => [
    trial('A', r, { hit: 0.7 + r / 1000, unbiased: 0.2 + r / 500, value: 0.3 + r / 500 }, size),
    trial('B', r, { hit: r === 3 ? 0.3 : 0.5, unbiased: 0.4 - r / 400, value: 0.6 + r / 1000 }, size),
    trial('C', r, { hit: 0.4, unbiased: 0.3 + r / 300, value: 0.3 + (3 - r) / 500 }, size),
  ]);

describe('standard, unbiased and value side by side', () => {
  const table = sideBySideTable(finished(), 'd');
  if (!table) throw new Error('no table');
  const row = (label: string) => table.rows.find((one) => one.label === label);
  const ranks = (label: string) =>
    ['standard rank', 'unbiased rank', 'value rank'].map((column) => row(label)?.cells[column]?.mean);

  test('ranks are of the means; equal ones share the better place', () => {
    expect([ranks('A'), ranks('B'), ranks('C')]).toEqual([
      [1, 3, 2],
      [2, 1, 1],
      [3, 2, 2],
    ]);
    expect(row('B')?.cells['unbiased hit@10']?.mean).toBeCloseTo(0.4 - 1.5 / 400, 12);
    expect(row('B')?.cells['value@10']?.mean).toBeCloseTo(0.6015, 12);
  });

  test('repetitions keep ranks of their own', () => {
    expect(row('B')?.values?.['standard rank']).toEqual([2, 2, 2, 3]);
    expect(row('C')?.values?.['standard rank']).toEqual([3, 3, 3, 2]);
  });

  test('the best of a column is bold, ranks are whole numbers and never bold, in every form', () => {
    const [a, b] = showTable(table).rows;
    expect(b?.cells.map(({ place }) => place)).toEqual([1, undefined, 0, undefined, 0, undefined]);
    expect(a?.cells.map(({ text }) => text).filter((_, cell) => cell % 2 === 1)).toEqual(['1', '3', '2']);
    expect(terminalTable(table, false)).toMatch(/standard rank +unbiased hit@10 +unbiased rank +value@10 +value rank/);
    expect(markdownOf(table)).toMatch(/\| B +\| +45\.00 \(10\.00\)\*? \| +2 \| +\*\*39\.6[23] \(0\.32\)\*\* \| +1 \|/);
    expect(latexOf(table)).toMatch(/\nA & \\textbf\{70\.15 \(0\.13\)\} & 1 & .* & 3 & /);
    expect(csvOf(table)).toMatch(/\nA,unbiased rank,4,3,,,,,,count\n/);
  });

  test('what is beyond chance is starred', () => {
    const worse = table.comparisons
      ?.filter(({ adjusted }) => adjusted < 0.05)
      .map(({ column, b }) => `${b}: ${column}`);
    expect(worse).toEqual(expect.arrayContaining(['A: unbiased hit@10', 'A: value@10', 'C: standard hit@10']));
  });

  test('weights that rest on few test items order nothing, and the note says so', () => {
    const weak = sideBySideTable(finished(20), 'd');
    if (!weak) throw new Error('no table');
    const [a, b] = showTable(weak).rows;
    expect(b?.cells.slice(2, 4)).toEqual([expect.not.objectContaining({ place: 0 }), { text: '-' }]);
    expect(b?.cells[4]?.place).toBe(0);
    expect(a?.cells[1]?.text).toBe('1');
    expect(weak.comparisons?.some(({ column }) => column === 'unbiased hit@10')).toBe(false);
    expect(weak.note).toMatch(/Under 30 or a tenth of the test items carry the weight of: unbiased hit@10\./);
  });

  test('a method that failed has no rank, and the others close up', () => {
    const failed = finished().map((one) =>
      one.row.label === 'B' ? ({ ...one, outcome: { failure: 'it broke' } } as unknown as FinishedTrial) : one,
    );
    const rows = sideBySideTable(failed, 'd')?.rows;
    expect(rows?.map(({ cells }) => cells['unbiased rank']?.mean)).toEqual([2, undefined, 1]);
    expect(rows?.[1]?.failed).toMatch(/^4 of 4/);
  });

  test('data without a world have none', () => {
    const plain = { ...finished()[0], outcome: { result: { estimates: {} } } } as unknown as FinishedTrial;
    expect(sideBySideTable([plain], 'd')).toBeUndefined();
  });
});
