import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PLANTED_DEFAULTS } from '../datasets/planted.js';
import { reportOf } from '../results/report/report.js';
import { type RunFolder, readRun } from '../results/run_folder.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import { planSuite } from './plan.js';
import { chooseData, openSuiteData } from './suite_data.js';
import type { Suite } from './suites/suite.js';
import { sweep } from './sweep.js';

const root = testFolder();
const PLANTED = { ...PLANTED_DEFAULTS, users: 40, items: 30, ratingsPerUser: 10 };
const SETTINGS = { dim: 2, epochs: 1, batch: 64, candidates: 10, bootstrap: 0, full: false };

/** A file of small ratings; `rows` a user tell one from another. */
function ratings(file: string, rows: number): string {
  const lines = Array.from({ length: 8 * rows }, (_, k) => {
    const [user, place] = [Math.floor(k / rows), k % rows];
    return `u${user},i${(user + 3 * place) % 20},${1 + (k % 5)},${1_500_000_000 + k}`;
  });
  const path = join(root, file);
  writeFileSync(path, `user,item,rating,time\n${lines.join('\n')}\n`);
  return path;
}

/** Runs a suite as the command line does, and reads what it wrote. */
async function run(suite: Suite, out: string): Promise<RunFolder> {
  const folder = join(root, out);
  const { entries } = chooseData(suite, []);
  const options = { read: {}, planted: PLANTED, exposed: false, workers: 1 };
  await sweep(planSuite(suite, { seed: 1 }), (inner) => openSuiteData(entries, options, inner, silent), {
    ...{ out: folder, workers: 1 },
  });
  return readRun(folder);
}

test('data sets whose names are one in small Latin letters have tables and pictures of their own', async () => {
  const files = ['clicks-2024.csv', 'clicks_2024.csv', '点击.csv', 'клики.csv'];
  const named = ['__proto__', 'a (2)', 'a', 'a', 'two\nlines'];
  const data = [
    ...files.map((file, k) => ratings(file, 4 + k)),
    ...named.map((name, k) => ({ from: ratings(`named-${k}.csv`, 4 + k), name })),
  ];
  const read = await run({ name: 'odd', data, methods: ['Pop'], repetitions: 1, settings: SETTINGS }, 'names');
  const { manifest, tables, data: pictures } = read;
  expect(new Set(manifest.data.map(({ name }) => name)).size).toBe(data.length);
  expect(new Set(manifest.data.map(({ picture }) => picture.toLowerCase())).size).toBe(data.length);
  expect(pictures.map(({ name }) => name)).toEqual(manifest.data.map(({ name }) => name));
  // Tables have the numbers of their own data.
  expect(tables.map(({ table }) => table.title)).toEqual(
    manifest.data.map(({ name }) => `${name}: standard evaluation`),
  );
  for (const { name } of tables)
    for (const ending of ['json', 'md', 'csv', 'tex', 'svg'])
      expect([name, ending, existsSync(join(root, `names/tables/${name}.${ending}`))]).toEqual([name, ending, true]);
  expect(reportOf(read)).toContain('two\nlines: standard evaluation');
});

test('tables of one view, figures of one kind and name, and simulations of one name have files of their own', async () => {
  const simulated = (strength: number) => ({ from: 'planted', simulate: { exposure: 'popularity', dim: 2, strength } });
  const suite: Suite = {
    name: 'twice',
    data: [simulated(0.5), simulated(2)],
    methods: ['MF'],
    settings: SETTINGS,
    vary: { dim: [2, 3], rate: [0.01, 0.1] },
    repetitions: 1,
    tables: ['standard', { show: 'standard', metrics: ['ndcg@10'] }],
    figures: [
      { kind: 'setting', x: 'dim' },
      { kind: 'setting', x: 'rate' },
      { kind: 'setting', x: 'rate', name: '../../outside' },
      { kind: 'setting', x: 'rate', name: 'Same' },
      { kind: 'training', name: 'same' },
    ],
  };
  const { manifest, tables, figures, data } = await run(suite, 'twice');
  const standard = tables.filter(({ table }) => table.title.endsWith('standard evaluation'));
  expect(standard.map(({ table }) => table.columns.length > 1)).toEqual([true, false, true, false]);
  expect(figures.filter(({ figure }) => figure.title.includes(' by ')).length).toBe(8);
  expect(new Set(manifest.figures.map((name) => name.toLowerCase())).size).toBe(figures.length);
  expect(existsSync(join(root, 'outside.svg'))).toBe(false);
  // Each picture of data is of its own simulation.
  const words = data.map(({ description }) => description.join('\n'));
  expect(words[0]).not.toBe(words[1]);
});

test('published figures stand beside the rows that they are of, whatever these are called', async () => {
  const figure: [number, number] = [10, 1];
  const suite: Suite = {
    name: 'published',
    data: [{ from: 'planted', name: 'toString' }],
    methods: ['constructor', 'valueOf', '__proto__'].map((label, k) => ({
      method: 'MF',
      label,
      settings: { rate: 0.01 * (k + 1) },
    })),
    settings: SETTINGS,
    repetitions: 1,
    tables: [
      { show: 'standard', published: { planted: { valueOf: { 'hit@10': figure } } } },
      { show: 'standard', published: { constructor: { valueOf: { 'hit@10': figure } } } },
    ],
  };
  const { tables, manifest } = await run(suite, 'published');
  expect(Object.keys(manifest.rows)).toEqual(['constructor', 'valueOf', '__proto__']);
  const published = (t: number) => tables[t]?.table.rows.map((row) => row.published);
  expect(published(0)).toEqual([
    undefined,
    expect.objectContaining({ 'hit@10': { n: 0, mean: 0.1, sd: 0.01 } }),
    undefined,
  ]);
  expect(published(1)).toEqual([undefined, undefined, undefined]);
  const text = readFileSync(join(root, 'published/tables/published-standard.json'), 'utf8');
  expect(text.match(/"published"/g)).toHaveLength(1);
});
