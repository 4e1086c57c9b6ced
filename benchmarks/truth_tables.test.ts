import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Interactions, TEST, TRAIN } from '../datasets/interactions.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { readFolder } from '../datasets/store.js';
import { csvOf, latexOf, markdownOf, showTable, terminalTable } from '../results/table.js';
import { SIMULATION_DEFAULTS } from '../simulator/config.js';
import { simulate } from '../simulator/simulate.js';
import type { World } from '../simulator/world.js';
import { readWorld } from '../simulator/world_files.js';
import { writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import type { FinishedTrial } from './finished.js';
import { choicesOf } from './settings.js';
import { runTrial, type TrialResult } from './trial.js';
import { slopesOf, trustTable, valuesOf, valueTable } from './truth_tables.js';

const root = testFolder();

describe('a trial on a simulated world', () => {
  let data: Interactions;
  let world: World;
  let result: TrialResult;

  beforeAll(async () => {
    const folder = join(root, 'world');
    const { data: ratings } = plantedRatings({ ...PLANTED_DEFAULTS, users: 150, items: 120, ratingsPerUser: 15 });
    const config = { ...SIMULATION_DEFAULTS, dim: 8, exposuresPerUser: 20 };
    await writeFolder(folder, {}, (out) =>
      simulate(ratings, { source: 'planted', format: 'planted' }, { config, workers: 1 }, out, silent),
    );
    ({ data } = await readFolder(folder));
    world = await readWorld(folder);
    const settings = {
      ...choicesOf({ bootstrap: 0, candidates: 20 }, 1, String),
      method: 'Pop',
      deployment: { page: 10, decay: 0, seed: 1 },
    };
    const trial = await runTrial(data, settings, { world: world.state });
    trial.trained.kernels.close();
    ({ result } = trial);
  });

  /** Mean p_rel of the first ten by training clicks, over some users, everything sorted. */
  function valueOfPop(users: readonly number[]): number {
    const counts = new Map<number, number>();
    data.user.forEach((_, row) => {
      const item = data.item[row] as number;
      if (data.split?.[row] === TRAIN) counts.set(item, (counts.get(item) ?? 0) + 1);
    });
    const values = users.map((user) => {
      const had = new Set<number>();
      data.user.forEach((owner, row) => {
        if (owner === user && data.split?.[row] !== TEST) had.add(data.item[row] as number);
      });
      const page = Array.from({ length: data.itemIds.length }, (_, item) => item)
        .filter((item) => !had.has(item))
        .sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || a - b)
        .slice(0, 10);
      const relevance = world.relevanceRow(user);
      return page.reduce((sum, item) => sum + (relevance[item] as number), 0) / 10;
    });
    return values.reduce((a, b) => a + b, 0) / values.length;
  }

  test('its value is that of the definition, over all users', () => {
    const everybody = Array.from({ length: data.userIds.length }, (_, user) => user);
    expect(result.truth?.values['value@10']).toBeCloseTo(valueOfPop(everybody), 6);
    expect(result.truth?.users).toBe(150);
  });

  test('the expected rate of a deployment is the same of the users who are shown a page', () => {
    const tested = [...new Set([...data.user].filter((_, row) => data.split?.[row] === TEST))];
    expect(tested.length).toBeLessThan(150); // some have too few clicks to be tested, and are judged all the same
    expect(result.online?.expectedRate).toBeCloseTo(valueOfPop(tested), 6);
  });

  test('test items are ranked among all others, too, and by both weights of the truth', () => {
    const hit = (key: string): number => result.estimates[key]?.metrics['hit@10'] as number;
    expect(hit('full-ranking')).toBeLessThan(hit('standard'));
    expect(Object.keys(result.estimates)).toEqual([
      ...['standard', 'full-ranking', 'popularity', 'unbiased:1/exposure', 'unbiased:relevance/exposure', 'expected'],
    ]);
  });
});

