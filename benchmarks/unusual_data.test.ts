import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Interactions } from '../datasets/interactions.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { splitInteractions } from '../datasets/split.js';
import { checkEvaluation } from '../evaluation/question.js';
import { testFolder } from '../support/test_folder.js';
import { planSuite } from './plan.js';
import { choicesOf, type Settings } from './settings.js';
import { hashData, type OpenedData } from './suite_data.js';
import { quick } from './suites/quick.js';
import { sweep } from './sweep.js';
import { runTrial, type TrialResult } from './trial.js';

const root = testFolder();
const SETTINGS: Settings = { dim: 4, epochs: 4, batch: 256, rate: 0.02, candidates: 0, bootstrap: 0, full: false };

/** Interactions of lists of items, a user each, in the order of time; the last two are for validation and test. */
function listed(
  lists: readonly (readonly number[])[],
  itemCount: number,
  more: Partial<Interactions> = {},
): Interactions {
  const rows = lists.flatMap((items, user) => items.map((item) => [user, item] as const));
  const data: Interactions = {
    name: 'lists',
    userIds: lists.map((_, user) => `u${user}`),
    itemIds: Array.from({ length: itemCount }, (_, item) => `i${item}`),
    user: Int32Array.from(rows, ([user]) => user),
    item: Int32Array.from(rows, ([, item]) => item),
    ...{ rating: undefined, time: Float64Array.from(rows, (_, row) => row), split: undefined },
    ...more,
  };
  return splitInteractions(data, { rule: 'leave-last-two', seed: 1, shortUsers: 'refuse' });
}
async function trial(data: Interactions, method: string, settings: Settings = {}): Promise<TrialResult> {
  const run = await runTrial(data, { method, ...choicesOf({ ...SETTINGS, ...settings }, 1, String) });
  run.trained.kernels.close();
  return run.result;
}
const opened = (data: Interactions): OpenedData => ({
  ...{ key: 'data', name: data.name, data, sha256: hashData(data, undefined) },
});
/** The tables of a sweep, by name. */
async function tablesOf(out: string, data: Interactions, suite: object, settings: Settings, repetitions = 1) {
  const plan = planSuite({ ...quick, ...suite }, { seed: 1, repetitions, settings: { ...SETTINGS, ...settings } });
  await sweep(plan, async () => [opened(data)], { out: join(root, out), workers: 1 });
  const tables = join(root, out, 'tables');
  const names = readdirSync(tables).filter((name) => name.endsWith('.json'));
  return new Map(names.map((name) => [name, JSON.parse(readFileSync(join(tables, name), 'utf8'))]));
}

const ALL = [0, 1, 2, 3, 4, 5];
/** Two users who have every item, and three who have some. */
const LISTS = [ALL, [5, 4, 3, 2, 1, 0], [0, 1, 2, 3], [0, 1, 3, 2], [1, 0, 2]];

describe('test items without rivals', () => {
  test('are no hits: they are left out, and counted, and said', async () => {
    const data = listed(LISTS, 6);
    const some = await trial(data, 'Pop');
    expect(some.tested).toMatchObject({ items: 3, users: 3, leftOut: 2 });
    // Items 0 to 5 have 3, 4, 2, 2, 1 and 1 training clicks; users are tested on 3, 2 and 2 among 4 and 5, and the last one among 3 as well.
    const tied = (1 + 1 / Math.log2(3)) / 2;
    expect(some.estimates['standard']?.metrics['ndcg@5']).toBeCloseTo((1 + 1 + tied) / 3, 10);
    const [table] = [
      ...(await tablesOf('rivals', data, { methods: ['Pop'], tables: [{ show: 'popularity' }] }, {})).values(),
    ];
    expect(table.note).toMatch(/Left out: 2 test items of users who interacted with every item/);
  });

  test('alone are nothing to evaluate', () => {
    expect(() => checkEvaluation(listed([ALL, ALL], 6))).toThrow(
      /each of the 2 validation items belongs to a user who interacted with all 6 items, so that there is nothing to rank it among/,
    );
  });
});

