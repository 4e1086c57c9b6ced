import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { EXAMPLE } from '../../cli/init.js';
import { figurePicture } from '../../results/figure_picture.js';
import { pngOf } from '../../support/png.js';
import { testFolder } from '../../support/test_folder.js';
import type { FinishedTrial } from '../finished.js';
import { planSuite } from '../plan.js';
import { chooseData } from '../suite_data.js';
import { suiteFigures } from '../suite_figures.js';
import { findSuite, fromText } from './file.js';
import { quick } from './quick.js';
import { suites } from './registry.js';
import { suiteJsonSchema, suiteSchemaOf } from './suite.js';

const folder = testFolder();
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('built-in suites', () => {
  test.each(suites.all.map((suite) => [suite.name, suite] as const))(
    '%s fits the schema and can be planned',
    (_, suite) => {
      expect(suiteSchemaOf().parse(suite)).toEqual(suite);
      for (const budget of ['small', 'paper'] as const) {
        const plan = planSuite(suite, { budget, seed: 1 });
        const labels = plan.rows.map(({ label }) => label);
        expect(new Set(labels).size).toBe(labels.length);
        // Published figures stand beside rows of that name.
        const published = plan.tables.flatMap((table) => Object.values(table.published ?? {}).flatMap(Object.keys));
        if (suite.name !== 'table3') expect(labels).toEqual(expect.arrayContaining([...new Set(published)]));
      }
    },
  );

  test('of the paper', () => {
    expect(suites.names).toEqual(
      expect.arrayContaining([
        'table1',
        'table2',
        'table3',
        'tableA2-ps',
        'tableA2-acl',
        'figureA1',
        'figureA2',
        'figureA3',
        'figureA4',
      ]),
    );
    const widths = planSuite(suites.get('figureA3'), { seed: 1 }).rows.filter(({ variant }) => variant['dim'] === 16);
    expect(widths.map(({ label, settings }) => [label, settings.settings['dim']])).toEqual([
      ['ACL:GMF/GMF, dim 16', 16],
      ['GMF, twice as wide, dim 16', 32],
      ['ACL:Attn/Attn, dim 16', 16],
      ['Attn, twice as wide, dim 16', 32],
    ]);
  });
});

describe('a plan', () => {
  test('varies only what concerns a method, and lets the user decide', () => {
    const suite = {
      ...quick,
      methods: ['GMF', 'PS:GMF/Pop', 'ACL:GMF'],
      vary: { alpha: [0.1, 1], leastG: [0.1, 0.2] },
    };
    const labels = planSuite(suite, { seed: 1 }).rows.map(({ label }) => label);
    expect(labels.filter((label) => label.startsWith('GMF'))).toEqual(['GMF']);
    expect(labels.filter((label) => label.startsWith('PS'))).toEqual([
      'PS:GMF/Pop, leastG 0.1',
      'PS:GMF/Pop, leastG 0.2',
    ]);
    expect(labels.filter((label) => label.startsWith('ACL')).length).toBe(4);
    const decided = planSuite(suite, { seed: 1, settings: { alpha: 2 }, only: ['acl*'] }).rows;
    expect(decided.map(({ label, settings }) => [label, settings.settings['alpha']])).toEqual([
      ['ACL:GMF/GMF, leastG 0.1', 2],
      ['ACL:GMF/GMF, leastG 0.2', 2],
    ]);
  });

  test('paper tunes and repeats ten times', () => {
    const { repetitions, rows } = planSuite(suites.get('table2'), { budget: 'paper', seed: 1 });
    const dims = (label: string) => rows.find((row) => row.label === label)?.tuning?.dims;
    expect([repetitions, dims('GMF'), dims('ACL:GMF/GMF')]).toEqual([10, [32, 64], [32]]);
  });

  test('refuses two rows of one name, whose numbers would be mixed', () => {
    const other = { method: 'GMF', settings: { dim: 8 } };
    expect(() => planSuite({ ...quick, methods: ['GMF', other] }, { seed: 1 })).toThrow(
      /two rows would be called "GMF"/,
    );
    const labelled = { ...quick, methods: ['GMF', 'gmf', { ...other, label: 'small' }] };
    expect(planSuite(labelled, { seed: 1 }).rows.map(({ label }) => label)).toEqual(['GMF', 'small']);
  });

  test('refuses patterns that match nothing', () => {
    expect(() => planSuite(quick, { seed: 1, only: ['ALC*'] })).toThrow(
      /--only ALC\* matches none of the methods: Pop, CF/,
    );
  });
});

describe('data of a suite', () => {
  test('is its own, the named copy of one, or other data altogether', () => {
    const here = write('copy.dat', '');
    const suite = suites.get('figureA1');
    expect(chooseData(suite, [`ml-1m=${here}`]).entries.map(({ key, from }) => [key, from])).toEqual([['ml-1m', here]]);
    const other = chooseData(suite, [here]).entries;
    expect(other.map(({ key, simulate }) => [key, simulate?.exposure])).toEqual([[here, 'popularity']]);
    expect(() => chooseData(suite, ['ml-2=x'])).toThrow(/--data: unknown data set of "figureA1" "ml-2"/);
    expect(() => chooseData({ ...suite, data: ['no-such'] }, [])).toThrow(/runs on no-such, and none is at hand/);
  });
});

