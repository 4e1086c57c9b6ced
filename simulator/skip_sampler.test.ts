import { describe, expect, test } from '@jest/globals';
import { stream, WasmKernels } from '../compute/index.js';
import { sharedFloat32 } from '../datasets/interactions.js';
import { ballsOf, largestIn, makeBlocks } from './blocks.js';
import type { Curve } from './calibration.js';
import { SIMULATION_DEFAULTS, type SimulationConfig } from './config.js';
import type { Factors } from './factors.js';
import { SplitNormal } from './split_noise.js';
import { World } from './world.js';
import type { Stage, WorldState } from './world_state.js';

const [USERS, ITEMS, DIM] = [400, 300, 6];
const kernels = new WasmKernels();

function normal(name: string, size: number, scale: number, location = 0): Float32Array {
  const out = kernels.zeros([size]);
  kernels.drawNormal(out, { seed: 7, stream: stream(`test ${name}`) }, location, scale);
  const shared = sharedFloat32(size);
  shared.set(kernels.floats(out));
  return shared;
}

const factors = (name: string, bias: number): Factors => ({
  dim: DIM,
  user: normal(`${name} user`, USERS * DIM, 0.5),
  item: normal(`${name} item`, ITEMS * DIM, 0.5),
  userBias: normal(`${name} user bias`, USERS, 0.5, bias),
  itemBias: normal(`${name} item bias`, ITEMS, 1),
});
const [RELEVANCE, EXPOSURE] = [factors('relevance', 3.5), factors('exposure', -3)];
const ZED = { dim: DIM, x: normal('x', USERS * DIM, 0.7), z: normal('z', ITEMS * DIM, 0.7) };
const POPULARITY = sharedFloat32(ITEMS).map((_, item) => 1 / (1 + (item % 50)));

function state(config: Partial<SimulationConfig>, source?: string, constants = [0, 0]): WorldState {
  return {
    config: { ...SIMULATION_DEFAULTS, sampling: 'skip', ...config },
    ...{ users: USERS, items: ITEMS, relevance: RELEVANCE, exposure: EXPOSURE, shift: sharedFloat32(USERS) },
    firstConstant: constants[0] as number,
    second: { factors: ZED, popularity: POPULARITY, constant: constants[1] as number, source },
    time: [0, 1000],
  };
}

/**
 * All pairs of a world: what was drawn against the probabilities, in standard errors; in all, for each tenth of the pairs by probability, and
 * for products of neighbours in blocks, which are 0 in the mean where items are drawn independently.
 */
async function errors(world: World, stage: Stage): Promise<number[]> {
  const p = new Float64Array(USERS * ITEMS);
  const drawn = new Uint8Array(USERS * ITEMS);
  const { order } = makeBlocks(ITEMS, [{ dim: DIM, values: EXPOSURE.item }]);
  let [capped, wrong] = [0, 0];
  for (let user = 0; user < USERS; user++) {
    p.set(world.exposureRow(user, stage), user * ITEMS);
    const { items, count, exposure, capped: own } = world.draw(user, stage);
    capped += own;
    for (let k = 0; k < count; k++) {
      const pair = user * ITEMS + (items[k] as number);
      drawn[pair] = 1;
      if (Math.abs((exposure[k] as number) - (p[pair] as number)) > 1e-5) wrong++;
      if (k > 0 && (items[k] as number) <= (items[k - 1] as number)) wrong++;
    }
  }
  // The probability that is told is the pair's, and items are in order.
  expect(wrong).toBe(0);
  // Both round a little differently just below 1.
  expect(Math.abs(capped - p.filter((value) => value === 1).length)).toBeLessThanOrEqual(2);
  const sums = Array.from({ length: 12 }, () => ({ difference: 0, variance: 0 }));
  const add = (place: number, difference: number, variance: number): void => {
    const sum = sums[place] as (typeof sums)[number];
    sum.difference += difference;
    sum.variance += variance;
  };
  const ranked = Float64Array.from(p).sort();
  const limits = Array.from({ length: 9 }, (_, k) => ranked[Math.floor(((k + 1) * p.length) / 10)] as number);
  p.forEach((value, pair) => {
    const [difference, variance] = [(drawn[pair] as number) - value, value * (1 - value)];
    add(0, difference, variance);
    add(1 + limits.filter((limit) => value > limit).length, difference, variance);
  });
  for (let user = 0; user < USERS; user++) {
    for (let k = 1; k < ITEMS; k++) {
      const [a, b] = [user * ITEMS + (order[k - 1] as number), user * ITEMS + (order[k] as number)];
      const [u, v] = [p[a] as number, p[b] as number];
      add(11, ((drawn[a] as number) - u) * ((drawn[b] as number) - v), u * (1 - u) * v * (1 - v));
    }
  }
  return sums.map(({ difference, variance }) => (variance > 0.5 ? difference / Math.sqrt(variance) : 0));
}

