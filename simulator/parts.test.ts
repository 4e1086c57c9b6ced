import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { readFolder } from '../datasets/store.js';
import { OutputFolder, writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import { SIMULATION_DEFAULTS, type SimulationConfig } from './config.js';
import { drawShard, joinShards, parseShard } from './shards.js';
import { type SimulationOptions, simulate } from './simulate.js';

const root = testFolder();
/** Users for five runs of draws without visiting every pair. */
const { data } = plantedRatings({ ...PLANTED_DEFAULTS, users: 9000, items: 40, ratingsPerUser: 4 });
const model = { rate: 0.02, l2: 0.01, epochs: 3 };
const CONFIG: SimulationConfig = {
  ...SIMULATION_DEFAULTS,
  ...{ dim: 4, relevanceModel: model, exposureModel: model, exposuresPerUser: 5, sampling: 'skip' },
  exposure: { name: 'popularity', settings: { strength: 0.5 } },
};
const origin = { source: 'planted', format: 'planted' };
const run = (options: Partial<SimulationOptions>, folder: OutputFolder) =>
  simulate(data, origin, { config: CONFIG, workers: 2, exposures: true, ...options }, folder, silent);

/** Files with their hashes. */
const contents = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path).map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(path, file)))
        .digest('hex'),
    ]),
  );

const whole = join(root, 'whole');
beforeAll(async () => {
  await writeFolder(whole, {}, (folder) => run({}, folder));
});

test('workers do not matter, and parts joined are what was drawn at once, byte for byte', async () => {
  const [one, three] = [join(root, 'one'), join(root, 'three')];
  await writeFolder(one, {}, (folder) => run({ workers: 1 }, folder));
  await writeFolder(three, {}, (folder) => run({ parts: 3 }, folder));
  const files = contents(whole);
  expect(Object.keys(files).sort()).toEqual([
    ...['clicks.arrow', 'exposures.arrow', 'items.arrow', 'manifest.json', 'users.arrow', 'world.arrow', 'world.json'],
  ]);
  expect(contents(one)).toEqual(files);
  expect(contents(three)).toEqual(files);
});

test('a simulation that was stopped goes on at the part that was not done; another one starts afresh', async () => {
  // As a kill between the second and the third part leaves it.
  const left = new OutputFolder(join(root, 'left'), { resume: true });
  const killed: typeof silent = {
    ...silent,
    begin(label) {
      if (label === 'drawing part 3 of 3') throw new Error('killed');
    },
  };
  const options = { config: CONFIG, workers: 2, exposures: true, parts: 3 };
  await expect(simulate(data, origin, options, left, killed)).rejects.toThrow('killed');
  expect(readdirSync(join(left.partial, 'parts')).sort()).toEqual(['1', '2', '3.partial']);
  const begun: string[] = [];
  await simulate(data, origin, options, left, { ...silent, begin: (label) => begun.push(label) });
  expect(begun).toEqual(['drawing part 3 of 3']);
  left.commit();
  expect(contents(left.path)).toEqual(contents(whole));
  // Another seed finds nothing that it could take.
  cpSync(left.path, join(root, 'other.partial'), { recursive: true });
  writeFileSync(join(root, 'other.partial', 'checkpoint.json'), '{"settings":{}}');
  const other = new OutputFolder(join(root, 'other'), { resume: true });
  const labels: string[] = [];
  await simulate(data, origin, options, other, { ...silent, begin: (label) => labels.push(label) });
  expect(labels[0]).toBe('training the relevance model');
});

test('left in parts, the data is the same', async () => {
  const path = join(root, 'partitioned');
  await writeFolder(path, {}, (folder) => run({ parts: 3, partitioned: true }, folder));
  expect(readdirSync(path).sort()).toEqual([
    'clicks',
    'exposures',
    'items.arrow',
    'manifest.json',
    'users.arrow',
    'world.arrow',
    'world.json',
  ]);
  expect(readdirSync(join(path, 'clicks'))).toEqual(['part-1.arrow', 'part-2.arrow', 'part-3.arrow']);
  const [a, b] = [await readFolder(whole, { exposed: true }), await readFolder(path, { exposed: true })];
  expect(b.data).toEqual(a.data);
  const part = join(path, 'clicks', 'part-2.arrow');
  writeFileSync(part, readFileSync(join(path, 'clicks', 'part-1.arrow')));
  await expect(readFolder(path)).rejects.toThrow(/part-2\.arrow" is not what its manifest says/);
});

describe('shards', () => {
  const shard = (index: number, of: number, name = `${index}-of-${of}`) =>
    writeFolder(join(root, name), {}, (folder) => drawShard(whole, { index, of }, true, 2, folder, silent));
  const joined = (...names: string[]) => {
    const out = join(root, 'joined');
    rmSync(out, { recursive: true, force: true });
    return writeFolder(out, {}, (folder) =>
      joinShards(
        whole,
        names.map((name) => join(root, name)),
        folder,
      ),
    );
  };

  test('joined are the whole, in whatever order they are named', async () => {
    for (const index of [1, 2, 3]) await shard(index, 3);
    await joined('3-of-3', '1-of-3', '2-of-3');
    expect(contents(join(root, 'joined'))).toEqual(contents(whole));
  });

  test('that are missing, there twice, of another world or none are told of', async () => {
    await expect(joined('1-of-3', '3-of-3')).rejects.toThrow(/shards 2 of 3 are missing/);
    await expect(joined('1-of-3', '2-of-3', '3-of-3', '2-of-3')).rejects.toThrow(/shard 2 of 3 is there twice/);
    await shard(1, 2);
    await expect(joined('1-of-2', '2-of-3')).rejects.toThrow(/is one of 3 shards, and others are of 2/);
    await expect(joined('whole')).rejects.toThrow(/whole" is not a shard: expected a folder made with --shard/);
    const changed = join(root, '1-of-3', 'manifest.json');
    writeFileSync(changed, readFileSync(changed, 'utf8').replace(/"world": "\w{4}/, '"world": "0000'));
    await expect(joined('1-of-3', '2-of-3', '3-of-3')).rejects.toThrow(/was drawn from another world/);
    await expect(shard(1, 6)).rejects.toThrow(/6 shards are too many: 9,000 users are drawn in 5 runs of 2048/);
    expect(existsSync(join(root, 'joined'))).toBe(false);
  });

  test('are written as I/N', () => {
    expect(parseShard('2/8')).toEqual({ index: 2, of: 8 });
    for (const text of ['0/2', '3/2', '2', 'a/b'])
      expect(() => parseShard(text)).toThrow(/is not understood: write I\/N/);
  });
});