describe("the user's suite", () => {
  test('the example of "init" runs as YAML, JSON and TypeScript alike', async () => {
    const yaml = (await findSuite(write('mine.yaml', EXAMPLE))).suite;
    const json = (await findSuite(write('mine.json', JSON.stringify(yaml)))).suite;
    const code = (await findSuite(write('mine.ts', `const suite = ${JSON.stringify(yaml)}; export default suite;`)))
      .suite;
    expect([json, code]).toEqual([yaml, yaml]);
    const labels = planSuite(yaml, { seed: 1 }).rows.map(({ label }) => label);
    expect(labels).toEqual(['GMF', 'PS:GMF/Pop', 'PS:GMF/oracle', 'ACL, alpha 0.1', 'ACL, alpha 1']);
  });

  test.each<[string, string, RegExp]>([
    [
      'a key',
      EXAMPLE.replace('methods:', 'methds:'),
      /"x\.yaml", line 15: unknown setting of a suite "methds": did you mean methods\?/,
    ],
    [
      'a nested key',
      EXAMPLE.replace('strength:', 'strenth:'),
      /line 12: unknown setting of "data\.0\.simulate" "strenth": did you mean str/,
    ],
    [
      'a setting of a method',
      EXAMPLE.replace('{ weights:', '{ weigts:'),
      /line 21: .*"methods\.3\.settings" "weigts": did you mean wei/,
    ],
    [
      'a value',
      EXAMPLE.replace('dim: 32', 'dim: big'),
      /line 25, settings\.dim: must be a whole number from 1 to 1024/,
    ],
    ['what is missing', 'name: x\ndata: [planted]\n', /"x\.yaml", methods: /],
    ['YAML', 'name: [x\n', /"x\.yaml", line \d: /],
  ])('a mistake in %s is named with its line', (_, text, message) => {
    expect(() => fromText(text, 'x.yaml')).toThrow(message);
  });

  test('a file that is not there', async () => {
    await expect(findSuite('nothing.yaml')).rejects.toThrow(/"nothing\.yaml" does not exist/);
    await expect(findSuite('tabel1')).rejects.toThrow(/unknown suite "tabel1": did you mean table1/);
  });

  test('its JSON Schema knows every setting', () => {
    const { properties } = suiteJsonSchema() as { properties: Record<string, { properties?: object }> };
    expect(Object.keys(properties['settings']?.properties ?? {})).toEqual(
      expect.arrayContaining(['rate', 'alpha', 'leastG']),
    );
  });
});

describe('figures', () => {
  const trial = (alpha: number, repetition: number, hit: number): FinishedTrial =>
    ({
      data: 'x',
      row: { label: `ACL:GMF/GMF, alpha ${alpha}`, method: 'ACL:GMF/GMF', variant: { alpha } },
      repetition,
      outcome: {
        result: {
          estimates: { standard: { metrics: { 'hit@10': hit } } },
          exposureStandard: { 'hit@10': hit / 2 },
          epochs: Array.from({ length: 2 + repetition }, (_, e) => ({
            epoch: e + 1,
            loss: 1 / (e + 1),
            metric: hit,
            exposure: { game: { regularizer: 0.5, objective: 0, metric: hit / 2 } },
          })),
        },
      },
    }) as unknown as FinishedTrial;
  const finished = [trial(1, 0, 0.4), trial(1, 1, 0.6), trial(0.1, 0, 0.2), trial(0.1, 1, 0.2)];

  test('metrics against a setting: means and intervals in order, f and g', async () => {
    const [named] = suiteFigures(
      's',
      [{ kind: 'setting', x: 'alpha', metrics: ['hit@10'], sides: ['f', 'g'] }],
      finished,
    );
    const series = named?.figure.panels[0]?.series ?? [];
    expect(series.map(({ label, dashed }) => [label, dashed])).toEqual([
      ['ACL:GMF/GMF: f', false],
      ['ACL:GMF/GMF: g', true],
    ]);
    expect(series[0]?.points.map(({ x, mean }) => [x, mean])).toEqual([
      [0.1, 20],
      [1, 50],
    ]);
    // 50 -+ 12.7062 * sd / sqrt(2), sd = 14.1421.
    expect(series[0]?.points[1]?.high).toBeCloseTo(50 + 127.062, 3);
    expect(named?.name).toBe('s');
    const svg = figurePicture(named?.figure as never);
    expect(svg).toMatch(/^<svg/);
    expect(figurePicture(named?.figure as never)).toBe(svg);
    const png = Buffer.from(await pngOf(svg));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(2 * Number(/width="(\d+)"/.exec(svg)?.[1]));
  });

  test('training: an epoch counts while at least half of the repetitions run', () => {
    const [named] = suiteFigures('s', [{ kind: 'training' }], finished);
    const [objective, metric] = named?.figure.panels ?? [];
    expect(objective?.series.map(({ label }) => label)).toEqual([
      'f, alpha 1',
      'g, alpha 1',
      'f, alpha 0.1',
      'g, alpha 0.1',
    ]);
    expect(objective?.series[0]?.points.map(({ n, mean }) => [n, mean])).toEqual([
      [2, 1],
      [2, 0.5],
      [1, 1 / 3],
    ]);
    expect(metric?.series[1]?.points[0]?.mean).toBe(25);
  });
});
