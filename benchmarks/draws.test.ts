import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { TEST } from '../datasets/interactions.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { SIMULATION_DEFAULTS } from '../simulator/config.js';
import { simulateInMemory } from '../simulator/in_memory.js';
import { World } from '../simulator/world.js';
import { testFolder } from '../support/test_folder.js';
import { drawnAgain } from './draws.js';
import { planSuite } from './plan.js';
import { hashData, type OpenedData } from './suite_data.js';
import { sweep } from './sweep.js';

const folder = testFolder();

async function simulated(): Promise<OpenedData> {
  const { data: ratings } = plantedRatings({ ...PLANTED_DEFAULTS, users: 120, items: 80, ratingsPerUser: 30 });
  const config = {
    ...SIMULATION_DEFAULTS,
    dim: 8,
    exposuresPerUser: 30,
    exposure: { name: 'popularity', settings: { strength: 0.5 } },
  };
  const { data, world } = await simulateInMemory(ratings, config);
  return { key: 'd', name: 'd', data, world: world.state, sha256: hashData(data, world.state) };
}

describe('draws of the clicks', () => {
  test('are of one world: relevance and exposure of a pair stay, what is shown and clicked does not', async () => {
    const first = await simulated();
    const [draws] = (await drawnAgain([first], { draws: 3, testClicks: 1 }, 1)) as [OpenedData[]];
    expect(draws.map(({ draw, name }) => [draw, name])).toEqual([
      [0, 'd'],
      [1, 'd'],
      [2, 'd'],
    ]);
    expect(new Set(draws.map(({ sha256 }) => sha256)).size).toBe(3);
    expect(draws[0]?.data).toBe(first.data);
    const world = await World.create(first.world as never);
    let [same, all] = [0, 0];
    for (const { data } of draws.slice(1)) {
      const clicked = new Set(Array.from(first.data.user, (user, row) => user * 80 + (first.data.item[row] as number)));
      data.user.forEach((user, row) => {
        const item = data.item[row] as number;
        expect(data.truth?.relevance[row]).toBe(world.relevanceRow(user)[item]);
        all++;
        if (clicked.has(user * 80 + item)) same++;
      });
      // As many clicks, within five deviations.
      const expected = first.data.user.length;
      expect(Math.abs(data.user.length - expected)).toBeLessThan(5 * Math.sqrt(2 * expected));
    }
    expect(same / all).toBeLessThan(0.8);
  });

  test('are trained on with seeds that go on, and tables allow for them', async () => {
    const first = await simulated();
    const suite = { name: 'two', data: ['d'], methods: ['Pop', 'EASE'] };
    const plan = planSuite(suite, { seed: 1, repetitions: 2, draws: 3, settings: { bootstrap: 0, dim: 8 } });
    const { finished, tables } = await sweep(plan, async () => [first], { out: join(folder, 'run'), workers: 1 });
    const pop = finished.filter(({ row }) => row.label === 'Pop');
    expect(pop.map(({ draw }) => draw)).toEqual([0, 0, 1, 1, 2, 2]);
    expect(pop.map(({ settings }) => settings.seed)).toEqual([1, 2, 3, 4, 5, 6]);
    const standard = tables.find(({ name }) => name === 'two-standard')?.table;
    expect(standard?.rows[0]?.cells['hit@10']?.n).toBe(6);
    expect(standard?.note).toMatch(
      /allow for chance in training \(6 seeds\), who the users are \([\d,]+\) and the draw of clicks \(3 draws\)\. \*:/,
    );
    expect(standard?.comparisons?.[0]?.layers).toEqual(['training', 'draws', 'users']);
  });

  test('give more test clicks of each user, none of which they had before, and leave training as it is', async () => {
    const first = await simulated();
    const [[more]] = (await drawnAgain([first], { draws: 1, testClicks: 5 }, 1)) as [[OpenedData]];
    const { data } = more;
    const rows = first.data.user.length;
    expect(data.user.subarray(0, rows)).toEqual(first.data.user);
    expect(data.split?.subarray(0, rows)).toEqual(first.data.split);
    const pair = (user: number, row: number): number => user * 80 + (data.item[row] as number);
    const had = new Set<number>();
    const tests = new Map<number, number>();
    data.user.forEach((user, row) => {
      if (data.split?.[row] !== TEST) had.add(pair(user, row));
      else tests.set(user, (tests.get(user) ?? 0) + 1);
    });
    data.user.forEach((user, row) => {
      if (row < rows) return;
      expect([data.split?.[row], had.has(pair(user, row))]).toEqual([TEST, false]);
    });
    expect(Math.max(...tests.values())).toBe(5);
    expect(new Set(tests.keys()).size).toBe(
      new Set(first.data.user.filter((_, r) => first.data.split?.[r] === TEST)).size,
    );
    const mean = [...tests.values()].reduce((a, b) => a + b, 0) / tests.size;
    expect(mean).toBeGreaterThan(2.5);
    await expect(drawnAgain([first], { draws: 100, testClicks: 100 }, 1)).rejects.toThrow(/draws 2048 times at most/);
  });

  test('want a world', async () => {
    const { world: _, ...first } = await simulated();
    await expect(drawnAgain([first], { draws: 2, testClicks: 1 }, 1)).rejects.toThrow(
      /--draws draws the clicks of a simulated world again/,
    );
  });
});
