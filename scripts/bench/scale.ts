import { Worker } from 'node:worker_threads';
import { log, pow } from '../../compute/math.js';
import { sharedFloat32 } from '../../datasets/interactions.js';
import { SIMULATION_DEFAULTS } from '../../simulator/config.js';
import { World } from '../../simulator/world.js';
import type { Stage, WorldState } from '../../simulator/world_state.js';
import type { Benchmark, Figure } from './measure.js';
import { randomFactors } from './random_factors.js';

/** Users, items and exposures a user of each world. */
const WORLDS = [
  [100_000, 10_000, 20],
  [100_000, 100_000, 20],
  [100_000, 100_000, 100],
  [1_000_000, 100_000, 20],
] as const;
const DIM = 16;
/** Users by whom the cost of all pairs is known. */
const ALL_PAIRS = 64;

/** A world with exposure by popularity and normal noise of pairs, as the defaults have it. */
function worldOf(users: number, items: number, exposures: number): WorldState {
  const exposure = randomFactors(users, items, DIM, 'exposure', log(exposures / items) - 0.7);
  // A long tail of popularity, as the items' biases have it.
  const popularity = sharedFloat32(items).map((_, item) => pow(1 + item, -0.9));
  return {
    config: {
      ...SIMULATION_DEFAULTS,
      ...{ sampling: 'skip', exposure: { name: 'popularity', settings: { strength: 0.1 } } },
    },
    ...{ users, items, relevance: randomFactors(users, items, DIM, 'relevance', 3.5), exposure },
    ...{ shift: sharedFloat32(users), firstConstant: 0, time: [0, 1e6] },
    second: { factors: { dim: DIM, x: exposure.user, z: exposure.item }, popularity, constant: 0 },
  };
}

/** Draws a stage for every `step`-th user from `first` on; returns how many were shown. */
export async function drawShare(state: WorldState, stage: Stage, first: number, step: number): Promise<number> {
  const world = await World.create(state);
  let shown = 0;
  for (let user = first; user < state.users; user += step) shown += world.draw(user, stage).count;
  return shown;
}

/** Both stages on two threads. */
async function drawOnTwo(state: WorldState): Promise<{ seconds: number; shown: number }> {
  const started = performance.now();
  let shown = 0;
  for (const stage of [1, 2] as const) {
    const counts = await Promise.all(
      [0, 1].map(
        (first) =>
          new Promise<number>((resolve, reject) => {
            const worker = new Worker(new URL('./scale_worker.js', import.meta.url), {
              workerData: { state, stage, first, step: 2 },
            });
            worker.once('message', resolve);
            worker.once('error', reject);
          }),
      ),
    );
    shown = counts.reduce((sum, count) => sum + count, 0);
  }
  return { seconds: (performance.now() - started) / 1000, shown };
}

/** Seconds that both stages would take by visiting all pairs on two threads, from a few users on one. */
async function allPairs(state: WorldState): Promise<number> {
  const world = await World.create({ ...state, config: { ...state.config, sampling: 'pairs' } });
  const draw = (): void => {
    for (let user = 0; user < ALL_PAIRS; user++) world.draw(user, 2);
  };
  draw();
  const started = performance.now();
  draw();
  return (((performance.now() - started) / 1000) * 2 * state.users) / ALL_PAIRS / 2;
}

/** Draws of both stages without visiting every pair, beside visiting them all. */
export const scale: Benchmark = {
  name: 'scale',
  summary: 'simulations of up to 100 billion pairs: time and memory against users, items and exposures',
  always: false,
  async run() {
    const figures: Figure[] = [];
    for (const [users, items, exposures] of WORLDS) {
      const state = worldOf(users, items, exposures);
      const reference = await allPairs(state);
      const { seconds, shown } = await drawOnTwo(state);
      const size = `${users.toLocaleString('en')} x ${items.toLocaleString('en')}, ${(shown / users).toFixed(0)} shown`;
      figures.push(
        {
          name: size,
          ...{ value: seconds, unit: 's', reference, ratio: reference / seconds, goal: 'minutes' },
          referenceName: 'all pairs, from 64 users',
        },
        {
          name: `${size}: memory so far`,
          ...{ value: process.resourceUsage().maxRSS / 1e6, unit: 'GB', reference: 2, ratio: undefined },
          ...{ goal: '< 2 GB', referenceName: 'the goal' },
        },
      );
    }
    return figures;
  },
};
