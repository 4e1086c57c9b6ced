import { expect, test } from '@jest/globals';
import { frontTable } from './front_table.js';
import type { ResultTable } from './table.js';

const cell = (mean: number) => ({ n: 3, mean, sd: undefined });
const table = (column: string, cells: Readonly<Record<string, number>>): ResultTable => ({
  ...{ title: '', note: '', columns: [column] },
  rows: Object.entries(cells).map(([label, mean]) => ({ label, cells: { [column]: cell(mean) } })),
});

test('the front page names both picks, in the order of the offline test, and what could be learned', () => {
  const value = { ...table('value@10', { 'Shown:GMF': 0.485, EASE: 0.44, Pop: 0.371, alone: 0.9 }) };
  const anchors = [{ label: 'learnable', cells: { 'value@10': cell(0.666) } }];
  const lines = frontTable({ ...value, anchors }, table('hit@10', { EASE: 0.379, Pop: 0.381, 'Shown:GMF': 0.203 }));
  expect(lines.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
    '| method | offline Hit@10 | true clicks in 100 shown |',
    expect.stringMatching(/^\| :-+ \| -+: \| -+: \|$/),
    "| Pop (offline's pick) | **38.1** | 37.1 |",
    '| EASE | 37.9 | 44.0 |',
    "| Shown:GMF (the truth's pick) | 20.3 | **48.5** |",
    '| the best that can be learned | | 66.6 |',
  ]);
});
