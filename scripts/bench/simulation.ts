import { sharedFloat32 } from '../../datasets/interactions.js';
import { SIMULATION_DEFAULTS } from '../../simulator/config.js';
import { World } from '../../simulator/world.js';
import type { Stage, WorldState } from '../../simulator/world_state.js';
import type { Benchmark } from './measure.js';
import { randomFactors } from './random_factors.js';

const [USERS, ITEMS, DIM] = [6040, 3706, 32];

/** A world of the size of MovieLens-1M with about five percent of pairs shown. */
export function benchWorld(exposure: string = 'affinity'): WorldState {
  const factors = randomFactors(USERS, ITEMS, DIM, 'exposure', -4);
  return {
    config: {
      ...SIMULATION_DEFAULTS,
      eps1: { kind: 'normal', location: 4, scale: 0.5 },
      eps2: { kind: 'normal', location: 0, scale: 0.5 },
      exposure: { name: exposure, settings: {} },
    },
    users: USERS,
    items: ITEMS,
    relevance: randomFactors(USERS, ITEMS, DIM, 'relevance', 3.5),
    exposure: factors,
    shift: sharedFloat32(USERS),
    firstConstant: 0,
    second: {
      factors: { dim: DIM, x: factors.user, z: factors.item },
      popularity: sharedFloat32(ITEMS).fill(0.5),
      constant: 0,
    },
    time: [0, 1e6],
  };
}

/** Pairs a second of both stages in plain JavaScript with Math.random, over the first users. */
function plainRate(state: WorldState, users: number): number {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const dot = (a: Float32Array, u: number, b: Float32Array, i: number): number => {
    let sum = 0;
    for (let k = 0; k < DIM; k++) sum += (a[u * DIM + k] as number) * (b[i * DIM + k] as number);
    return sum;
  };
  const { relevance, exposure } = state;
  let clicks = 0;
  const start = performance.now();
  for (const stage of [1, 2] as const) {
    for (let u = 0; u < users; u++) {
      for (let i = 0; i < ITEMS; i++) {
        const logit =
          dot(exposure.user, u, exposure.item, i) + (exposure.userBias[u] as number) + (exposure.itemBias[i] as number);
        let log = Math.min(0, -Math.log(1 + Math.exp(-logit)) + 0.5 * normal());
        if (stage === 2) log = Math.min(0, log + 0.5 * dot(exposure.user, u, exposure.item, i));
        if (Math.random() >= Math.exp(log)) continue;
        const rating =
          dot(relevance.user, u, relevance.item, i) +
          (relevance.userBias[u] as number) +
          (relevance.itemBias[i] as number);
        if (Math.random() < 1 / (1 + Math.exp(4 + 0.5 * normal() - rating))) clicks++;
      }
    }
  }
  return clicks > 0 ? (users * ITEMS) / (performance.now() - start) / 1000 : 0;
}

/** Both stages' draws over 6,040 x 3,706 pairs with per-pair normal eps1 and eps2 and `affinity`, one thread. */
export const simulation: Benchmark = {
  name: 'simulation',
  summary: 'drawing both stages over 22 million pairs',
  always: true,
  async run() {
    const state = benchWorld();
    const truth = await World.create(state);
    const drawAll = (stage: Stage): number => {
      let shown = 0;
      for (let user = 0; user < USERS; user++) shown += truth.draw(user, stage).count;
      return shown;
    };
    drawAll(1);
    const start = performance.now();
    drawAll(1);
    drawAll(2);
    const value = (USERS * ITEMS) / (performance.now() - start) / 1000;
    plainRate(state, 20);
    const reference = plainRate(state, 100);
    return [
      {
        name: 'simulation, both stages',
        value,
        unit: 'million pairs/s',
        reference,
        referenceName: 'plain JavaScript',
        ratio: value / reference,
        goal: '25 million pairs/s',
      },
    ];
  },
};
