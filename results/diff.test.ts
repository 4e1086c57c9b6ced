import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { summarize } from '../support/statistics.js';
import { testFolder } from '../support/test_folder.js';
import { describeDiff, diffTables, isSame } from './diff.js';
import { readTables, type TableSet } from './read_tables.js';
import { jsonOf, latexOf, markdownOf, plainTable, type ResultTable } from './table.js';

const root = testFolder();

/** A table with one column, a list of repetitions for each row. */
function table(rows: Readonly<Record<string, readonly number[]>>, column = 'hit@10'): ResultTable {
  return {
    title: 'a & b',
    note: 'Percent.',
    columns: [column],
    rows: Object.entries(rows).map(([label, values]) => ({
      label,
      cells: { [column]: summarize(values) },
      values: { [column]: values },
    })),
  };
}
const set = (name: string, one: ResultTable, manifest?: TableSet['manifest']): TableSet => ({
  name,
  tables: new Map([['quick', one]]),
  manifest,
});

describe('cells', () => {
  const before = table({
    same: [0.1, 0.2],
    noise: [0.5, 0.6, 0.4],
    change: [0.1, 0.11, 0.12],
    gone: [1],
    single: [0.3],
  });
  const after = table({
    same: [0.1, 0.2],
    noise: [0.55, 0.52, 0.44],
    change: [0.3, 0.31, 0.325],
    fresh: [1],
    single: [0.4],
  });
  const diff = diffTables(set('old', before), set('new', after));

  test('are the same to the bit, noise or a change by a paired test, added or removed', () => {
    expect(Object.fromEntries(diff.cells.map(({ row, kind }) => [row, kind]))).toEqual({
      same: 'same',
      noise: 'noise',
      change: 'change',
      gone: 'removed',
      fresh: 'added',
      single: 'change', // one repetition cannot be tested
    });
    expect(diff.cells.find(({ row }) => row === 'change')?.difference).toBeCloseTo(0.2017, 3);
  });

  test('decide whether all is the same, with noise ignored or not', () => {
    const noise = diffTables(set('a', table({ x: [0.5, 0.6, 0.4] })), set('b', table({ x: [0.55, 0.52, 0.44] })));
    expect([isSame(noise, false), isSame(noise, true), isSame(diff, true)]).toEqual([false, true, false]);
    expect(isSame(diffTables(set('a', before), set('b', before)), false)).toBe(true);
    // A difference that the mean does not show is one all the same.
    const swapped = diffTables(set('a', table({ x: [0.1, 0.2] })), set('b', table({ x: [0.2, 0.1] })));
    expect(isSame(swapped, false)).toBe(false);
  });

  test('of 3 and of 2 repetitions are compared by seed over what both have, and rounding is no difference', () => {
    const seeded = (values: readonly number[], seeds: readonly number[]): ResultTable => ({
      ...table({ x: values, y: values.map((value) => value + 5.6e-15) }),
      seeds,
    });
    const three = seeded([0.3, 0.5, 0.7], [1, 2, 3]);
    const kinds = (two: ResultTable) => diffTables(set('a', three), set('b', two)).cells.map(({ kind }) => kind);
    expect(kinds(seeded([0.3, 0.5], [1, 2]))).toEqual(['same', 'same']);
    // The same numbers of other seeds are others.
    expect(kinds(seeded([0.5, 0.7], [2, 3]))).toEqual(['same', 'same']);
    expect(kinds(seeded([0.3, 0.5], [2, 3])).every((kind) => kind !== 'same')).toBe(true);
    const rounded = diffTables(set('a', three), set('b', seeded([0.3 + 5.6e-15, 0.5, 0.7 - 5.6e-15], [1, 2, 3])));
    expect(isSame(rounded, false)).toBe(true);
  });

  test('that differ are listed, with the settings that do', () => {
    const settings = (rate: number) => ({ kind: 'run', options: { trainer: { rate, l2: 0 } }, files: { x: rate } });
    const both = diffTables(set('old', before, settings(0.01)), set('new', after, settings(0.02)));
    const text = describeDiff(both, plainTable);
    expect(text).toMatch(/old -> new: 1 cells the same, 2 change, 1 noise, 1 added, 1 removed/);
    expect(text).toMatch(/change .*11\.00 \(1\.00\).*31\.17 \(1\.26\).*\+20\.2/);
    expect(both.settings).toEqual([{ path: 'options.trainer.rate', before: 0.01, after: 0.02 }]);
    const data = (sha256: string) => ({ data: [{ name: 'ml-1m', sha256 }] });
    const moved = diffTables(set('old', before, data('a')), set('new', before, data('b')));
    expect(moved.settings).toEqual([{ path: 'data.ml-1m.sha256', before: 'a', after: 'b' }]);
  });
});

