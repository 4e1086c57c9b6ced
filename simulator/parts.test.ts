import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { readFolder } from '../datasets/store.js';
import { OutputFolder, writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import { SIMULATION_DEFAULTS, type SimulationConfig } from './config.js';
import { drawShard, joinShards, parseShard } from './shards.js';
import { type SimulationOptions, simulate } from './simulate.js';
import { readWorld } from './world_files.js';

const root = testFolder();
/** Users for three runs of draws without visiting every pair. */
const { data } = plantedRatings({ ...PLANTED_DEFAULTS, users: 4200, items: 40, ratingsPerUser: 4 });
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
  const options = { config: CONFIG, workers: 1, exposures: true, parts: 3 };
  await expect(simulate(data, origin, options, left, killed)).rejects.toThrow('killed');
  left.leave();
  const stopped = (name: string): string => {
    cpSync(left.partial, join(root, `${name}.partial`), { recursive: true });
    return join(root, name);
  };
  const state = (path: string, ...names: string[]): string => join(`${path}.partial`, '.expobench', ...names);
  const goOn = async (path: string, changed: Partial<SimulationOptions> = {}): Promise<string[]> => {
    const begun: string[] = [];
    const progress = { ...silent, begin: (label: string) => void begun.push(label) };
    await writeFolder(path, { resume: true }, (folder) =>
      simulate(data, origin, { ...options, ...changed }, folder, progress),
    );
    return begun;
  };
  const cut = (path: string): void => writeFileSync(path, readFileSync(path).subarray(0, 100));
  expect(await goOn(stopped('same'))).toEqual(['drawing part 3 of 3']);
  expect(contents(join(root, 'same'))).toEqual(contents(whole));
  // What a power cut tore, or a kill half removed, is made again.
  const torn = stopped('torn');
  cut(state(torn, 'parts', '1', 'part.json'));
  cut(state(torn, 'parts', '2', 'clicks.arrow'));
  expect(await goOn(torn)).toEqual(['drawing part 1 of 3', 'drawing part 2 of 3', 'drawing part 3 of 3']);
  expect(contents(torn)).toEqual(contents(whole));
  const removed = stopped('removed');
  rmSync(state(removed, 'parts', '1', 'part.json'));
  rmSync(state(removed, 'parts', '2', 'exposures.arrow'));
  writeFileSync(join(`${removed}.partial`, 'clicks.arrow'), 'half of a join');
  expect((await goOn(removed)).length).toBe(3);
  expect(contents(removed)).toEqual(contents(whole));
  for (const [name, damage] of [
    ['checkpoint', (path: string) => writeFileSync(state(path, 'checkpoint.json'), '')],
    ['world', (path: string) => cut(join(`${path}.partial`, 'world.arrow'))],
    ['mark', (path: string) => cut(state(path, 'run.json'))],
  ] as const) {
    const path = stopped(name);
    damage(path);
    expect((await goOn(path))[0]).toBe('training the relevance model');
    expect(contents(path)).toEqual(contents(whole));
  }
  // Another seed, or tables of another kind, find nothing that they could take.
  writeFileSync(join(`${stopped('other')}.partial`, 'exposures.arrow'), 'of the other one');
  const begun = await goOn(join(root, 'other'), { exposures: false, config: { ...CONFIG, seed: 2 } });
  expect(begun[0]).toBe('training the relevance model');
  expect(existsSync(join(root, 'other', 'exposures.arrow'))).toBe(false);
});

test('killed after the manifest was written, a simulation in parts ends with the bytes of an undisturbed one', async () => {
  // Two parts of the one, of one run of users and of two; three of the other.
  for (const [partitioned, parts] of [
    [false, 2],
    [true, 3],
  ] as const) {
    const path = join(root, `late ${partitioned}`);
    const late = new OutputFolder(path, { resume: true });
    await run({ workers: 1, parts, partitioned }, late);
    late.leave();
    await writeFolder(path, { resume: true }, (folder) => run({ workers: 1, parts, partitioned }, folder));
    if (!partitioned) expect(contents(path)).toEqual(contents(whole));
    else
      expect((await readFolder(path, { exposed: true })).data).toEqual(
        (await readFolder(whole, { exposed: true })).data,
      );
    expect(readdirSync(path).filter((name) => name.startsWith('.'))).toEqual([]);
  }
});