/** Of 12 tests a world, one is beyond 5.5 standard errors by chance once in two million. */
const SURE = 5.5;
const OWN = 'export const bound = 1; export default (x, z, { dot }) => Math.min(1, dot);';

describe('drawing without visiting every pair', () => {
  const cases: [name: string, config: Partial<SimulationConfig>, source?: string][] = [
    ['no e(x, z)', {}],
    ['popularity', { exposure: { name: 'popularity', settings: { strength: 1 } } }],
    ['popularity turned round', { exposure: { name: 'popularity', settings: { strength: -1 } } }],
    ['affinity', { exposure: { name: 'affinity', settings: { strength: 1 } } }],
    ['bubble', { exposure: { name: 'bubble', settings: { strength: 2, clusters: 5 } } }],
    ['bubble turned round', { exposure: { name: 'bubble', settings: { strength: -2, clusters: 5 } } }],
    ['a formula', { exposure: { name: 'expression', settings: { formula: 'min(dot, 1)', bound: 1 } } }],
    ['a function of the user', { exposure: { name: 'own', settings: {} } }, OWN],
    ['much noise', { eps2: { kind: 'normal', location: -1, scale: 1.5 } }],
    ['noise of users', { eps2: { kind: 'per-user', location: 0, scale: 1 } }],
    ['noise of items', { eps2: { kind: 'per-item', location: 0, scale: 1 } }],
    ['no noise, and a power', { eps2: { kind: 'constant', location: 0.3, scale: 0 }, power: 2 }],
  ];

  // Whole rows: a case without a source must not be given a callback in its place.
  const whole = cases.map(([name, config, source]) => ({ name, config, source }));
  test.each(whole)('$name: as often as the probability says, each pair on its own', async ({ config, source }) => {
    const world = await World.create(state(config, source));
    for (const stage of [1, 2] as const) {
      for (const error of await errors(world, stage)) expect(Math.abs(error)).toBeLessThan(SURE);
    }
  });

  test('with constants of both stages, many pairs capped among them', async () => {
    const world = await World.create(
      state({ exposure: { name: 'affinity', settings: { strength: 2 } } }, undefined, [2, 0.7]),
    );
    for (const error of await errors(world, 2)) expect(Math.abs(error)).toBeLessThan(SURE);
  });

  test.each([
    ['normal noise, popularity', { exposure: { name: 'popularity', settings: { strength: 1 } } }],
    [
      'noise of items, affinity',
      { eps2: { kind: 'per-item', location: 0, scale: 1 }, exposure: { name: 'affinity', settings: {} } },
    ],
    ['noise of users, a power', { eps2: { kind: 'per-user', location: 0, scale: 1 }, power: 1.5 }],
  ] as [string, Partial<SimulationConfig>][])('with a calibrated exposure model: %s', async (_name, config) => {
    const curve: Curve = { intercept: 0.4, slope: 0.6, knots: [-4, -2, 0], bends: [1.4, -0.5, -1] };
    const plain = await World.create(state(config));
    const world = await World.create({ ...state(config), curve });
    expect(world.exposureRow(3)).not.toEqual(plain.exposureRow(3));
    for (const stage of [1, 2] as const)
      for (const error of await errors(world, stage)) expect(Math.abs(error)).toBeLessThan(SURE);
  });

  test('a user is drawn alike whoever was drawn before', async () => {
    const [a, b] = [await World.create(state({})), await World.create(state({}))];
    const copy = (world: World, user: number): unknown => {
      const { items, exposure, clicked, time } = world.draw(user, 2);
      return [[...items], [...exposure], [...clicked], [...time]];
    };
    const first = copy(a, 37);
    copy(b, 399);
    copy(b, 2);
    expect(copy(b, 37)).toEqual(first);
    copy(a, 37);
    expect(copy(a, 37)).toEqual(first);
  });

  test.each<[string, Partial<SimulationConfig>, string | undefined, RegExp]>([
    [
      'structured noise',
      { eps2: { kind: 'structured', location: 0, scale: 1 } },
      undefined,
      /cannot bound --eps2 structured/,
    ],
    [
      'an exposure function without a bound',
      { exposure: { name: 'network', settings: {} } },
      undefined,
      /needs a bound on e\(x, z\), which "network" does not have: use none, popularity/,
    ],
    [
      'a function of the user without one',
      { exposure: { name: 'own', settings: {} } },
      'export default () => 1;',
      /needs a bound on e/,
    ],
  ])('%s is refused', async (_name, config, source, message) => {
    await expect(World.create(state(config, source))).rejects.toThrow(message);
  });

  test('a function above its bound is told of, with the pair', async () => {
    const source = 'export const bound = 0.1; export default (x, z, { dot }) => dot;';
    const world = await World.create(state({ exposure: { name: 'own', settings: {} } }, source));
    const drawAll = (): void => {
      for (let user = 0; user < USERS; user++) world.draw(user, 2);
    };
    expect(drawAll).toThrow(/returned [\d.]+ for user \d+, item \d+: its bound says at most 0\.1/);
  });
});

