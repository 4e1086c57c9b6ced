import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Interactions } from '../datasets/interactions.js';
import { readFolder } from '../datasets/store.js';
import { writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import { SIMULATION_DEFAULTS, type SimulationConfig } from './config.js';
import { type SimulationSummary, simulate } from './simulate.js';

const root = testFolder();
const model = { ...SIMULATION_DEFAULTS.exposureModel, epochs: 5 };
const QUICK: SimulationConfig = { ...SIMULATION_DEFAULTS, dim: 4, relevanceModel: model, exposureModel: model };

/** A rating a row; `time` of the k-th row. */
function ratings(pairs: readonly (readonly [user: number, item: number])[], time: (k: number) => number): Interactions {
  const [users, items] = [pairs.map(([user]) => user), pairs.map(([, item]) => item)];
  const ids = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
  const [userIds, itemIds] = [ids(users), ids(items)];
  return {
    name: 'ratings',
    userIds: userIds.map((id) => `u${id}`),
    itemIds: itemIds.map((id) => `i${id}`),
    user: Int32Array.from(users, (id) => userIds.indexOf(id)),
    item: Int32Array.from(items, (id) => itemIds.indexOf(id)),
    rating: Float32Array.from(pairs, ([user, item]) => 1 + ((user * 7 + item * 3) % 5)),
    time: Float64Array.from(pairs, (_, k) => time(k)),
    split: undefined,
  };
}

/** Every user with a third of the items, other ones for each. */
const some = Array.from(
  { length: 120 * 20 },
  (_, k) => [Math.floor(k / 20), (3 * (k % 20) + Math.floor(k / 20)) % 60] as const,
);

let runs = 0;
async function run(
  data: Interactions,
  settings: Partial<SimulationConfig> = {},
): Promise<{ path: string; summary: SimulationSummary }> {
  const path = join(root, String(++runs));
  const origin = { source: 'made', format: 'made' };
  const options = { config: { ...QUICK, ...settings }, workers: 1, exposures: true };
  const summary = await writeFolder(path, {}, (folder) => simulate(data, origin, options, folder, silent));
  return { path, summary };
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

describe('times that fall together', () => {
  test.each([
    ['one second', 1],
    ['ten seconds', 10],
  ])('ratings of %s: which clicks are last does not depend on the number of the item', async (_, seconds) => {
    const { path } = await run(ratings(some, (k) => 1_500_000_000 + (k % seconds)));
    const { data } = await readFolder(path);
    const [time, split] = [data.time as Float64Array, data.split as Uint8Array];
    const itemsOf = (code: number): number[] => [...data.item].filter((_, row) => split[row] === code);
    // Items are 0 to 59; the mean of 120 drawn ones has a standard error of 1.6.
    expect(itemsOf(2).length).toBeGreaterThan(80);
    expect(Math.abs(mean(itemsOf(2)) - mean(itemsOf(0)))).toBeLessThan(6.5);
    expect(Math.abs(mean(itemsOf(1)) - mean(itemsOf(0)))).toBeLessThan(6.5);
    // The order is in the times, for whoever reads them: no two of a user are the same, and the last one is the test item.
    const rows = Array.from(data.user.keys());
    for (let user = 0; user < data.userIds.length; user++) {
      const own = rows.filter((row) => data.user[row] === user);
      expect(new Set(own.map((row) => time[row])).size).toBe(own.length);
      const last = own.reduce((a, b) => ((time[b] as number) > (time[a] as number) ? b : a));
      if (own.length >= 3) expect(split[last]).toBe(2);
    }
    expect(Math.min(...time)).toBeGreaterThanOrEqual(1_500_000_000);
    expect(Math.max(...time)).toBeLessThan(1_500_000_000 + seconds);
  });

  test('a random split does not go by time', async () => {
    const { path } = await run(
      ratings(some, () => 1_500_000_000),
      { split: 'random' },
    );
    const { data } = await readFolder(path);
    const timesOf = (isTest: boolean): number[] =>
      [...(data.time as Float64Array)].filter((_, row) => (data.split?.[row] === 2) === isTest);
    expect(timesOf(true).length).toBeGreaterThan(50);
    expect(Math.abs(mean(timesOf(true)) - mean(timesOf(false)))).toBeLessThan(0.15);
  });

  test('over longer spans times are whole seconds', async () => {
    const { path } = await run(ratings(some, (k) => 1_500_000_000 + 100 * k));
    const { data } = await readFolder(path);
    expect([...(data.time as Float64Array)].every(Number.isInteger)).toBe(true);
  });
});

test('records are not pairs: ratings given again change nothing but the manifest, which counts them', async () => {
  const again = some.flatMap((pair) => [pair, pair, pair]);
  const [once, thrice] = [
    await run(ratings(some, (k) => 1_500_000_000 + 3600 * k)),
    await run(ratings(again, (k) => 1_500_000_000 + 3600 * Math.floor(k / 3) + (k % 3))),
  ];
  expect(thrice.summary).toEqual({ ...once.summary, repeats: 2 * some.length });
  const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
  for (const file of readdirSync(once.path).filter((name) => name !== 'manifest.json'))
    expect([file, hashOf(join(thrice.path, file))]).toEqual([file, hashOf(join(once.path, file))]);
});

describe('small data', () => {
  const diagonal = (n: number) =>
    Array.from({ length: n }, (_, k) => [k % 10, (k * 3 + Math.floor(k / 10)) % 12] as const);

  test.each([12, 20, 30, 45])('%d ratings are simulated from', async (n) => {
    const eps1 = { kind: 'constant', location: 2, scale: 0 } as const;
    const { summary } = await run(
      ratings(diagonal(n), (k) => 1_500_000_000 + 1000 * k),
      { eps1, exposuresPerUser: 4 },
    );
    expect(summary.second.clicks).toBeGreaterThan(0);
    expect(Number.isFinite(summary.relevanceError) && Number.isFinite(summary.exposureLoss)).toBe(true);
  });

  test.each([
    ['one rating', [[0, 0]], /relevance model on: 1 of 1 interactions .* two are the least/],
    [
      'users who have every item',
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
      /exposure model on: 0 of 4 interactions/,
    ],
  ] as const)('%s: what is too small, and by how much', async (_, pairs, message) => {
    await expect(run(ratings(pairs, (k) => 1_500_000_000 + k))).rejects.toThrow(message);
  });
});
