import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readColumns, readNpy } from '../datasets/number_file.js';
import { readFolder } from '../datasets/store.js';
import type { ResultTable } from '../results/table.js';
import { readWorld } from '../simulator/world_files.js';
import { npyHead } from '../support/npz.js';
import { SMALL, testProgram } from './test_program.js';

const { folder, run } = testProgram();
const place = (name: string): string => join(folder, name);

/** The tables of an evaluation, by the end of their title. */
async function tables(...words: string[]): Promise<ReadonlyMap<string, ResultTable>> {
  const { code, out, err } = await run('evaluate', '--data', 'sim', '--bootstrap', '0', ...words, '--json');
  expect([code, err]).toEqual([0, '']);
  const found = JSON.parse(out) as ResultTable[];
  return new Map(found.map((table) => [table.title.split(': ').at(-1) as string, table]));
}

const cell = (table: ResultTable | undefined, label: string, column: string): number =>
  table?.rows.find((row) => row.label === label)?.cells[column]?.mean as number;

beforeAll(async () => {
  await run('simulate', ...SMALL, '--dim', '8', '--exposure', 'popularity', '--out', 'sim');
  await run('train', '--data', 'sim', '--model', 'Pop', '--bootstrap', '0', '--out', 'pop');
  await run('train', '--data', 'sim', '--model', 'GMF', '--epochs', '3', '--bootstrap', '0', '--out', 'gmf');
  await run('datasets', 'export', 'sim', '--format', 'truth', '--out', 'truth');
  await run('datasets', 'export', 'sim', '--format', 'candidates', '--out', 'asked', '--candidates', '40');
});

describe('evaluate', () => {
  test('of saved models is what train said of them', async () => {
    const found = await tables('--model', 'pop', 'gmf', '--out', 'models');
    for (const name of ['pop', 'gmf']) {
      const { result } = JSON.parse(readFileSync(place(`${name}/trial.json`), 'utf8'));
      const said = (key: string): number => result.estimates[key].metrics['hit@10'];
      expect(cell(found.get('standard evaluation'), name, 'hit@10')).toBeCloseTo(said('standard'), 12);
      expect(cell(found.get('unbiased evaluation'), name, 'ndcg@5')).toBeCloseTo(
        result.estimates['unbiased:1/exposure'].metrics['ndcg@5'],
        12,
      );
      expect(cell(found.get('value in truth'), name, 'value@10')).toBeCloseTo(result.truth.values['value@10'], 12);
    }
    expect(readdirSync(place('models')).sort()).toEqual([
      'environment.json',
      'figures',
      'manifest.json',
      'report.html',
      'tables',
      'trials.ndjson',
    ]);
  });

  test('of the truth itself as scores is the ideal, and tests it over users', async () => {
    const found = await tables('--scores', 'truth/relevance.npy', '--model', 'pop', '--name', 'Truth', '--out', 'two');
    const value = found.get('value in truth') as ResultTable;
    const ideal = value.anchors?.find(({ label }) => label === 'ideal')?.cells['value@10']?.mean as number;
    expect(cell(value, 'Truth', 'value@10')).toBeCloseTo(ideal, 6);
    const [test] = value.comparisons?.filter(({ column }) => column === 'value@10') ?? [];
    expect([test?.a, test?.b, test?.n]).toEqual(['Truth', 'pop', 60]);
    expect(test?.adjusted).toBeLessThan(1e-6);
    expect(value.note).toMatch(/a paired t-test over users; of another training it says nothing/);
  });

  test('of scores of the pairs that are asked, and of lists, is that of the same scores as a matrix', async () => {
    const { data } = await readFolder(place('sim'));
    const { values } = readNpy(place('truth/relevance.npy'));
    const of = (user: string, item: string): number =>
      values[data.userIds.indexOf(user) * 50 + data.itemIds.indexOf(item)] as number;
    const { texts } = await readColumns(place('asked/candidates.parquet'), { texts: ['user', 'item'], numbers: [] });
    const [users, items] = [texts['user'] as string[], texts['item'] as string[]];
    const lines = users.map((user, p) => `${user},${items[p]},${of(user, items[p] as string)}`);
    writeFileSync(place('pairs.csv'), `user_id,item_id,prediction\n${lines.reverse().join('\n')}\n`);
    const ranked = data.userIds.flatMap((user) =>
      [...data.itemIds]
        .sort((a, b) => of(user, b) - of(user, a))
        .map((item, place) => `${user} Q0 ${item} ${place + 1} ${of(user, item)} truth`),
    );
    writeFileSync(place('lists.run'), `${ranked.join('\n')}\n`);
    const words = ['--scores', 'truth/relevance.npy', 'pairs.csv', '--lists', 'lists.run', '--candidates', '40'];
    const found = await tables(...words, '--out', 'three');
    const standard = found.get('standard evaluation');
    for (const name of ['pairs', 'lists'])
      expect(cell(standard, name, 'ndcg@10')).toBeCloseTo(cell(standard, 'relevance', 'ndcg@10'), 6);
    const value = found.get('value in truth');
    expect(cell(value, 'lists', 'value@10')).toBeCloseTo(cell(value, 'relevance', 'value@10'), 6);
    expect(cell(value, 'pairs', 'value@10')).toBeUndefined(); // nothing is known of all the other items
  });

  test.each<[string, string, string[], RegExp]>([
    ['nothing', '', [], /nothing to evaluate: name files by --scores/],
    ['a file that is not there', '', ['--scores', 'no.npy'], /"no\.npy" does not exist/],
    ['an unknown item', 'user,item,score\nu0,i999,1\n', ['--scores', 'odd.csv'], /row 1: the data have no item "i999"/],
    ['pairs left out', 'user,item,score\nu0,i1,1\n', ['--scores', 'odd.csv'], /"odd\.csv" has no score for user/],
    [
      'no scores',
      'user,item,points\nu0,i1,1\n',
      ['--scores', 'odd.csv'],
      /has no column "score"; it has user, item, points/,
    ],
    [
      'words for scores',
      'user,item,score\nu0,i1,high\n',
      ['--scores', 'odd.csv'],
      /row 1: column "score" has no number/,
    ],
    ['two of one name', '', ['--model', 'pop', 'pop'], /two files would be called "pop"/],
    [
      'a setting of training',
      '',
      ['--model', 'pop', '--rate', '0.1'],
      /--rate is about training, and evaluate trains nothing/,
    ],
  ])('refuses %s', async (_, text, words, message) => {
    writeFileSync(place('odd.csv'), text);
    const { code, err } = await run('evaluate', '--data', 'sim', ...words, '--out', 'refused');
    expect(err).toMatch(message);
    expect(err.trim().split('\n').length).toBe(1);
    expect([code, readdirSync(folder).includes('refused')]).toEqual([2, false]);
  });

  test('refuses a matrix of another size', async () => {
    writeFileSync(place('small.npy'), Buffer.concat([npyHead('<f4', [2, 2]), Buffer.alloc(16)]));
    const { code, err } = await run('evaluate', '--data', 'sim', '--scores', 'small.npy', '--out', 'refused');
    expect(err).toMatch(/small\.npy is <f4, 2 x 2: expected float32, 60 x 50/);
    expect(code).toBe(2);
  });
});

