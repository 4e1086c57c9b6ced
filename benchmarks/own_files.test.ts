import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { WasmKernels } from '../compute/index.js';
import { type Interactions, TEST, VALIDATION } from '../datasets/interactions.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { readFolder } from '../datasets/store.js';
import { testQuestion } from '../evaluation/question.js';
import { allScores } from '../evaluation/ranks.js';
import { distinctPairs } from '../methods/external/pairs.js';
import type { Model } from '../models/model.js';
import { ModelScorers } from '../models/model_scorer.js';
import { SIMULATION_DEFAULTS } from '../simulator/config.js';
import { simulate } from '../simulator/simulate.js';
import { readWorld } from '../simulator/world_files.js';
import type { WorldState } from '../simulator/world_state.js';
import { npyHead } from '../support/npz.js';
import { writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import type { Catalogue } from './catalogue.js';
import { catalogueOf, commandsOf, methodsOf, readModule } from './own_files.js';
import { planSuite } from './plan.js';
import { keyOf } from './runner.js';
import { choicesOf } from './settings.js';
import { hashData } from './suite_data.js';
import { quick } from './suites/quick.js';
import { sweep } from './sweep.js';
import { runTrial, type TrialResult } from './trial.js';

const root = testFolder();
let data: Interactions;
let world: WorldState;

beforeAll(async () => {
  const { data: ratings } = plantedRatings({ ...PLANTED_DEFAULTS, users: 120, items: 90, ratingsPerUser: 20 });
  const folder = join(root, 'world');
  const config = { ...SIMULATION_DEFAULTS, dim: 8, exposuresPerUser: 30 };
  const origin = { source: 'planted', format: 'planted' };
  await writeFolder(folder, {}, (out) =>
    simulate(ratings, origin, { config, workers: 1, exposures: true }, out, silent),
  );
  data = (await readFolder(folder, { exposed: true })).data;
  world = (await readWorld(folder)).state;
});

/** A program that scores by training clicks, times `sign`, and writes what it is told to. */
const PROGRAM = `
const { readFileSync, writeFileSync, copyFileSync } = require('node:fs');
const { join } = require('node:path');
const [folder, gives, kept] = process.argv.slice(2);
const said = JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8'));
const rows = (name) => {
  const [head, ...lines] = readFileSync(join(folder, said.files[name]), 'utf8').trim().split('\\n');
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, c) => [names[c], Number(value)])));
};
const counts = new Array(said.items).fill(0);
const had = Array.from({ length: said.users }, () => new Set());
for (const { user, item } of rows('train')) { counts[item]++; had[user].add(item); }
for (const { user, item } of rows('validation')) had[user].add(item);
const { sign } = said.settings;
const score = (item) => sign * counts[item];
writeFileSync(join(folder, 'scores.csv'), 'score\\n' + rows('pairs').map(({ item }) => score(item)).join('\\n') + '\\n');
const all = Array.from({ length: said.items }, (_, item) => item);
if (gives === 'lists') {
  const order = all.sort((a, b) => score(b) - score(a) || a - b);
  const lines = had.flatMap((own, user) => order.filter((i) => !own.has(i)).slice(0, said.listed).map((i, r) => [user, i, r + 1].join(',')));
  writeFileSync(join(folder, 'lists.csv'), 'user,item,rank\\n' + lines.join('\\n') + '\\n');
}
if (gives === 'matrix') {
  const shape = '(' + said.users + ', ' + said.items + ')';
  const head = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
  const padded = head.padEnd(118 - 1) + '\\n';
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length, 0]);
  const values = new Float32Array(said.users * said.items).map((_, p) => score(p % said.items));
  writeFileSync(join(folder, 'matrix.npy'), Buffer.concat([start, Buffer.from(padded), Buffer.from(values.buffer)]));
}
if (kept) for (const name of ['settings.json', ...Object.values(said.files)]) copyFileSync(join(folder, name), join(kept, name));
`;

/** Writes a method file of that program; returns its path. */
function programFile(name: string, more: object = {}, command?: readonly string[]): string {
  writeFileSync(join(root, 'program.cjs'), PROGRAM);
  const gives = 'gives' in more ? more.gives : 'lists';
  const file = {
    ...{ name, command: command ?? [process.execPath, 'program.cjs', '{folder}', gives], files: ['program.cjs'] },
    ...{ settings: { sign: 1 }, ...more },
  };
  const path = join(root, `${name}.json`);
  writeFileSync(path, JSON.stringify(file));
  return path;
}

const SAID = { candidates: 30, bootstrap: 0 } as const;

async function trialOf(path: string, given: Readonly<Record<string, number>> = {}): Promise<TrialResult> {
  const catalogue = await catalogueOf([await readModule(path)]);
  const [method = ''] = await methodsOf(await readModule(path));
  const set = { ...(Object.keys(given).length > 0 && { set: { [method]: given } }) };
  const settings = { method, ...choicesOf({ ...SAID, ...set }, 1, String, catalogue) };
  return (await runTrial(data, settings, { world, catalogue })).result;
}

describe('a program as a method', () => {
  let pop: TrialResult;
  beforeAll(async () => {
    pop = (await runTrial(data, { method: 'Pop', ...choicesOf(SAID, 1, String) }, { world })).result;
  });

  test.each(['matrix', 'lists', 'pairs'])('that gives %s has what our own has of the same scores', async (gives) => {
    const result = await trialOf(programFile(`by-${gives}`, { gives }));
    const { standard, popularity } = pop.estimates;
    expect(result.estimates).toMatchObject({ standard, popularity });
    expect(result.validation).toEqual(pop.validation);
    const ofLists = ({ lists }: TrialResult) => [lists['coverage'], lists['gini'], lists['popularity']];
    if (gives === 'pairs')
      expect([ofLists(result), result.truth]).toEqual([[undefined, undefined, undefined], undefined]);
    else expect([ofLists(result), result.truth]).toEqual([ofLists(pop), pop.truth]);
    // What asks for a score of every item is there for a matrix alone.
    expect('expected' in result.estimates).toBe(gives === 'matrix');
    if (gives === 'matrix') expect(result.estimates).toEqual(pop.estimates);
  });

  test('has the table of our own model to the bit where it hands on its scores', async () => {
    const settings = { method: 'GMF', ...choicesOf({ ...SAID, dim: 8, epochs: 3 }, 1, String) };
    const { result, trained } = await runTrial(data, settings, { world });
    const scorer = new ModelScorers(trained.kernels, data).of(trained.model as Model);
    const file = openSync(join(root, 'gmf.npy'), 'w');
    writeSync(file, npyHead('<f4', [120, 90]));
    for (let user = 0; user < 120; user++)
      writeSync(file, new Uint8Array((await allScores(scorer, user, 'test')).buffer));
    closeSync(file);
    const { user, item } = await askedOf();
    const rows = await scorer.scorePairs({ user, item, before: 'test', wide: 1 });
    writeFileSync(join(root, 'gmf.csv'), `score\n${rows.join('\n')}\n`);
    const copy = `const { copyFileSync } = require('fs'); copyFileSync('gmf.npy', process.argv[1] + '/matrix.npy'); copyFileSync('gmf.csv', process.argv[1] + '/scores.csv')`;
    const handed = await trialOf(
      programFile('handed', { gives: 'matrix' }, [process.execPath, '-e', copy, '{folder}']),
    );
    for (const part of ['estimates', 'validation', 'lists', 'truth'] as const)
      expect(handed[part]).toEqual(result[part]);
  });

  /** The pairs that a program is asked for. */
  async function askedOf() {
    const kernels = new WasmKernels();
    const settings = { candidates: SAID.candidates, seed: 1 };
    const parts = [
      await testQuestion(kernels, data, VALIDATION, settings),
      await testQuestion(kernels, data, TEST, settings),
    ];
    return distinctPairs(
      parts.map(({ sampled, targets }) => sampled?.question ?? targets),
      90,
    );
  }

  test('gets its settings, and never learns which of the pairs were clicked in the test', async () => {
    const kept = join(root, 'kept');
    await writeFolder(kept, {}, async (folder) => folder.write('mark', ''));
    const command = [process.execPath, 'program.cjs', '{folder}', 'pairs', kept];
    const path = programFile('asker', { needs: ['times', 'exposures'], gives: 'pairs' }, command);
    const turned = await trialOf(path, { sign: -1 });
    expect(turned.estimates['standard']?.metrics['hit@10']).toBeLessThan(
      pop.estimates['standard']?.metrics['hit@10'] as number,
    );
    const said = JSON.parse(readFileSync(join(kept, 'settings.json'), 'utf8'));
    expect(said).toMatchObject({ seed: 1, users: 120, items: 90, settings: { sign: -1 } });
    const rows = (name: string) =>
      readFileSync(join(kept, `${name}.csv`), 'utf8')
        .trim()
        .split('\n')
        .slice(1);
    const test = [...data.user].flatMap((user, row) => (data.split?.[row] === 2 ? [`${user},${data.item[row]}`] : []));
    const told = [...rows('train'), ...rows('validation'), ...rows('exposures')].map((line) =>
      line.split(',').slice(0, 2).join(','),
    );
    expect(test.filter((pair) => told.includes(pair))).toEqual([]);
    // All of them are asked for among the candidates, in the order of users and items.
    const pairs = rows('pairs');
    expect(test.every((pair) => pairs.includes(pair))).toBe(true);
    const key = (pair: string): number => Number(pair.split(',')[0]) * 90 + Number(pair.split(',')[1]);
    expect(pairs.map(key)).toEqual([...new Set(pairs.map(key))].sort((a, b) => a - b));
    expect(readFileSync(join(kept, 'train.csv'), 'utf8')).toMatch(/^user,item,time\n/);
  });

  test.each<[string, object, readonly string[], RegExp]>([
    [
      'exits',
      {},
      [process.execPath, '-e', 'console.error("no memory left"); process.exit(3)'],
      /exit code 3: no memory left/,
    ],
    ['is not there', {}, ['no-such-program'], /cannot be started: .*ENOENT/],
    [
      'does not end',
      { timeLimit: 0.5 },
      [process.execPath, '-e', 'setInterval(() => {}, 1000)'],
      /did not end within 0.5 seconds/,
    ],
    ['is silent', {}, [process.execPath, '-e', '0'], /it wrote no scores: .*scores\.csv/],
    [
      'leaves pairs out',
      {},
      [
        process.execPath,
        '-e',
        'require("fs").writeFileSync(process.argv[1] + "/scores.csv", "score\\n1\\n")',
        '{folder}',
      ],
      /scores\.csv has 1 scores, and [\d,]+ pairs were asked for/,
    ],
    [
      'writes words',
      {},
      [
        process.execPath,
        '-e',
        'require("fs").writeFileSync(process.argv[1] + "/scores.csv", "score\\nhigh\\n")',
        '{folder}',
      ],
      /row 1: column "score" has no number/,
    ],
    ['gives no lists', { gives: 'lists' }, [process.execPath, 'program.cjs', '{folder}', 'pairs'], /it wrote no lists/],
  ])('that %s fails its trial with the reason', async (name, more, command, message) => {
    await expect(trialOf(programFile(name.replaceAll(' ', '-'), more, command))).rejects.toThrow(message);
  });

  test('ends with all that it started', async () => {
    const mark = join(root, 'alive');
    const inner = `setInterval(() => require('fs').writeFileSync(${JSON.stringify(mark)}, String(Date.now())), 50)`;
    const outer = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}]); setInterval(() => {}, 1000)`;
    // Enough for two processes to start on a busy machine.
    const path = programFile('parent', { timeLimit: 6 }, [process.execPath, '-e', outer]);
    await expect(trialOf(path)).rejects.toThrow(/did not end/);
    expect(existsSync(mark)).toBe(true);
    const last = readFileSync(mark, 'utf8');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(readFileSync(mark, 'utf8')).toBe(last);
  });

  test('is known by its files: when one changes, its trials do; and its command is said', async () => {
    const path = programFile('known');
    const module = await readModule(path);
    expect(commandsOf([module])).toEqual([expect.stringMatching(/^known runs a program: .*program\.cjs/)]);
    writeFileSync(join(root, 'program.cjs'), `${PROGRAM}\n// changed`);
    expect((await readModule(path)).sha256).not.toBe(module.sha256);
  });

  test.each<[string, object, RegExp]>([
    ['settings', { comand: ['x'] }, /unknown setting "comand": did you mean command\?/],
    ['types', { timeLimit: 'long' }, /timeLimit: must be number/],
    ['tuning', { tuning: { width: [1] } }, /tuning\.width: settings has no number of that name/],
    ['files', { files: ['model.py'] }, /"model\.py" does not exist beside it/],
  ])('in a file with odd %s is refused, naming it', async (_, more, message) => {
    await expect(readModule(programFile('odd', more))).rejects.toThrow(message);
  });
});

