import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Interactions } from '../datasets/interactions.js';
import { openSplit } from '../datasets/open.js';
import { PLANTED_DEFAULTS } from '../datasets/planted.js';
import { SIMULATION_DEFAULTS } from '../simulator/config.js';
import { type SimulationSummary, simulate } from '../simulator/simulate.js';
import type { World } from '../simulator/world.js';
import { readWorld } from '../simulator/world_files.js';
import { writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import { describeLikeness, likenessPicture, type WorldLikeness, worldLikeness } from './likeness.js';
import { choicesOf } from './settings.js';
import { runTrial } from './trial.js';

const root = testFolder();
const [USERS, ITEMS] = [200, 120];

describe('the first stage of a world beside the ratings that it was made from', () => {
  let data: Interactions;
  let world: World;
  let first: SimulationSummary['first'];
  let likeness: WorldLikeness;
  const compared = (other: Interactions, seed = 1) => worldLikeness(world, other, { seed, workers: 1 }, silent);
  const of = (one: WorldLikeness, name: string) => {
    const found = one.statistics.find((statistic) => statistic.name === name);
    if (!found) throw new Error(`no ${name}`);
    return found;
  };

  beforeAll(async () => {
    data = await openSplit('planted', {}, { ...PLANTED_DEFAULTS, users: USERS, items: ITEMS, ratingsPerUser: 25 });
    const folder = join(root, 'world');
    const exposure = { name: 'popularity', settings: { strength: 1 } };
    const config = { ...SIMULATION_DEFAULTS, dim: 8, exposure };
    ({ first } = await writeFolder(folder, {}, (out) =>
      simulate(data, { source: 'planted', format: 'planted' }, { config, workers: 1 }, out, silent),
    ));
    world = await readWorld(folder);
    likeness = await compared(data);
  });

  test('says on both sides what trials say of a method', async () => {
    const settings = { ...choicesOf({ bootstrap: 0, candidates: 100 }, 1, String), method: 'Pop' };
    const trial = await runTrial(data, settings);
    trial.trained.kernels.close();
    expect(likeness.methods.map(({ name }) => name)).toEqual(['Pop', 'CF', 'ItemKNN', 'EASE', 'iALS']);
    expect(likeness.methods[0]?.data).toBeCloseTo(trial.result.estimates['standard']?.metrics['hit@10'] as number, 12);
    for (const { data: a, world: b } of likeness.methods) for (const hit of [a, b]) expect(hit).toBeLessThanOrEqual(1);
    expect(likeness.agreement.value).toBeGreaterThanOrEqual(-1);
    expect(likeness.agreement.low).toBeLessThanOrEqual(likeness.agreement.value);
  });

  test('counts the data as they are, and the clicks that the simulation drew in its first stage', () => {
    const pairs = new Set([...data.user].map((user, row) => `${user} ${data.item[row]}`)).size;
    expect(of(likeness, 'density').data.value).toBeCloseTo(pairs / (USERS * ITEMS), 12);
    expect(of(likeness, 'density').world.value).toBeCloseTo(first.clicks / (USERS * ITEMS), 12);
  });

  test('draws the same clicks however many workers, and other users with another seed', async () => {
    expect(await worldLikeness(world, data, { seed: 1, workers: 2 }, silent)).toEqual(likeness);
    const other = await compared(data, 2);
    expect(of(other, 'density').world.value).toBe(of(likeness, 'density').world.value);
    expect(of(other, 'density').world.low).not.toBe(of(likeness, 'density').world.low);
  });

  test('sees that items have been mixed up, where every count is what it was', async () => {
    const mixed = { ...data, item: data.item.map((item) => (item * 7 + 11) % ITEMS) };
    const unlike = await compared(mixed);
    for (const name of ['density', 'Gini of items', 'Gini of users'])
      expect(of(unlike, name).data.value).toBeCloseTo(of(likeness, name).data.value, 12);
    const repeated = 'repeated neighbours';
    expect(of(unlike, repeated).world.high).toBeLessThan(of(likeness, repeated).world.low);
  });

  test('is told in lines and drawn for both', () => {
    const lines = describeLikeness(likeness).split('\n');
    expect(lines).toHaveLength(likeness.statistics.length + 3);
    expect(lines[1]).toMatch(/^ {2}density +data 0\.\d+ \[0\.\d+ to 0\.\d+\], world 0\.\d+ \[0\.\d+ to 0\.\d+\]$/);
    expect(lines.at(-2)).toMatch(/Hit@10, data and world: Pop \d+\.\d and \d+\.\d, CF /);
    expect(lines.at(-1)).toMatch(/rank correlation of the methods: -?\d/);
    const picture = likenessPicture('Beside', likeness);
    for (const text of ['data: share of clicks', 'world: share of clicks', 'world: first 20 singular values'])
      expect(picture).toContain(text);
  });

  test('refuses other ratings, and ratings without a split', async () => {
    const fewer = { ...data, itemIds: data.itemIds.slice(1) };
    await expect(compared(fewer)).rejects.toThrow(
      `the world has ${USERS} users and ${ITEMS} items, and "${data.name}" has ${USERS} and ${ITEMS - 1}`,
    );
    await expect(compared({ ...data, split: undefined })).rejects.toThrow(/is not split: prepare it first/);
  });
});