describe('exports', () => {
  test('of the truth are the probabilities of the world', async () => {
    const world = await readWorld(place('sim'));
    for (const [name, row] of [
      ['relevance', (user: number) => world.relevanceRow(user)],
      ['exposure', (user: number) => world.exposureRow(user)],
    ] as const) {
      const { shape, values } = readNpy(place(`truth/${name}.npy`));
      expect(shape).toEqual([60, 50]);
      for (const user of [0, 31, 59]) expect(values.subarray(user * 50, (user + 1) * 50)).toEqual(row(user));
    }
  });

  test.each([
    ['csv', 'user', 'item', 'time'],
    ['parquet', 'user', 'item', 'time'],
    ['lenskit', 'user_id', 'item_id', 'timestamp'],
  ])('as %s have every interaction with its id, the same bytes each time', async (format, user, item, time) => {
    const out = `as-${format}`;
    const files: string[] = [];
    for (const name of [out, `${out}-again`]) {
      const { out: said } = await run('datasets', 'export', 'sim', '--format', format, '--out', name, '--json');
      files.push(place(join(name, JSON.parse(said)[0])));
    }
    expect(readFileSync(files[0] as string)).toEqual(readFileSync(files[1] as string));
    const { data } = await readFolder(place('sim'));
    const read = await readColumns(files[0] as string, { texts: [user, item, 'split'], numbers: [time] });
    expect(read.texts[user]).toEqual(Array.from(data.user, (u) => data.userIds[u]));
    expect(read.texts[item]).toEqual(Array.from(data.item, (i) => data.itemIds[i]));
    expect(Array.from(read.numbers[time] as Float64Array)).toEqual(Array.from(data.time ?? []));
    expect(new Set(read.texts['split'])).toEqual(new Set(['train', 'validation', 'test']));
  });

  test('of data whose names have no Latin letter have files of their own', async () => {
    const rows = Array.from({ length: 60 }, (_, r) => `u${r % 10},i${(r * 7) % 13},3,${1_000_000_000 + r}`);
    const called: string[] = [];
    for (const [k, name] of ['\u043a\u043d\u0438\u0433\u0438', '\u0444\u0438\u043b\u044c\u043c\u044b'].entries()) {
      writeFileSync(place(`${name}.csv`), `user,item,rating,time\n${rows.join('\n')}\n`);
      const words = ['datasets', 'export', `${name}.csv`, '--format', 'csv', '--out', `named-${k}`, '--json'];
      const { code, out, err } = await run(...words);
      expect([code, err]).toEqual([0, '']);
      called.push(...JSON.parse(out));
    }
    expect(called).toEqual([expect.stringMatching(/^[a-z0-9-]+\.csv$/), expect.stringMatching(/^[a-z0-9-]+\.csv$/)]);
    expect(called[0]).not.toBe(called[1]);
  });
});