const MINE = `
import { defineModel } from 'expobench';
export const reversed = defineModel({
  name: 'Reversed', summary: 'unpopular first', trained: false,
  create: (kernels, make, { items }) => {
    const counts = make.constant('counts', [items, 1]);
    return {
      parameters: [counts],
      fit(train: { items: Int32Array }) {
        const sums = new Float32Array(items);
        for (const item of train.items) (sums[item] as number)--;
        kernels.write(counts.value, sums);
      },
      forward: (tape, { columns }) => tape.constant(kernels.gather(counts.value, columns.items)),
    };
  },
} as never);
export const first = { name: 'first', summary: 'the first place', hasCutoff: false,
  make: () => ({ of: 'item', name: 'first', title: 'First', unit: 'share', cutoff: 1, at: () => 1 }) };
export const halved = { name: 'halved', summary: 'half of it',
  make: () => ({ key: 'halved', title: 'halved', label: 'halved', note: () => 'Halved.',
    of: async ({ values }) => ({ metrics: Object.fromEntries(Object.keys(values).map((name) => [name, 0.5])) }) }) };
`;

describe('code of the user’s own', () => {
  let catalogue: Catalogue;
  const path = join(root, 'mine.ts');
  beforeAll(async () => {
    writeFileSync(path, MINE);
    catalogue = await catalogueOf([await readModule(path)]);
  });

  test('is found by name in a sweep on threads, with its metrics and estimates in tables', async () => {
    const suite = { ...quick, tables: ['standard', 'halved'], methods: ['Pop', 'reversed'] };
    const settings = { dim: 8, candidates: 30, bootstrap: 0 };
    const plan = planSuite(suite, { seed: 1, repetitions: 2, settings, catalogue });
    const opened = { key: 'd', name: 'd', data, world, sha256: hashData(data, world) };
    const { tables, finished } = await sweep(plan, async () => [opened], { out: join(root, 'run'), workers: 1 });
    const results = finished.map(({ outcome }) => ('result' in outcome ? outcome.result : undefined));
    expect(results.map((result) => result?.estimates['standard']?.metrics['first'])).toEqual(
      results.map(() => expect.any(Number)),
    );
    const halved = tables.find(({ name }) => name === 'quick-halved')?.table;
    expect(halved?.rows.map(({ label, cells }) => [label, cells['hit@10']?.mean])).toEqual([
      ['Pop', 0.5],
      ['Reversed', 0.5],
    ]);
    const hits = (label: string) =>
      tables.find(({ name }) => name === 'quick-standard')?.table.rows.find((row) => row.label === label)?.cells[
        'hit@10'
      ]?.mean as number;
    expect(hits('Pop')).toBeGreaterThan(hits('Reversed'));
  });

  test('is part of the key of trials', async () => {
    const keys = [catalogue, await catalogueOf([])].map((one) => {
      const [row] = planSuite({ ...quick, methods: ['Pop'] }, { seed: 1, catalogue: one }).rows;
      return keyOf({ work: 'trial', settings: row?.settings as never }, 'd', 'b');
    });
    expect(keys[0]).not.toBe(keys[1]);
  });

  test('that names what is there already, or is nothing of the kind, is refused with its file', async () => {
    const refused = async (source: string) => {
      const file = join(root, 'refused.ts');
      writeFileSync(file, source);
      return catalogueOf([await readModule(file)]);
    };
    await expect(refused("export const a = { name: 'GMF', summary: '', create() {} }")).rejects.toThrow(
      /refused\.ts": there is a model "GMF" already/,
    );
    await expect(refused('export const a = 7')).rejects.toThrow(/exports "a", which is no model, method/);
    await expect(refused('const a = 7')).rejects.toThrow(/refused\.ts" exports nothing/);
    await expect(refused('export const a = ;')).rejects.toThrow(/refused\.ts", line 1: /);
  });
});
