import { describe, expect, test } from '@jest/globals';
import { summarize } from '../support/statistics.js';
import type { ResultTable } from './table.js';
import { truthScreen } from './truth_screen.js';

const table = (
  columns: readonly string[],
  rows: Readonly<Record<string, readonly (readonly number[])[]>>,
): ResultTable => ({
  ...{ title: 't', note: 'n', columns },
  rows: Object.entries(rows).map(([label, values]) => ({
    label,
    cells: Object.fromEntries(columns.map((column, c) => [column, summarize(values[c] ?? [])])),
  })),
});
const value: ResultTable = {
  ...table(['value@10', 'share'], {
    'PS:GMF/oracle': [
      [0.5, 0.52],
      [0.6, 0.62],
    ],
    Pop: [
      [0.4, 0.4],
      [0.3, 0.3],
    ],
    MF: [
      [0.55, 0.56],
      [0.75, 0.76],
    ],
  }),
  anchors: [
    { label: 'random', cells: { 'value@10': { n: 1, mean: 0.39, sd: undefined } } },
    { label: 'learnable', cells: { 'value@10': { n: 1, mean: 0.69, sd: undefined } } },
  ],
  lead: ['One sentence.', 'Another.'],
};
const standard = table(['hit@10'], { 'PS:GMF/oracle': [[0.6, 0.6]], Pop: [[0.7, 0.7]], MF: [[0.5, 0.5]] });
const trust = table(['tau', 'regret'], {
  'standard, Hit@10': [
    [-1, -1, -0.9],
    [0.1, 0.2, 0.15],
  ],
  'standard, NDCG@10': [
    [0, 0, 0],
    [0, 0, 0],
  ],
});

describe('the screen of a sweep over a simulated world', () => {
  const lines = truthScreen({ value, standard, trust }, 100).split('\n');
  const lineOf = (label: string): string => lines.find((line) => line.trimStart().startsWith(label)) ?? '';

  test('orders methods by truth, with ranks by both and an arrow', () => {
    expect(lines.slice(0, 2)).toEqual(['One sentence.', 'Another.']);
    expect(lines.filter((line) => /^ {2}(MF|Pop|PS)/.test(line)).map((line) => line.trim().split(/\s+/)[0])).toEqual([
      'MF',
      'PS:GMF/oracle',
      'Pop',
    ]);
    expect(lineOf('MF')).toMatch(/MF +50\.0 +3 +\u2191 +55\.5 \u00b10\.7 +1 +\u2588{12}\u2591{4} +76%$/);
    expect(lineOf('Pop')).toMatch(/Pop +70\.0 +1 +\u2193 +40\.0 \u00b10\.0 +3 /);
    expect(lineOf('PS')).toMatch(/ \u2192 /);
  });

  test('has the anchors below a rule, and what to trust', () => {
    const rule = lines.findIndex((line) => line.includes('\u2500\u2500'));
    expect(lines[rule + 1]).toMatch(/^ {2}random +39\.0$/);
    expect(lines[rule + 2]).toMatch(/^ {2}learnable +69\.0$/);
    expect(lineOf('standard, Hit@10')).toMatch(/-0\.97 {2}\[-1\.00 to -0\.82\] +15\.0$/);
    expect(lineOf('standard, NDCG@10')).toBe('');
  });

  test('fits 100 columns and 40 lines, and 80 columns with the same lines', () => {
    const narrow = truthScreen({ value, standard, trust }, 80).split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
    expect(Math.max(...narrow.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(narrow.length).toBe(lines.length);
    expect(lines.length).toBeLessThan(40);
  });
});
