import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { FinishedTrial } from '../benchmarks/finished.js';
import { errorTable } from '../benchmarks/online_tables.js';
import { choicesOf, type Settings } from '../benchmarks/settings.js';
import { suiteTables } from '../benchmarks/suite_tables.js';
import { runTrial, type TrialSettings } from '../benchmarks/trial.js';
import { type Interactions, TEST, TRAIN } from '../datasets/interactions.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { readFolder } from '../datasets/store.js';
import { deploy } from '../evaluation/deployment.js';
import { testQuestion } from '../evaluation/question.js';
import type { Model } from '../models/model.js';
import { ModelScorers } from '../models/model_scorer.js';
import type { Scorer } from '../models/scorer.js';
import type { FlatSettings } from '../propensities/context.js';
import { SIMULATION_DEFAULTS } from '../simulator/config.js';
import { simulate } from '../simulator/simulate.js';
import { World } from '../simulator/world.js';
import { readWorld } from '../simulator/world_files.js';
import type { WorldState } from '../simulator/world_state.js';
import { writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import { checkMethod, parseMethod, refuseUnused } from './registry.js';
import { concerning } from './settings.js';
import { exposedInTraining } from './shown.js';

const root = testFolder();
const SAID = { dim: 8, rate: 0.02, batch: 256, epochs: 6, candidates: 50, clip: 0.01, bootstrap: 50 };
const settingsOf = (method: string, more: Settings = {}): TrialSettings => ({
  method,
  ...choicesOf({ ...SAID, ...more }, 1, String),
});

let ratings: Interactions;
let data: Interactions;
let world: WorldState;
beforeAll(async () => {
  ratings = plantedRatings({ ...PLANTED_DEFAULTS, users: 250, items: 150, ratingsPerUser: 25 }).data;
  const path = join(root, 'clicks');
  const config = {
    ...SIMULATION_DEFAULTS,
    dim: 8,
    exposuresPerUser: 40,
    exposure: { name: 'popularity', settings: { strength: 0.5 } },
  };
  const origin = { source: 'planted', format: 'planted' };
  await writeFolder(path, {}, (folder) =>
    simulate(ratings, origin, { config, workers: 1, exposures: true }, folder, silent),
  );
  data = (await readFolder(path, { exposed: true })).data;
  world = (await readWorld(path)).state;
});

describe('names of methods', () => {
  test.each([
    ['gmf', 'plain', 'GMF', 'GMF'],
    ['PS:GMF/Pop', 'PS', 'PS:GMF/Pop', 'PS:GMF/Pop'],
    ['ps:mlp/mlp', 'PS', 'PS:MLP/MLP', 'PS:MLP/MLP'],
    ['PS:Attn/oracle', 'PS', 'PS:Attn/oracle', 'PS:Attn/oracle'],
    ['ACL:Attn/GMF', 'ACL', 'ACL:Attn/GMF', 'ACL:Attn/GMF'],
    ['acl:gmf', 'ACL', 'ACL:GMF/GMF', 'ACL:GMF/GMF'],
    ['IPS-MF', 'PS', 'IPS-MF', 'IPS-MF'],
  ])('%s', (given, kind, text, label) => {
    expect(parseMethod(given)).toMatchObject({ kind, text, label });
  });

  test.each([
    ['ACL:EASE', /ACL weights a loss of single rows, which EASE does not have/],
    ['PS:BPR-MF/Pop', /PS weights a loss of single rows, which BPR-MF does not have/],
    ['ACL:GMF/oracle', /in ACL both sides learn, and oracle does not; did you mean PS:GMF\/oracle\?/],
    ['PS:GMF/EASE', /the exposure model must be one of Pop, oracle, .*: EASE gives no probability/],
    ['PS:GMF/GMFF', /unknown model "GMFF": did you mean GMF\?/],
    ['ACLL:GMF', /unknown method "ACLL": did you mean ACL\?/],
  ])('%s is refused', (text, message) => {
    expect(() => parseMethod(text)).toThrow(message);
  });
});

describe('combinations that cannot work are refused before any work', () => {
  const check = (method: string, changed: Partial<Interactions>, given: FlatSettings = {}, hasWorld = true) =>
    checkMethod(parseMethod(method), { ...data, ...changed }, { dim: 8, ...given }, hasWorld);

  test.each<[string, Parameters<typeof check>, RegExp]>([
    ['no times', ['Attn', { time: undefined }], /Attn reads histories in the order of time, and .* has no times/],
    ['no times for g', ['ACL:GMF/Attn', { time: undefined }], /Attn reads histories/],
    ['no world', ['PS:GMF/oracle', {}, {}, false], /has no world; use simulated data/],
    ['no ratings', ['IPS-MF', { rating: undefined }], /IPS-MF learns from ratings, and .* has no ratings/],
    ['heads', ['Attn', {}, { set: { Attn: { heads: 3 } } }], /the setting heads, 3, must divide --dim, 8/],
    ['quarters', ['PS:NCF/Pop', {}, { dim: 6 }], /--dim 6 must be a multiple of 4/],
    ['a setting', ['Attn', {}, { set: { Attn: { layers: 3 } } }], /unknown setting of "Attn" "layers"/],
    ['items', ['EASE', { itemIds: Array.from({ length: 16385 }, String) }], /16,385 items are more than its 16,384/],
    ['exposures', ['ACL:GMF', { exposed: undefined }, { regularizer: 'exposure' }], /needs pairs known to be exposed/],
    [
      'clicks of ratings',
      ['PS:IPS-MF/Pop', { rating: new Float32Array(1) }, { weighed: 'clicks' }],
      /speak of clicks, and IPS-MF learns/,
    ],
  ])('%s', (_, options, message) => {
    expect(() => check(...options)).toThrow(message);
  });

  test('so are settings that no method looks at', () => {
    const refused = (names: string[], given: FlatSettings) => () =>
      refuseUnused(
        names.map((name) => parseMethod(name)),
        given,
      );
    expect(refused(['PS:GMF/Pop'], { alpha: 2, discountG: 1 })).toThrow(/--alpha, --discount-g: only for ACL/);
    expect(refused(['GMF', 'MLP'], { leastG: 0.2 })).toThrow(/--least-g: only for PS and ACL, .* GMF, MLP/);
    expect(refused(['PS:GMF/Pop'], { rateG: 0.1 })).toThrow(/--rate-g: only for a trained exposure/);
    expect(refused(['GMF'], { set: { Attn: { heads: 2 } } })).toThrow(/--set Attn\.heads: Attn is not among GMF/);
    refused(['GMF', 'ACL:MLP/Attn'], { alpha: 2, rateG: 1, set: { Attn: { heads: 2 } } })();
  });

  test('and what can work is not', () => {
    check('ACL:Attn/MLP', {}, { regularizer: 'exposure' });
    check('PS:GMF/oracle', {});
    const given = { set: { EASE: { penalty: 2 } }, leastG: 0.2, alpha: 1 };
    expect(concerning(parseMethod('GMF'), given)).toEqual({});
    expect(concerning(parseMethod('PS:GMF/Pop'), given)).toEqual({ leastG: 0.2 });
    expect(concerning(parseMethod('EASE'), given)).toEqual({ set: { EASE: { penalty: 2 } } });
  });
});

describe('trials of every kind', () => {
  test.each([
    'Attn',
    'PS:GMF/Pop',
    'PS:MLP/GMF',
    'PS:GMF/oracle',
    'ACL:GMF/GMF',
    'ACL:Attn/MLP',
    'ACL:NCF/Attn',
    'EASE',
  ])('%s: the same bits each time, and every estimate it can have', async (model) => {
    const settings = settingsOf(model, { propensityModel: 'MF' });
    const { result } = await runTrial(data, settings, { world });
    expect(JSON.stringify((await runTrial(data, settings, { world })).result)).toBe(JSON.stringify(result));
    const { kind } = parseMethod(model);
    const standard = result.estimates['standard']?.metrics['hit@10'] as number;
    expect(standard).toBeGreaterThan(0.25); // chance is 10 / 51
    expect(result.estimates['propensity:MF']?.size).toBeGreaterThan(1);
    expect(result.estimates['robust'] !== undefined).toBe(kind !== 'plain');
    expect(result.estimates['expected']?.metrics['hit@10']).toBeGreaterThan(0.2);
    expect(result.estimates['unbiased:1/exposure']?.metrics['mrr']).toBeGreaterThan(0);
    const { low = 1, high = 0 } = result.intervals?.['hit@10'] ?? {};
    expect(low).toBeLessThan(standard);
    expect(high).toBeGreaterThan(standard);
    expect(result.lists['recall@10']).toBeCloseTo(standard, 10); // one test item a user
    if (kind === 'plain') expect(result.exposure).toBeUndefined();
    else expect(result.exposure?.meanG).toBeGreaterThan(0);
    expect(result.epochs.every(({ exposure }) => (exposure?.game !== undefined) === (kind === 'ACL'))).toBe(true);
  });

  test('a model on ratings by IPS, and each regularizer of the game', async () => {
    const split = Uint8Array.from(ratings.user, (_, r) => (r % 10 === 0 ? 2 : r % 10 === 1 ? 1 : 0));
    const { result } = await runTrial({ ...ratings, split }, settingsOf('IPS-MF'));
    expect(result.exposure?.beta).toEqual([0, 1, 0]);
    for (const regularizer of ['exposure', 'popularity'] as const) {
      const acl = await runTrial(data, settingsOf('ACL:GMF', { regularizer }), { world });
      expect(acl.result.epochs.at(-1)?.exposure?.game?.regularizer).not.toBe(0);
    }
  });

  test('what is held out does not count as known to be exposed', () => {
    const exposed = exposedInTraining(data);
    const has = (user: number, item: number): boolean =>
      exposed?.items.subarray(exposed.starts[user], exposed.starts[user + 1]).includes(item) ?? false;
    data.user.forEach((user, row) => {
      expect(has(user, data.item[row] as number)).toBe(data.split?.[row] === TRAIN);
    });
    const pairs = data.exposed?.user.length ?? 0;
    expect(exposed?.items.length).toBe(pairs - data.user.filter((_, row) => data.split?.[row] !== TRAIN).length);
  });

  test('a model that diverges says so', async () => {
    await expect(runTrial(data, settingsOf('MLP', { rate: 10 }))).rejects.toThrow(
      /the loss has grown to .* in epoch \d+: lower --rate/,
    );
  });
});

describe('staged A/B tests', () => {
  test('a model that ranks by the truth is clicked at the rate of the best pages; decay lowers it', async () => {
    const { trained } = await runTrial(data, settingsOf('Pop'));
    const truth = await World.create(world);
    const test = await testQuestion(trained.kernels, data, TEST, { candidates: 50, seed: 1 });
    const pop = new ModelScorers(trained.kernels, data).of(trained.model as Model);
    const knowing: Scorer = {
      scorePairs: () => Promise.reject(new Error('nobody asks')),
      scoreRow: async (user) => truth.relevanceRow(user),
    };
    const deployment = { page: 10, decay: 0, seed: 3 };
    const best = await deploy(test, knowing, truth, deployment);
    const popular = await deploy(test, pop, truth, deployment);
    expect(best.shown).toBe(10 * new Set(Array.from(test.rows, (row) => data.user[row])).size);
    expect(best.expectedRate).toBeGreaterThan(popular.expectedRate);
    // Clicks are binomial sums: five deviations, passed by chance once in 1.7 million runs.
    for (const online of [best, popular]) {
      const { expectedRate: p, shown } = online;
      expect(Math.abs(online.clickThroughRate - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / shown));
    }
    const decayed = await deploy(test, pop, truth, { ...deployment, decay: 1 });
    const harmonic = Array.from({ length: 10 }, (_, k) => 1 / (k + 1)).reduce((a, b) => a + b, 0) / 10;
    expect(decayed.expectedRate).toBeLessThan(popular.expectedRate);
    // Relevance hardly depends on the place in a list by popularity.
    expect(decayed.expectedRate / popular.expectedRate).toBeCloseTo(harmonic, 1);
  });

  test('errors of the estimates to what happened, raw and standardised, by hand', async () => {
    const deployment = { page: 10, decay: 0, seed: 1 };
    const { result } = await runTrial(data, { ...settingsOf('PS:GMF/oracle'), deployment }, { world });
    expect(result.online?.clickThroughRate).toBeGreaterThan(0);
    const staged = [0.2, 0.4].map(
      (hit, k): FinishedTrial => ({
        data: 'x',
        row: { label: `model ${k}`, method: 'ACL:GMF/GMF', variant: {} },
        repetition: 0,
        settings: settingsOf('ACL:GMF'),
        outcome: {
          result: {
            ...result,
            estimates: { ...result.estimates, standard: { metrics: { 'hit@5': hit } } },
            online: { shown: 10, clicks: 1, clickThroughRate: 0.1 + 0.2 * k, expectedRate: 0.1 },
          },
        },
      }),
    );
    const cell = (scale: 'raw' | 'standardised') =>
      errorTable(staged, 'x', scale, ['hit@5'])?.rows.find(({ label }) => label.startsWith('standard'))?.cells['hit@5'];
    expect(cell('raw')?.mean).toBeCloseTo(0.01, 10);
    expect(cell('standardised')?.mean).toBeCloseTo(0, 10); // they order and space the models alike
    expect(errorTable(staged, 'x', 'raw', ['hit@5'])?.note).toMatch(/not every model has are left out/); // the propensity model's
    expect(errorTable(staged, 'x', 'raw', ['hit@5'])?.rows.map(({ label }) => label)).toEqual([
      'standard evaluation',
      'popularity evaluation',
      'robust evaluation',
    ]);
  });
});

test('the robust estimate of a collapsed game is void and says why, and nothing is compared by it', async () => {
  const deployment = { page: 10, decay: 0, seed: 1 };
  // Where G is at least .9 it hardly varies.
  const collapsed = { ...settingsOf('ACL:GMF', { leastG: 0.9 }), deployment };
  const { result, trained } = await runTrial(data, collapsed, { world });
  trained.kernels.close();
  expect(result.exposure?.collapsed).toBe(true);
  expect(result.estimates['robust']).toEqual({ metrics: {}, void: result.exposure?.why });
  expect(result.exposure?.why).toMatch(/hardly varies among clicks|falls where g rises/);
  // PS by the truth divides by the true exposure itself, the sigmoid of whose log-odds it is.
  const oracle = await runTrial(data, settingsOf('PS:GMF/oracle', { beta: 'fixed', leastG: 0.000001 }), { world });
  oracle.trained.kernels.close();
  expect(oracle.result.exposure?.correlation).toBeGreaterThan(0.99);
  const finished = [
    {
      ...{ data: 'x', row: { label: 'ACL', method: 'ACL', variant: {} }, repetition: 0, settings: collapsed },
      outcome: { result },
    },
  ] as FinishedTrial[];
  const tables = suiteTables('q', [{ show: 'standard' }, { show: 'robust' }], finished, new Map());
  const robust = tables.find(({ name }) => name === 'q-robust')?.table;
  expect(robust?.rows[0]?.cells['hit@10']).toBeUndefined();
  expect(robust?.note).toMatch(/Void, since what would be divided by is no exposure model: ACL \(1 of 1: G /);
  expect(tables.find(({ name }) => name === 'q-standard')?.table.note).toMatch(
    /Correlation of log G with the true log exposure: ACL -?[01]\.\d\d\./,
  );
  expect(errorTable(finished, 'x', 'raw', ['hit@5'])?.rows.map(({ label }) => label)).not.toContain(
    'robust evaluation',
  );
});

test('a table says whose exposure model has collapsed', async () => {
  const base = { bestEpoch: 1, epochs: [], lists: {} };
  const metrics = { 'hit@5': 0.1, 'hit@10': 0.1, 'ndcg@5': 0.1, 'ndcg@10': 0.1, mrr: 0.1 };
  const finished = [true, false].map((collapsed, repetition) => ({
    ...{
      data: 'x',
      row: { label: 'PS:GMF/Pop', method: 'PS:GMF/Pop', variant: {} },
      repetition,
      settings: settingsOf('PS:GMF/Pop'),
    },
    outcome: {
      result: { ...base, validation: metrics, estimates: { standard: { metrics } }, exposure: { collapsed } },
    },
  })) as unknown as FinishedTrial[];
  const noteOf = (trials: readonly FinishedTrial[]) =>
    suiteTables('quick', [{ show: 'standard' }], trials, new Map())[0]?.table.note;
  expect(noteOf(finished)).toMatch(/The exposure model has collapsed, .*: PS:GMF\/Pop \(1 of 2\)\./);
  expect(noteOf(finished.slice(1))).not.toMatch(/collapsed/);
});