describe('blocks', () => {
  const vectors = { dim: DIM, values: EXPOSURE.item };
  const blocks = makeBlocks(ITEMS, [vectors]);

  test('hold every item once, sixteen at most', () => {
    expect([...blocks.order].sort((a, b) => a - b)).toEqual(Array.from({ length: ITEMS }, (_, item) => item));
    const sizes = Array.from(
      { length: blocks.count },
      (_, b) => (blocks.starts[b + 1] as number) - (blocks.starts[b] as number),
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
  });

  test('bound every product by centre and radius, and every number by the largest', () => {
    const { centres, radii } = ballsOf(blocks, vectors);
    const largest = largestIn(blocks, EXPOSURE.itemBias);
    for (let b = 0; b < blocks.count; b++) {
      for (const item of blocks.order.subarray(blocks.starts[b], blocks.starts[b + 1])) {
        expect(EXPOSURE.itemBias[item]).toBeLessThanOrEqual(largest[b] as number);
        for (let user = 0; user < 20; user++) {
          let [dot, bound, squared] = [0, 0, 0];
          for (let k = 0; k < DIM; k++) {
            const x = EXPOSURE.user[user * DIM + k] as number;
            dot += x * (EXPOSURE.item[item * DIM + k] as number);
            bound += x * (centres[k * blocks.count + b] as number);
            squared += x * x;
          }
          expect(dot).toBeLessThanOrEqual(bound + Math.sqrt(squared) * (radii[b] as number) + 1e-6);
        }
      }
    }
  });
});

describe('normal noise with its tail as a class of its own', () => {
  const [columns, rows] = [2000, 300];
  const noise = new SplitNormal(kernels, { kind: 'normal', location: 0, scale: 1 }, 'eps2', 3, columns);
  const out = kernels.zeros([columns]);
  const values = new Float64Array(columns * rows);
  for (let user = 0; user < rows; user++) {
    noise.row(user, out);
    values.set(kernels.floats(out), user * columns);
  }

  test('is normal: by Kolmogorov and Smirnov, wrong once in a million', () => {
    const sorted = Float64Array.from(values).sort();
    let [largest, n] = [0, sorted.length];
    const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    // The distribution function by integrating the density from point to point, with Simpson's rule.
    let [from, below] = [-9, 0];
    sorted.forEach((x, k) => {
      if (k % 50 !== 0) return;
      const steps = Math.max(2, 2 * Math.ceil((x - from) / 0.02));
      const h = (x - from) / steps;
      let sum = density(from) + density(x);
      for (let s = 1; s < steps; s++) sum += (s % 2 === 1 ? 4 : 2) * density(from + s * h);
      below += (sum * h) / 3;
      from = x;
      largest = Math.max(largest, Math.abs(below - k / n));
    });
    n = sorted.length;
    expect(largest).toBeLessThan(2.7 / Math.sqrt(n)); // 2 exp(-2 x^2) is below a millionth
  });

  test('its tail is as heavy as the normal one, and known beforehand', () => {
    let [count, wrong] = [0, 0];
    for (let user = 0; user < rows; user++) {
      const tail = noise.tail(user);
      count += tail.size;
      for (let item = 0; item < columns; item++) {
        const value = values[user * columns + item] as number;
        const own = tail.get(item);
        if (own === undefined ? value > noise.bound : value !== Math.fround(own)) wrong++;
      }
    }
    expect(wrong).toBe(0);
    const expected = columns * rows * 2.3262907903552504e-4;
    expect(Math.abs(count - expected) / Math.sqrt(expected)).toBeLessThan(5);
  });

  test('of listed items it is that of the row', () => {
    const list = Int32Array.from([5, 17, 1999, 0, ...noise.tail(9).keys()]);
    const [items, some] = [kernels.tensor(list), kernels.zeros([list.length + 16])];
    noise.listed(9, items, list.length, some);
    expect([...kernels.floats(some).subarray(0, list.length)]).toEqual(
      Array.from(list, (item) => values[9 * columns + item]),
    );
  });
});
