import { describe, expect, test } from '@jest/globals';
import { stream, WasmKernels } from '../compute/index.js';
import { type NoiseSpec, SIMULATION_DEFAULTS } from './config.js';
import type { Factors } from './factors.js';
import { World } from './world.js';

const [users, items, dim] = [6, 37, 4];

function drawn(name: string, count: number): Float32Array {
  const kernels = new WasmKernels();
  const out = kernels.zeros([count]);
  kernels.drawNormal(out, { seed: 1, stream: stream(name) }, 0, 1);
  return kernels.floats(out).slice();
}

const factors = (name: string): Factors => ({
  dim,
  user: drawn(`${name} user`, users * dim),
  item: drawn(`${name} item`, items * dim),
  userBias: drawn(`${name} user bias`, users),
  itemBias: drawn(`${name} item bias`, items),
});

const worldOf = (kind: NoiseSpec['kind']): Promise<World> =>
  World.create({
    config: { ...SIMULATION_DEFAULTS, dim, eps1: { kind, location: 0.3, scale: 0.8 } },
    ...{ users, items, relevance: factors('relevance'), exposure: factors('exposure') },
    shift: new Float32Array(users),
    firstConstant: 0,
    time: [0, 1],
  });

/** Items from the highest to the lowest. */
const order = (scores: Float32Array): number[] =>
  Array.from(scores, (_, item) => item).sort((a, b) => (scores[b] as number) - (scores[a] as number));

describe('relevance of a simulated world', () => {
  test.each(['constant', 'normal', 'per-user', 'per-item', 'structured'] as const)(
    'with %s noise, that of listed items is that of the row',
    async (kind) => {
      const world = await worldOf(kind);
      const listed = Int32Array.of(36, 0, 5, 17, 5);
      for (let user = 0; user < users; user++) {
        const row = world.relevanceRow(user);
        expect(world.relevanceOf(user, listed)).toEqual(Float32Array.from(listed, (item) => row[item] as number));
      }
    },
  );

  test.each(['constant', 'per-user', 'per-item', 'structured'] as const)(
    'with %s noise all of its order can be learned',
    async (kind) => {
      const world = await worldOf(kind);
      for (let user = 0; user < users; user++)
        expect(order(world.learnableRow(user))).toEqual(order(world.relevanceRow(user)));
    },
  );

  test('noise of pairs cannot be learned: what can is the order without it', async () => {
    const [noisy, still] = [await worldOf('normal'), await worldOf('constant')];
    for (let user = 0; user < users; user++) {
      expect(order(noisy.learnableRow(user))).toEqual(order(still.relevanceRow(user)));
      expect(order(noisy.relevanceRow(user))).not.toEqual(order(noisy.learnableRow(user)));
    }
  });
});
