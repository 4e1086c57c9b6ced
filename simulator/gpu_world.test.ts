import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { WasmKernels } from '../compute/index.js';
import { sharedFloat32 } from '../datasets/interactions.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { readFolder } from '../datasets/store.js';
import { randomFactors } from '../scripts/bench/random_factors.js';
import { writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import { gpuTests } from '../support/test_gpu.js';
import { parseNoise, SIMULATION_DEFAULTS, type SimulationConfig } from './config.js';
import { GpuWorld } from './gpu_world.js';
import { simulate } from './simulate.js';
import { World } from './world.js';
import { STREAMS, type Stage, type WorldState } from './world_state.js';

const root = testFolder();
const [USERS, ITEMS, DIM] = [120, 700, 6];
const kernels = new WasmKernels();

const RELEVANCE = randomFactors(USERS, ITEMS, DIM, 'relevance', 3.5);
const EXPOSURE = randomFactors(USERS, ITEMS, DIM, 'exposure', -2.5);

/** A calibration, in worlds with a power. */
const CURVE = { intercept: 0.2, slope: 1.1, knots: [-4, -2, 0], bends: [-0.3, 0.2, -0.4] } as const;

function state(config: Partial<SimulationConfig>, source?: string): WorldState {
  return {
    ...(config.power !== undefined && { curve: CURVE }),
    config: { ...SIMULATION_DEFAULTS, ...config },
    ...{ users: USERS, items: ITEMS, relevance: RELEVANCE, exposure: EXPOSURE, shift: sharedFloat32(USERS).fill(0.1) },
    firstConstant: 0.3,
    second: {
      factors: { dim: DIM, x: EXPOSURE.user, z: EXPOSURE.item },
      popularity: sharedFloat32(ITEMS).map((_, item) => 1 / (1 + (item % 50))),
      constant: -0.2,
      source,
    },
    time: [0, 100_000],
  };
}

/** Probabilities on both sides agree to within this share, and draws differ only where the word lies that close to one. */
const SHARE = 2e-5;

const WORLDS: readonly (readonly [string, Partial<SimulationConfig>, string?])[] = [
  ['normal noise of pairs, no e(x, z)', {}],
  ['e(x, z) = affinity, a power, a calibrated model', { exposure: { name: 'affinity', settings: {} }, power: 0.5 }],
  [
    'popularity, noise of users and of items',
    {
      exposure: { name: 'popularity', settings: { strength: 0.7 } },
      eps1: parseNoise('per-user:4,0.5', 'eps1'),
      eps2: parseNoise('per-item:0,0.5', 'eps2'),
    },
  ],
  [
    'an own function, constant noise, a large seed',
    {
      eps1: parseNoise('constant:4', 'eps1'),
      eps2: parseNoise('constant:0.1', 'eps2'),
      seed: 2 ** 45 + 7,
    },
    'export default (x, z, { dot }) => 0.4 * dot - 0.1 * x[0];',
  ],
];

const { onGpu, named } = await gpuTests();

describe(named('a GPU draws what the processor draws'), () => {
  onGpu.each(WORLDS.map(([name, config, source]) => [name, config, source] as const))(
    '%s',
    async (_name, config, source) => {
      const world = await World.create(state(config, source));
      const gpu = await GpuWorld.create(world);
      const wrong: string[] = [];
      for (const stage of [1, 2] as Stage[]) {
        let [user, exposures, capped, cappedThere, expected] = [10, 0, 0, 0, 0];
        for await (const there of gpu.draw(10, 115, stage)) {
          const here = world.draw(user, stage);
          exposures += here.count;
          capped += here.capped;
          cappedThere += there.capped;
          expected += world.expectedExposures(user, stage, world.constant(stage)).total;
          const place = new Map(Array.from(here.items, (item, k) => [item, k] as const));
          let last = -1;
          there.items.forEach((item, k) => {
            if (item <= last) wrong.push(`item ${item} after ${last}`);
            last = item;
            const own = place.get(item);
            place.delete(item);
            if (own === undefined) return expectClose(user, item, stage);
            for (const column of ['exposure', 'relevance'] as const) {
              const off = Math.abs((there[column][k] as number) / (here[column][own] as number) - 1);
              if (off > SHARE) wrong.push(`${column} of ${user}, ${item} is off by ${off}`);
            }
            if (there.time[k] !== here.time[own] || there.part[k] !== here.part[own])
              wrong.push(`time of ${user}, ${item}`);
            if (there.clicked[k] !== here.clicked[own]) {
              kernels.raw.philoxWords(item, user, STREAMS.outcome[stage], 0, ...keyOf(config), WORDS.address);
              const word = (kernels.integers(WORDS)[0] as number) >>> 0;
              expect(Math.abs(word / 2 ** 32 / (here.relevance[own] as number) - 1)).toBeLessThan(SHARE);
            }
          });
          for (const item of place.keys()) expectClose(user, item, stage);
          user++;
        }
        expect(user).toBe(115);
        expect(exposures).toBeGreaterThan(2000);
        expect(Math.abs(cappedThere - capped)).toBeLessThanOrEqual(2);
        const { total } = await gpu.expect(10, 115, stage, world.constant(stage));
        expect(Math.abs(total / expected - 1)).toBeLessThan(SHARE);
      }
      expect(wrong).toEqual([]);
      gpu.close();

      /** A pair that only one side drew: its word is within rounding of its probability. */
      function expectClose(user: number, item: number, stage: Stage): void {
        const word = kernels.raw.wordAt(item, user, STREAMS.exposure[stage], 0, ...keyOf(config)) >>> 0;
        expect(Math.abs(word / 2 ** 32 / (world.exposureRow(user, stage)[item] as number) - 1)).toBeLessThan(SHARE);
      }
    },
  );

  onGpu('a simulation on a GPU makes the clicks of one on the processor, but for what rounding moves', async () => {
    const { data } = plantedRatings({ ...PLANTED_DEFAULTS, users: 80, items: 90, ratingsPerUser: 20 });
    const quick = { rate: 0.01, l2: 0.01, epochs: 3 };
    const config: SimulationConfig = {
      ...SIMULATION_DEFAULTS,
      ...{ dim: 8, relevanceModel: quick, exposureModel: quick, exposuresPerUser: 30 },
    };
    const pairsOf = async (name: string, config: SimulationConfig): Promise<Set<string>> => {
      const origin = { source: 'planted', format: 'planted' };
      const path = join(root, name);
      await writeFolder(path, {}, (folder) => simulate(data, origin, { config, workers: 1 }, folder, silent));
      const made = (await readFolder(path, {})).data;
      return new Set(Array.from(made.user, (user, row) => `${user} ${made.item[row]} ${made.time?.[row]}`));
    };
    const here = await pairsOf('here', config);
    const there = await pairsOf('there', { ...config, backend: 'webgpu' });
    const both = [...here].filter((pair) => there.has(pair)).length;
    // Factors are trained apart, so that probabilities differ by more than one step's rounding; a few draws may.
    expect(both).toBeGreaterThan(0.98 * Math.max(here.size, there.size));
  });

  test.each([
    ['--sampling skip', { sampling: 'skip' }],
    ['--eps2 structured', { eps2: parseNoise('structured:0,0.5', 'eps2') }],
  ] as const)('what a GPU cannot draw is said: %s', async (said, config) => {
    const world = await World.create(state({ ...config, exposure: { name: 'none', settings: {} } }));
    await expect(GpuWorld.create(world)).rejects.toThrow(said);
  });
});

const WORDS = kernels.zeros([4], 'int32');
const keyOf = ({ seed = SIMULATION_DEFAULTS.seed }: Partial<SimulationConfig>): [number, number] => [
  seed >>> 0,
  Math.floor(seed / 2 ** 32),
];
