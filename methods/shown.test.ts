import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { choicesOf } from '../benchmarks/settings.js';
import { runTrial } from '../benchmarks/trial.js';
import { type Interactions, TEST, TRAIN, VALIDATION } from '../datasets/interactions.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { readFolder } from '../datasets/store.js';
import { SIMULATION_DEFAULTS } from '../simulator/config.js';
import { simulate } from '../simulator/simulate.js';
import type { World } from '../simulator/world.js';
import { readWorld } from '../simulator/world_files.js';
import { writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import { checkMethod, needsExposures, parseMethod } from './registry.js';
import { shownPairs } from './shown.js';

const root = testFolder();
let data: Interactions;
let world: World;

beforeAll(async () => {
  const folder = join(root, 'world');
  const { data: ratings } = plantedRatings({ ...PLANTED_DEFAULTS, users: 300, items: 200, ratingsPerUser: 30 });
  const exposure = { name: 'popularity', settings: { strength: 1 } };
  const config = { ...SIMULATION_DEFAULTS, dim: 8, exposuresPerUser: 60, exposure };
  await writeFolder(folder, {}, (out) =>
    simulate(ratings, { source: 'planted', format: 'planted' }, { config, workers: 1, exposures: true }, out, silent),
  );
  ({ data } = await readFolder(folder, { exposed: true }));
  world = await readWorld(folder);
});

describe('what was shown', () => {
  const key = (user: number, item: number): number => user * 200 + item;
  const partOf = (part: number): Set<number> =>
    new Set(
      Array.from(data.user, (user, row) => [key(user, data.item[row] as number), data.split?.[row]] as const)
        .filter(([, split]) => split === part)
        .map(([pair]) => pair),
    );

  test('is divided: training clicks to train on, validation clicks to validate on, test clicks nowhere', () => {
    const { training, held } = shownPairs(data, 1);
    const pairs = ({ user, item }: typeof held): number[] => Array.from(user, (u, p) => key(u, item[p] as number));
    const clicked = (part: typeof held): Set<number> => new Set(pairs(part).filter((_, p) => part.clicked[p] === 1));
    expect(clicked(training)).toEqual(partOf(TRAIN));
    expect(clicked(held)).toEqual(partOf(VALIDATION));
    const all = [...pairs(training), ...pairs(held)];
    expect(new Set(all).size).toBe(all.length);
    const test = partOf(TEST);
    expect(all.filter((pair) => test.has(pair))).toEqual([]);
    expect(all.length + test.size).toBe(data.exposed?.user.length);
  });

  test('a tenth of what was not clicked is held out, within five standard errors, the same for a seed', () => {
    const { training, held } = shownPairs(data, 1);
    const zeros = (clicked: Float32Array): number => clicked.filter((label) => label === 0).length;
    const all = zeros(training.clicked) + zeros(held.clicked);
    expect(Math.abs(zeros(held.clicked) - 0.1 * all)).toBeLessThan(5 * Math.sqrt(0.1 * 0.9 * all));
    expect(shownPairs(data, 1)).toEqual({ training, held });
    expect(shownPairs(data, 2).held).not.toEqual(held);
  });
});

describe('a method that learns from it', () => {
  test('is worth more in truth than what is popular, where popular items are pushed', async () => {
    const worthOf = async (model: string): Promise<number> => {
      const settings = choicesOf({ dim: 8, epochs: 30, rate: 0.02, batch: 256, bootstrap: 0 }, 1, String);
      const { result, trained } = await runTrial(data, { ...settings, method: model }, { world: world.state });
      trained.kernels.close();
      return result.truth?.values['value@10'] as number;
    };
    expect(await worthOf('Shown:MF')).toBeGreaterThan(await worthOf('Pop'));
  });

  test('needs to know what was shown, and a model that is trained by cross-entropy', () => {
    const method = parseMethod('shown:gmf');
    expect(method).toMatchObject({ kind: 'Shown', text: 'Shown:GMF', label: 'Shown:GMF' });
    expect(needsExposures(method, {})).toBe(true);
    expect(() => checkMethod(method, { ...data, exposed: undefined }, {}, true)).toThrow(
      /Shown:GMF: it learns from what was shown and not clicked, and .* does not say what was shown: simulate with --exposures/,
    );
    expect(() => checkMethod(parseMethod('Shown:Attn'), data, {}, true)).toThrow(/histories of clicks/);
    for (const name of ['Pop', 'EASE', 'BPR-MF', 'IPS-MF'])
      expect(() => parseMethod(`Shown:${name}`)).toThrow(new RegExp(`which ${name} does not: take one of MF, GMF`));
  });
});