describe('a selection that cannot select', () => {
  /** Eight items, so that Hit@10 is a hit whatever the model does. */
  const eight = listed(
    Array.from({ length: 40 }, (_, user) => [0, 1, 2, 3, 4, 5].map((k) => (k * (1 + 2 * (user % 4)) + user) % 8)),
    8,
  );

  test('falls back to NDCG@10 in choosing the epoch, and says so', async () => {
    const result = await trial(eight, 'MF', { epochs: 8 });
    expect(result.validation['hit@10']).toBe(1);
    expect(result.chosenBy).toBe('ndcg@10');
    const [table] = [...(await tablesOf('eight', eight, { methods: ['MF'] }, { epochs: 3 })).values()];
    expect(table.note).toMatch(
      /Validation Hit@10 was the same in every epoch, so that another criterion chose the epoch: MF \(ndcg@10; 1 of 1\)/,
    );
  });

  test('and in tuning', async () => {
    const suite = { methods: ['MF'], tune: { strategy: 'one-by-one', budget: 3 } };
    const [table] = [...(await tablesOf('eight tuned', eight, suite, { epochs: 3 })).values()];
    expect(table.note).toMatch(
      /Tuning MF, width 4, rate: validation Hit@10 was 100\.00 for all 3 settings, so that ndcg@10 chose/,
    );
    expect(table.note).toMatch(/rate 0\.05, 0\.1 not tried, since the budget of 3 was spent/);
  });
});

describe('ratings of any scale', () => {
  let data: Interactions;
  const scaled = (by: number, to = 0): Interactions => ({
    ...data,
    name: `by ${by}`,
    rating: Float64Array.from(data.rating as Float32Array, (rating) => by * rating + to),
  });
  beforeAll(() => {
    const { data: ratings } = plantedRatings({ ...PLANTED_DEFAULTS, users: 80, items: 50, ratingsPerUser: 12 });
    data = splitInteractions(ratings, { rule: 'leave-last-two', seed: 1, shortUsers: 'refuse' });
  });

  test.each([
    ['a thousand times as large', 1000, 0],
    ['a millionth', 1e-6, 0],
    ['about a million', 1, 1e6],
    ['all the same', 0, 5],
  ])('IPS-MF trains on ratings %s', async (_, by, to) => {
    const result = await trial(scaled(by, to), 'IPS-MF');
    expect(result.epochs.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    expect(Object.values(result.estimates['standard']?.metrics ?? {}).every(Number.isFinite)).toBe(true);
  });

  test('IPS-MF comes to the same', async () => {
    const [once, large] = [await trial(scaled(1), 'IPS-MF'), await trial(scaled(256), 'IPS-MF')];
    expect(large.estimates['standard']?.metrics['hit@10']).toBeCloseTo(
      once.estimates['standard']?.metrics['hit@10'] as number,
      1,
    );
  });

  test('a search that fails is a row that fails; the other rows have their numbers', async () => {
    const suite = { methods: ['Pop', 'IPS-MF'], tune: { strategy: 'one-by-one', budget: 2 } };
    const [table] = [...(await tablesOf('failed search', scaled(1e38), suite, {})).values()];
    const [pop, ips] = table.rows;
    expect([pop.label, pop.failed]).toEqual(['Pop', undefined]);
    expect(pop.cells['hit@10'].mean).toBeGreaterThan(0);
    expect(ips.failed).toMatch(/^1 of 1, .*no setting of IPS-MF that can be trained/);
  });
});

describe('attention where the split is not by time', () => {
  test('says how many test items are older than what it reads', async () => {
    const byTime = listed(LISTS, 8);
    expect((await trial(byTime, 'Attn')).tested?.older ?? 0).toBe(0);
    // The newest is for training, the oldest for the test.
    const turned = { ...byTime, name: 'turned', time: Float64Array.from(byTime.time ?? [], (time) => -time) };
    expect((await trial(turned, 'Attn')).tested?.older).toBe(LISTS.length);
    const [table] = [...(await tablesOf('turned', turned, { methods: ['Attn'] }, {})).values()];
    expect(table.note).toMatch(
      /Of the 5 test items 5 are older than an item of the history that Attn reads, which so sees the future/,
    );
    expect((await trial(turned, 'Pop')).tested?.older ?? 0).toBe(0);
  });
});

test('a propensity that is no number fails its trial with a reason, and the run has its tables', async () => {
  const data = listed(LISTS, 8);
  const settings: Settings = { propensityModel: 'MF', rate: 10, epochs: 30 };
  const [table] = [...(await tablesOf('no propensity', data, { methods: ['Pop'] }, settings)).values()];
  expect(table.rows[0].failed).toMatch(
    /^1 of 1, .*the propensities by MF of \d of the 5 test items are (0, which nothing|no numbers)/,
  );
  expect(table.rows[0].cells).toEqual({});
});