describe('every file of a folder is held against its manifest', () => {
  const files = ['clicks.arrow', 'exposures.arrow', 'users.arrow', 'items.arrow', 'world.arrow', 'world.json'];
  const read = async (path: string): Promise<void> => {
    await readFolder(path, { exposed: true });
    await readWorld(path);
  };
  const copy = (name: string): string => {
    cpSync(whole, join(root, name), { recursive: true });
    return join(root, name);
  };
  const change = (path: string, edit: (manifest: Record<string, Record<string, unknown>>) => void): void => {
    const file = join(path, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    edit(manifest);
    writeFileSync(file, JSON.stringify(manifest));
  };

  test.each(files)('%s', async (file) => {
    const name = file.replace('.', '\\.');
    const changed = copy(`changed ${file}`);
    const bytes = readFileSync(join(changed, file));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    writeFileSync(join(changed, file), bytes);
    await expect(read(changed)).rejects.toThrow(new RegExp(`${name}" is not what its manifest says`));
    const missing = copy(`missing ${file}`);
    rmSync(join(missing, file));
    await expect(read(missing)).rejects.toThrow(new RegExp(file === 'world.json' ? 'holds no world' : `lacks ${name}`));
    const unlisted = copy(`unlisted ${file}`);
    change(unlisted, (manifest) => delete manifest['files']?.[file]);
    await expect(read(unlisted)).rejects.toThrow(new RegExp(`manifest\\.json" lacks the hash of ${name}`));
  });

  test('what was put beside them is not taken', async () => {
    for (const file of ['candidates.arrow', 'exposure.mjs', 'clicks/part-1.arrow']) {
      const path = copy(`with ${file.replace('/', ' ')}`);
      mkdirSync(dirname(join(path, file)), { recursive: true });
      cpSync(join(whole, 'items.arrow'), join(path, file));
      if (file.startsWith('clicks')) rmSync(join(path, 'clicks.arrow'));
      await expect(read(path)).rejects.toThrow(/lacks/);
    }
  });

  test('nor is a world of other clicks', async () => {
    const path = copy('another world');
    change(path, (manifest) => Object.assign(manifest['config'] as object, { seed: 77 }));
    await expect(readWorld(path)).rejects.toThrow(/world\.json" is not the world of the clicks beside it/);
  });
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
  const without = join(root, 'without a part');
  cpSync(path, without, { recursive: true });
  rmSync(join(without, 'clicks', 'part-3.arrow'));
  await expect(readFolder(without)).rejects.toThrow(/lacks clicks\/part-3\.arrow, which its manifest lists/);
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
    // The second of two has more runs of users than the first.
    for (const index of [1, 2]) await shard(index, 2);
    await joined('2-of-2', '1-of-2');
    expect(contents(join(root, 'joined'))).toEqual(contents(whole));
    rmSync(join(root, 'joined'), { recursive: true });
  });

  test('that are missing, there twice, of another world or none are told of', async () => {
    await expect(joined('1-of-3', '3-of-3')).rejects.toThrow(/shards 2 of 3 are missing/);
    await expect(joined('1-of-3', '2-of-3', '3-of-3', '2-of-3')).rejects.toThrow(/shard 2 of 3 is there twice/);
    await expect(joined('1-of-2', '2-of-3')).rejects.toThrow(/is one of 3 shards, and others are of 2/);
    const damaged = join(root, 'damaged');
    cpSync(join(root, '2-of-3'), damaged, { recursive: true });
    writeFileSync(join(damaged, 'clicks.arrow'), readFileSync(join(root, '1-of-3', 'clicks.arrow')));
    await expect(joined('1-of-3', 'damaged', '3-of-3')).rejects.toThrow(/clicks\.arrow" is not what its manifest says/);
    await expect(joined('whole')).rejects.toThrow(/whole" is not a shard: expected a folder made with --shard/);
    const changed = join(root, '1-of-3', 'manifest.json');
    writeFileSync(changed, readFileSync(changed, 'utf8').replace(/"world": "\w{4}/, '"world": "0000'));
    await expect(joined('1-of-3', '2-of-3', '3-of-3')).rejects.toThrow(/was drawn from another world/);
    await expect(shard(1, 4)).rejects.toThrow(/4 shards are too many: 4,200 users are drawn in 3 runs of 2048/);
    expect(existsSync(join(root, 'joined'))).toBe(false);
  });

  test('are written as I/N', () => {
    expect(parseShard('2/8')).toEqual({ index: 2, of: 8 });
    for (const text of ['0/2', '3/2', '2', 'a/b'])
      expect(() => parseShard(text)).toThrow(/is not understood: write I\/N/);
  });
});
