import { describe, expect, test } from '@jest/globals';
import { type ResultTable, terminalTable } from './table.js';
import { columnsThatFit, textTable, wrapWords } from './text_table.js';

const words = 'what a long sentence of many words says';

describe('text in columns', () => {
  test('columns stand beside one another without rules', () => {
    const text = textTable(
      [
        ['name', 'n'],
        ['a', '10'],
        ['bcd', '7'],
      ],
      { aligns: ['left', 'right'], ruledBefore: 1 },
    );
    expect(text.split('\n')).toEqual(['name   n', 'a     10', '────  ──', 'bcd    7']);
  });

  test('the longest column is wrapped where the terminal is narrow', () => {
    const text = textTable(
      [
        ['name', 'what'],
        ['first', words],
        ['second', 'short'],
      ],
      { width: 30 },
    );
    expect(text.split('\n')).toEqual([
      'name    what',
      'first   what a long sentence',
      '        of many words says',
      'second  short',
    ]);
  });

  test('words are wrapped, none is cut', () => {
    for (let width = 8; width < 60; width++) {
      const lines = wrapWords(words, width).split('\n');
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      expect(lines.join(' ')).toBe(words);
    }
  });

  test('columns that do not fit are counted out from the right', () => {
    const rows = [
      ['', 'hit@5', 'hit@10', 'ndcg@10'],
      ['ACL:GMF/GMF', '50.0', '60.0', '35.5'],
    ];
    expect([20, 28, 29, 80].map((width) => columnsThatFit(rows, width))).toEqual([2, 3, 3, 4]);
  });
});

const columns = Array.from({ length: 14 }, (_, c) => `metric@${c + 1}`);
const cell = { n: 3, mean: 0.5, sd: 0.01 };
const table: ResultTable = {
  title: `A title, ${words}`,
  note: `A note, ${words}, and ${words}`,
  columns,
  rows: ['Pop', 'ACL:GMF/GMF', 'PS:GMF/oracle'].map((label) => ({
    label,
    cells: Object.fromEntries(columns.map((name) => [name, cell])),
  })),
};

test.each([80, 100, 200])('a table of results fits %d columns, and names what is not shown', (width) => {
  const text = terminalTable(table, false, width);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
  const [head = ''] = text.split('\n').filter((line) => line.includes('metric@1 ') || /metric@1$/.test(line));
  const named = /in the files: ([^.]*)\./.exec(text.replaceAll('\n', ' '))?.[1]?.split(', ') ?? [];
  const shown = columns.filter((name) => new RegExp(`${name}( |$)`).test(head));
  expect([...shown, ...named]).toEqual(columns);
  expect(shown.length).toBeGreaterThan(2);
});
