import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Catalogue, UserModule } from '../benchmarks/catalogue.js';
import { catalogueOf, methodsOf, readModule } from '../benchmarks/own_files.js';
import { choicesOf } from '../benchmarks/settings.js';
import { runTrial, type TrialResult } from '../benchmarks/trial.js';
import type { Interactions } from '../datasets/interactions.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { SIMULATION_DEFAULTS } from '../simulator/config.js';
import { bundleExposure } from '../simulator/exposure/load.js';
import { simulateInMemory } from '../simulator/in_memory.js';
import type { World } from '../simulator/world.js';

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));

let data: Interactions;
let world: World;
beforeAll(async () => {
  const { data: ratings } = plantedRatings({ ...PLANTED_DEFAULTS, users: 200, items: 120, ratingsPerUser: 25 });
  ({ data, world } = await simulateInMemory(ratings, { ...SIMULATION_DEFAULTS, dim: 8, exposuresPerUser: 40 }));
});

/** A trial of the first method that files define, or of the named one. */
async function trialOf(files: readonly string[], named?: string): Promise<TrialResult> {
  const modules: UserModule[] = [];
  for (const file of files) modules.push(await readModule(join(folder, file)));
  const catalogue: Catalogue = await catalogueOf(modules);
  const method = named ?? ((await methodsOf(modules[0] as UserModule))[0] as string);
  const said = { dim: 16, epochs: 8, rate: 0.02, batch: 256, bootstrap: 0, candidates: 50 };
  const settings = { method, ...choicesOf(said, 1, String, catalogue) };
  return (await runTrial(data, settings, { world: world.state, catalogue })).result;
}

const hitOf = (result: TrialResult): number => result.estimates['standard']?.metrics['hit@10'] as number;
/** Of 51 items in random order. */
const CHANCE = 10 / 51;

/** Whether a command runs to its end. */
const runs = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { timeout: 60_000 }).status === 0;
/** Whether Python has packages; looked for and not loaded. */
const python = (...names: string[]): boolean => {
  const found = `all(find_spec(name) for name in ${JSON.stringify(names)})`;
  return runs('python3', '-c', `from importlib.util import find_spec; exit(not ${found})`);
};

const PROGRAMS: readonly (readonly [file: string, needs: string, isThere: boolean])[] = [
  ['python/popularity.yaml', 'Python', python()],
  ['python/implicit_als.yaml', 'PyArrow, implicit', python('numpy', 'pyarrow', 'implicit')],
  ['python/two_tower.yaml', 'PyArrow, PyTorch', python('pyarrow', 'torch')],
  ['python/lenskit_item_knn.yaml', 'PyArrow, LensKit', python('pyarrow', 'lenskit')],
  ['python/recbole_bpr.yaml', 'PyArrow, RecBole', python('pyarrow', 'torch', 'recbole')],
  ['r/popularity.yaml', 'R', runs('Rscript', '--version')],
];

describe('programs as methods', () => {
  for (const [file, needs, isThere] of PROGRAMS) {
    (isThere ? test : test.skip)(`${file}, with ${needs}`, async () => {
      const result = await trialOf([file]);
      const random = result.truth?.anchors.random['value@10'] as number;
      expect(result.truth?.values['value@10']).toBeGreaterThan(random);
      if (file.includes('popularity')) {
        const pop = await trialOf([file], 'Pop');
        expect(hitOf(result)).toBeCloseTo(hitOf(pop), 12);
      } else expect(hitOf(result)).toBeGreaterThan(1.1 * CHANCE);
    });
  }
});

describe('code of one’s own', () => {
  test('a model between Pop and chance', async () => {
    expect(hitOf(await trialOf(['typescript/own_model.ts']))).toBeCloseTo(
      hitOf(await trialOf(['typescript/own_model.ts'], 'Pop')),
      12, // a power changes no order
    );
  });

  test('a method with a loss of its own learns', async () => {
    const result = await trialOf(['typescript/own_method.ts'], 'focal:gmf');
    expect(hitOf(result)).toBeGreaterThan(1.5 * CHANCE);
    const [first, last] = [result.epochs[0]?.loss as number, result.epochs.at(-1)?.loss as number];
    expect(last).toBeLessThan(first);
  });

  test('a metric and an estimate are there beside ours', async () => {
    const { estimates } = await trialOf(['typescript/own_metric.ts'], 'Pop');
    expect(estimates['standard']?.metrics['rbp']).toBeGreaterThan(0);
    // Pop ranks the head before the rest.
    expect(estimates['head']?.metrics['hit@10']).toBeGreaterThan(estimates['standard']?.metrics['hit@10'] as number);
  });

  test('an exposure function is bundled', async () => {
    expect(await bundleExposure(join(folder, 'typescript/own_exposure.ts'))).toContain('Math.tanh(dot)');
  });
});