describe('tables are read', () => {
  const write = (path: string, value: unknown): string => {
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
    return path;
  };
  const one = table({ x: [0.1, 0.2] });

  test('from a file, a run folder and a git revision', async () => {
    const file = write(join(root, 'one.json'), jsonOf(one));
    expect((await readTables(file)).tables.get('one')).toEqual({ schema: 2, ...one });
    const run = join(root, 'run');
    mkdirSync(join(run, 'tables'), { recursive: true });
    write(join(run, 'tables', 'quick.json'), jsonOf(one));
    write(join(run, 'manifest.json'), { kind: 'run' });
    const read = await readTables(run);
    expect([[...read.tables.keys()], read.manifest]).toEqual([['quick'], { kind: 'run' }]);
    // HEAD of this project, or nothing where the tests run outside of its repository.
    const known = spawnSync('git', ['ls-tree', '--name-only', 'HEAD', 'results/reference/'], { encoding: 'utf8' });
    if (known.status === 0 && known.stdout !== '') expect((await readTables('HEAD')).tables.size).toBeGreaterThan(0);
    else await expect(readTables('HEAD')).rejects.toThrow(/neither a folder, a file nor a git revision|has no tables/);
  });

  test('of the version before, with the intervals that it lacked', async () => {
    const cell = { n: 2, mean: 0.15, sd: 0.1 };
    const old = { ...jsonOf(one), schema: 1, rows: [{ label: 'x', cells: { 'hit@10': cell } }] };
    const read = (await readTables(write(join(root, 'before.json'), old))).tables.get('before');
    // t of one degree of freedom at 0.975 is 12.7062.
    const [low, high] = read?.rows[0]?.cells['hit@10']?.interval ?? [];
    expect(low).toBeCloseTo(0.15 - (12.7062 * 0.1) / Math.SQRT2, 6);
    expect(high).toBeCloseTo(0.15 + (12.7062 * 0.1) / Math.SQRT2, 6);
  });

  test.each<[string, unknown, RegExp]>([
    ['text.json', 'no table', /is not JSON: expected a table/],
    [
      'old.json',
      { title: 'x' },
      /is not a table with a schema version, and this program reads versions 1 and 2: make it again/,
    ],
    ['future.json', { ...jsonOf(one), schema: 9 }, /is a table of schema version 9/],
    ['broken.json', { ...jsonOf(one), rows: [{ label: 3 }] }, /broken\.json", rows\.0\.label/],
  ])('%s is refused', async (name, value, message) => {
    await expect(readTables(write(join(root, name), value))).rejects.toThrow(message);
  });

  test('a name that is nothing is said to be so', async () => {
    await expect(readTables('no-such-thing')).rejects.toThrow(/neither a folder, a file nor a git revision here/);
    mkdirSync(join(root, 'empty'));
    await expect(readTables(join(root, 'empty'))).rejects.toThrow(/holds no tables/);
  });
});

test('LaTeX: the best bold, the second underlined, special characters escaped; marks of the test in each form', () => {
  const three = table({ 'A & B': [0.5], C_1: [0.7], D: [0.6] });
  expect(latexOf(three).split('\n').slice(1, 10)).toEqual([
    '\\begin{tabular}{lr}',
    '\\toprule',
    ' & hit@10 \\\\',
    '\\midrule',
    'A \\& B & 50.00 \\\\',
    'C\\_1 & \\textbf{70.00} \\\\',
    'D & \\underline{60.00} \\\\',
    '\\bottomrule',
    '\\end{tabular}',
  ]);
  const errors = latexOf({ ...three, format: 'number', lowerIsBetter: true });
  expect(errors).toMatch(/A \\& B & \\textbf\{0\.5000\}/);
  const comparison = {
    column: 'hit@10',
    a: 'C_1',
    b: 'D',
    n: 3,
    difference: 0.1,
    interval: [0, 0.2],
    p: 0.01,
    adjusted: 0.02,
  } as const;
  const marked = { ...three, comparisons: [comparison] };
  expect(latexOf(marked)).toMatch(/60\.00\*/);
  expect(markdownOf(marked)).toMatch(/60\.00\*/);
});