describe('tables of the truth', () => {
  const anchors = {
    random: { 'value@10': 0.2, 'value@5': 0.2, 'value@20': 0.2, 'rndcg@10': 0.3 },
    'best list': { 'value@10': 0.4, 'value@5': 0.4, 'value@20': 0.4, 'rndcg@10': 0.6 },
    learnable: { 'value@10': 0.6, 'value@5': 0.6, 'value@20': 0.6, 'rndcg@10': 0.8 },
    ideal: { 'value@10': 0.9, 'value@5': 0.9, 'value@20': 0.9, 'rndcg@10': 1 },
  };
  const trial = (label: string, repetition: number, hit: number, value: number): FinishedTrial =>
    ({
      ...{ data: 'd', row: { label, method: label, variant: {} }, repetition, settings: {} },
      outcome: {
        result: {
          estimates: {
            standard: { metrics: { 'hit@10': hit, 'ndcg@10': hit / 2 } },
            popularity: { metrics: { 'hit@10': value, 'ndcg@10': value } },
          },
          truth: {
            users: 100,
            values: { 'value@10': value, 'value@5': value, 'value@20': value, 'rndcg@10': value },
            anchors,
          },
        },
      },
    }) as unknown as FinishedTrial;
  const trials = (values: readonly (readonly [string, readonly (readonly [number, number])[]])[]): FinishedTrial[] =>
    values.flatMap(([label, own]) => own.map(([hit, value], repetition) => trial(label, repetition, hit, value)));
  const turned = trials([
    [
      'A',
      [
        [0.7, 0.3],
        [0.71, 0.31],
        [0.7, 0.305],
        [0.69, 0.3],
      ],
    ],
    [
      'B',
      [
        [0.5, 0.5],
        [0.51, 0.49],
        [0.5, 0.505],
        [0.49, 0.5],
      ],
    ],
  ] as never);
  const table = valueTable(turned, 'd');

  test('lead with what standard evaluation costs, where that is beyond chance', () => {
    expect(table?.lead?.join(' ')).toBe(
      'Standard evaluation (Hit@10) picks A, which earns 30.4 clicks in 100 shown. The best of these methods is B (49.9): ' +
        'choosing by Hit@10 costs 19.5 clicks in 100 shown. 60.0 could be learned, 20.0 comes by chance.',
    );
  });

  test('and say that it is not decided where it is not', () => {
    const noisy = trials([
      [
        'A',
        [
          [0.7, 0.3],
          [0.7, 0.6],
          [0.7, 0.2],
        ],
      ],
      [
        'B',
        [
          [0.5, 0.5],
          [0.5, 0.3],
          [0.5, 0.45],
        ],
      ],
    ] as never);
    expect(valueTable(noisy, 'd')?.lead?.[1]).toMatch(/B earns .*, but over these repetitions it is not decided/);
    const agreed = trials([
      ['A', [[0.7, 0.6]]],
      ['B', [[0.5, 0.5]]],
    ] as never);
    expect(valueTable(agreed, 'd')?.lead?.[0]).toMatch(/picks A, which earns 60.0 .*: the most of these methods/);
  });

  test('share is of the way from random to learnable', () => {
    const [a, b] = table?.rows ?? [];
    expect(a?.cells['share']?.mean).toBeCloseTo((0.30375 - 0.2) / 0.4, 10);
    expect(b?.cells['share']?.mean).toBeCloseTo((0.49875 - 0.2) / 0.4, 10);
    expect(table?.anchors?.map(({ cells }) => cells['share']?.mean)).toEqual(
      [0, 0.5, 1, 1.75].map((share) => expect.closeTo(share, 10)),
    );
  });

  test('anchors stand below, are never ranked, and are told apart in every form', () => {
    if (!table) throw new Error('no table');
    const { rows, anchors: below } = showTable(table);
    expect(rows.map(({ cells }) => cells[0]?.place)).toEqual([1, 0]);
    expect(
      below.flatMap(({ cells }) => cells.map(({ place }) => place)).filter((place) => place !== undefined),
    ).toEqual([]);
    const lines = terminalTable(table, true).split('\n');
    const rule = lines.findIndex((line) => /^\u2500+ /.test(line));
    expect(lines[rule + 1]).toMatch(/random/);
    expect(lines[rule - 1]).toMatch(/B/);
    expect(markdownOf(table)).toMatch(/\| \*ideal\* +\| +90\.00/);
    expect(latexOf(table)).toMatch(/\\midrule\nrandom & 20\.00/);
    const csv = csvOf(table).split('\n');
    expect(csv[0]).toMatch(/,kind$/);
    expect(
      csv.filter((line) => line.endsWith(',anchor')).every((line) => /^(random|best list|learnable|ideal),/.test(line)),
    ).toBe(true);
    expect(csv.filter((line) => line.startsWith('A,')).every((line) => line.endsWith(',method'))).toBe(true);
  });

  test('trust: an estimate that turns the order round costs what its pick does, one that is the truth nothing', () => {
    const trust = trustTable(turned, 'd');
    const row = (label: string) => trust?.rows.find((one) => one.label === label)?.cells;
    expect(row('standard, Hit@10')?.['tau']?.mean).toBe(-1);
    expect(row('standard, Hit@10')?.['regret']?.mean).toBeCloseTo(0.195, 10);
    expect(row('popularity, Hit@10')?.['tau']?.mean).toBe(1);
    expect(row('popularity, Hit@10')?.['regret']?.mean).toBe(0);
    expect(row('robust, Hit@10')).toBeUndefined(); // nobody has one
  });

  test('the picture has every method on both sides, and the anchors', () => {
    const slopes = slopesOf(turned, 'd');
    expect(slopes?.title).toBe('d: Hit@10 would deploy A; in truth B earns 19.5 more clicks in 100 shown.');
    expect(slopes?.methods.map(({ label }) => label)).toEqual(['A', 'B']);
    expect(slopes?.anchors.map(({ label }) => label)).toEqual(['random', 'best list', 'learnable', 'ideal']);
  });

  test('the picture of values has intervals over repetitions, and colours the pick and the best', () => {
    const values = valuesOf(turned, 'd');
    const cell = (label: string) => valueTable(turned, 'd')?.rows.find((row) => row.label === label)?.cells['value@10'];
    for (const { label, mean, low, high } of values?.methods ?? [])
      expect([mean, low, high]).toEqual([cell(label)?.mean, ...(cell(label)?.interval ?? [])]);
    expect(values?.methods.map(({ label, role }) => [label, role])).toEqual([
      ['A', 'pick'],
      ['B', 'best'],
    ]);
    expect(values?.anchors).toHaveLength(4);
  });

  test('data without a world have none of them', () => {
    const plain = [{ ...turned[0], outcome: { result: { standard: {}, estimates: {} } } } as unknown as FinishedTrial];
    expect([valueTable(plain, 'd'), trustTable(plain, 'd'), slopesOf(plain, 'd'), valuesOf(plain, 'd')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
