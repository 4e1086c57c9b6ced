import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Features, featureTable } from '../datasets/features.js';
import type { Interactions } from '../datasets/interactions.js';
import { PLANTED_DEFAULTS, type PlantedTruth, plantedRatings } from '../datasets/planted.js';
import { readFolder } from '../datasets/store.js';
import { numbersOf, readTable } from '../support/arrow.js';
import { writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { rankCorrelation } from '../support/statistics.js';
import { testFolder } from '../support/test_folder.js';
import { NOISE_KINDS, PRESETS, parseNoise, SIMULATION_DEFAULTS, type SimulationConfig } from './config.js';
import { shardUsers } from './draws.js';
import { bundleExposure } from './exposure/load.js';
import { exposureFunctions } from './exposure/registry.js';
import { simulateInMemory } from './in_memory.js';
import { inspect } from './inspect.js';
import { type SimulationSummary, simulate } from './simulate.js';
import type { World } from './world.js';
import { readWorld } from './world_files.js';

const root = testFolder();
const SIZES = { users: 400, items: 300 };
const planted: { data: Interactions; truth: PlantedTruth } = plantedRatings({
  ...PLANTED_DEFAULTS,
  ...SIZES,
  ratingsPerUser: 60,
});
const origin = { source: 'planted', format: 'planted' };
const short = { ...SIMULATION_DEFAULTS.exposureModel, epochs: 15 };
const QUICK: SimulationConfig = { ...SIMULATION_DEFAULTS, dim: 8, exposureModel: short };

/** Simulates from the planted ratings into a folder of the given name. */
async function run(
  name: string,
  settings: Partial<SimulationConfig> = {},
  options: { workers?: number; source?: string; exposures?: boolean; features?: Partial<Features> } = {},
): Promise<{ path: string; summary: SimulationSummary }> {
  const path = join(root, name);
  const config = { ...QUICK, ...settings };
  const summary = await writeFolder(path, {}, (folder) =>
    simulate(planted.data, origin, { workers: 2, ...options, config }, folder, silent),
  );
  return { path, summary };
}

const hashes = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path).map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(path, file)))
        .digest('hex'),
    ]),
  );

async function exposuresOf(path: string): Promise<{ pairs: Map<number, number>; probability: Float32Array }> {
  const file = join(path, 'exposures.arrow');
  const table = await readTable(file);
  const n = table.numRows;
  const [user, item] = [
    numbersOf(table, 'user', new Int32Array(n), file),
    numbersOf(table, 'item', new Int32Array(n), file),
  ];
  return {
    pairs: new Map(Array.from(user, (u, r) => [u * SIZES.items + (item[r] as number), r])),
    probability: numbersOf(table, 'p_exposure', new Float32Array(n), file),
  };
}

describe('a simulation', () => {
  let path: string;
  let summary: SimulationSummary;
  let world: World;
  let data: Interactions;

  beforeAll(async () => {
    ({ path, summary } = await run(
      'base',
      { dim: 16, exposure: { name: 'affinity', settings: { strength: 0.5 } } },
      { exposures: true },
    ));
    world = await readWorld(path);
    ({ data } = await readFolder(path));
  });

  test('the same seed gives the same bytes', async () => {
    const settings = { dim: 16, exposure: { name: 'affinity', settings: { strength: 0.5 } } };
    const again = await run('again', settings, { exposures: true });
    expect(hashes(again.path)).toEqual(hashes(path));
  });

  test('and so do one worker and three, of a world that is drawn in two runs of users', async () => {
    const model = { ...short, epochs: 1 };
    const rare = { kind: 'constant', location: -4, scale: 0 } as const;
    const settings = { ...QUICK, dim: 4, relevanceModel: model, exposureModel: model, eps2: rare };
    const config = { ...settings, exposure: { name: 'affinity', settings: { strength: 0.5 } } };
    const wide = plantedRatings({ ...PLANTED_DEFAULTS, users: 1100, items: 2000, ratingsPerUser: 5 }).data;
    const runs = { config, users: 1100, items: 2000 };
    expect(() => shardUsers(runs, 1, 3)).toThrow(/drawn in 2 runs/);
    const found = [1, 3].map(async (workers) => {
      const out = join(root, `wide ${workers}`);
      await writeFolder(out, {}, (folder) =>
        simulate(wide, origin, { config, workers, exposures: true }, folder, silent),
      );
      return hashes(out);
    });
    const [one, three] = [await found[0], await found[1]];
    expect(Object.keys(one ?? {})).toContain('exposures.arrow');
    expect(three).toEqual(one);
  });

  test('clicks and exposures are drawn at p_rel p_exp and p_exp (five standard errors)', () => {
    let [clicks, clickVariance, exposures, exposureVariance] = [0, 0, 0, 0];
    for (let user = 0; user < SIZES.users; user++) {
      const [relevance, exposure] = [world.relevanceRow(user), world.exposureRow(user)];
      for (let item = 0; item < SIZES.items; item++) {
        const o = exposure[item] as number;
        const p = o * (relevance[item] as number);
        clicks += p;
        clickVariance += p * (1 - p);
        exposures += o;
        exposureVariance += o * (1 - o);
      }
    }
    expect(Math.abs(summary.second.clicks - clicks)).toBeLessThan(5 * Math.sqrt(clickVariance));
    expect(Math.abs(summary.second.exposures - exposures)).toBeLessThan(5 * Math.sqrt(exposureVariance));
    expect(data.user.length).toBe(summary.second.clicks);
  });

  test('calibrated classes of p_exp are shown as often as they say (five standard errors each)', async () => {
    const { pairs } = await exposuresOf(path);
    const classes = Array.from({ length: 10 }, () => ({ shown: 0, expected: 0, variance: 0 }));
    for (let user = 0; user < SIZES.users; user++) {
      world.exposureRow(user).forEach((p, item) => {
        const one = classes[Math.min(9, Math.floor(p * 10))] as (typeof classes)[number];
        one.shown += Number(pairs.has(user * SIZES.items + item));
        one.expected += p;
        one.variance += p * (1 - p);
      });
    }
    for (const { shown, expected, variance } of classes) {
      expect(Math.abs(shown - expected)).toBeLessThanOrEqual(5 * Math.sqrt(variance) + 1e-9);
    }
  });

  test('the loaded world answers the probabilities that the tables hold, to the bit', async () => {
    const { relevance, exposure } = world.probabilities(data.user, data.item);
    expect(relevance).toEqual(Float32Array.from(data.truth?.relevance ?? []));
    expect(exposure).toEqual(Float32Array.from(data.truth?.exposure ?? []));
    const { pairs, probability } = await exposuresOf(path);
    for (const [pair, row] of [...pairs].slice(0, 200)) {
      expect(world.exposureRow(Math.floor(pair / SIZES.items))[pair % SIZES.items]).toBe(probability[row]);
    }
    expect(() => world.probabilities([SIZES.users], [0])).toThrow(RangeError);
  });

  test('the bound that saves work never loses a draw: exposures are just the pairs whose word is below p', async () => {
    const { pairs } = await exposuresOf(path);
    const key = (await import('../compute/index.js')).stream('simulator exposure 2');
    for (let user = 0; user < SIZES.users; user += 40) {
      world.exposureRow(user).forEach((p, item) => {
        const word = world.kernels.raw.wordAt(item, user, key, 0, QUICK.seed, 0) >>> 0;
        expect(pairs.has(user * SIZES.items + item)).toBe(word < Math.min(4294967295, Math.floor(p * 4294967296)));
      });
    }
  });

  test('leave-last-two by drawn time', () => {
    const last = new Map<number, { time: number; split: number }>();
    data.user.forEach((user, row) => {
      const time = data.time?.[row] as number;
      if (time >= (last.get(user)?.time ?? 0)) last.set(user, { time, split: data.split?.[row] as number });
    });
    const tests = [...last.values()].filter(({ split }) => split === 2).length;
    expect(tests).toBe(summary.splits['test']);
    expect(tests + summary.shortUsers).toBe(last.size);
  });

  test('inspect agrees with itself', async () => {
    const inspection = await inspect(path);
    expect(inspection.clicks).toBe(summary.second.clicks);
    expect(inspection.exposures).toBe(summary.second.exposures);
    expect(Math.abs(inspection.sampled.standardErrors)).toBeLessThan(5);
    expect(inspection.agreement).toBeGreaterThan(0.8);
    expect(inspection.picture).toMatch(/^<svg/);
  });
});

test('relevance and exposure models recover the planted truth: rank correlation over pairs above 0.85', async () => {
  // Without noise, which would hide the models; a tenth of a larger world's pairs.
  const noise = { kind: 'constant', location: 0, scale: 0 } as const;
  const big = plantedRatings({ ...PLANTED_DEFAULTS, users: 1500, items: 500, ratingsPerUser: 80 });
  const config = {
    ...SIMULATION_DEFAULTS,
    dim: 16,
    factors: 'kept',
    eps1: { ...noise, location: 3 },
    eps2: noise,
  } as const;
  const path = join(root, 'recovery');
  await writeFolder(path, {}, (folder) => simulate(big.data, origin, { config, workers: 2 }, folder, silent));
  const world = await readWorld(path);
  const [rating, shown, relevance, exposure] = [[], [], [], []] as [number[], number[], number[], number[]];
  for (let user = 0; user < 1500; user += 10) {
    relevance.push(...world.relevanceRow(user));
    exposure.push(...world.exposureRow(user));
    for (let item = 0; item < 500; item++) {
      rating.push(big.truth.rating(user, item));
      shown.push(big.truth.exposure(user, item));
    }
  }
  expect({
    relevance: rankCorrelation(rating, relevance) > 0.85,
    exposure: rankCorrelation(shown, exposure) > 0.85,
  }).toEqual({ relevance: true, exposure: true });
});

test('common random numbers: a pair with the same p_exp under two functions meets the same fate', async () => {
  const all = await run('crn-none', { factors: 'kept' }, { exposures: true });
  const top = await run(
    'crn-policy',
    { factors: 'kept', volume: 'free', exposure: { name: 'policy', settings: { k: 50, exploration: 0.1 } } },
    { exposures: true },
  );
  const [a, b] = [await exposuresOf(all.path), await exposuresOf(top.path)];
  expect(b.pairs.size).toBeLessThan(a.pairs.size);
  // Exploration only lowers p_exp, so whatever is shown under the policy is shown without it.
  for (const pair of b.pairs.keys()) expect(a.pairs.has(pair)).toBe(true);
  const [first, second] = [await readWorld(all.path), await readWorld(top.path)];
  let same = 0;
  for (let user = 0; user < 50; user++) {
    const [p, q] = [first.exposureRow(user), second.exposureRow(user)];
    p.forEach((value, item) => {
      if (value !== q[item]) return;
      same++;
      expect(a.pairs.has(user * SIZES.items + item)).toBe(b.pairs.has(user * SIZES.items + item));
    });
  }
  expect(same).toBeGreaterThanOrEqual(50 * 50);
});

test('a wished density is met within 0.1 percent in expectation', async () => {
  const { path, summary } = await run('density', {
    exposuresPerUser: 25,
    exposure: { name: 'popularity', settings: { strength: -0.7 } },
  });
  const world = await readWorld(path);
  for (const stage of [1, 2] as const) {
    let expected = 0;
    for (let user = 0; user < SIZES.users; user++) for (const p of world.exposureRow(user, stage)) expected += p;
    expect(expected / (25 * SIZES.users)).toBeCloseTo(1, 3);
  }
  expect(summary.second.constant).not.toBe(0);
});

test('stage two keeps the exposures of e = 0, whatever constant e has; e alone gives what it makes of them', async () => {
  const expected = async (path: string, stage: 1 | 2): Promise<number> => {
    const world = await readWorld(path);
    let sum = 0;
    for (let user = 0; user < SIZES.users; user++) for (const p of world.exposureRow(user, stage)) sum += p;
    return sum;
  };
  const formula = (text: string) => ({ exposure: { name: 'expression', settings: { formula: text } } });
  const kept = await run('kept', { factors: 'kept', ...formula('popularity') });
  const moved = await run('kept-moved', { factors: 'kept', ...formula('popularity + 1000') });
  const free = await run('freed', { factors: 'kept', volume: 'free', ...formula('popularity') });
  const atZero = await expected(kept.path, 1);
  expect((await expected(kept.path, 2)) / atZero).toBeCloseTo(1, 3);
  expect((await expected(moved.path, 2)) / atZero).toBeCloseTo(1, 3);
  expect(moved.summary.second.constant).toBeCloseTo(kept.summary.second.constant - 1000, 1);
  const alone = await expected(free.path, 2);
  expect(Math.abs(alone / atZero - 1)).toBeGreaterThan(0.1);
  const near = (value: number) => expect.closeTo(value, -1);
  expect(kept.summary.volume).toEqual({ atZero: near(atZero), alone: near(alone), exposures: near(atZero) });
  expect(free.summary.volume).toEqual({ atZero: near(atZero), alone: near(alone), exposures: near(alone) });
  expect(free.summary.second.constant).toBe(0);
});

describe('exposure functions', () => {
  const settings: Record<string, Record<string, number | string>> = {
    expression: { formula: '0.3 * dot - 2 * share + (x[0] > 0 ? 0.1 : -z[1]) - min(norm_x, tanh(1))' },
    recency: { column: 'year' },
    group: { item: 'kind=a' },
  };
  const { itemIds } = planted.data;
  const features = {
    items: featureTable('item', itemIds, {
      year: itemIds.map((_, item) => 1950 + (item % 60)),
      kind: itemIds.map((_, item) => (item % 3 === 0 ? 'a' : 'b')),
    }),
  };

  test.each(exposureFunctions.names)('%s: finite, deterministic, and does what it says', async (name) => {
    const { path, summary } = await run(
      `function-${name}`,
      { factors: 'kept', volume: 'free', exposure: { name, settings: settings[name] ?? {} } },
      { features },
    );
    expect(summary.second.clicks).toBeGreaterThan(0);
    const world = await readWorld(path);
    const ratio = (user: number): number[] => {
      const [before, after] = [world.exposureRow(user, 1), world.exposureRow(user, 2)];
      return Array.from(after, (p, item) => Math.log(p / (before[item] as number)));
    };
    const e = [ratio(0), ratio(17)];
    for (const row of e) for (const value of row) expect(Number.isNaN(value)).toBe(false);
    // Capped pairs fall short of e; the others show it.
    const values = (row: number[]): number[] => [...new Set(row.map((value) => Math.round(value * 1000)))];
    if (name === 'none') expect(values(e[0] as number[])).toEqual([0]);
    if (name === 'bubble') expect(Math.max(...(e[0] as number[]))).toBeCloseTo(1, 4);
    if (name === 'policy') {
      const outside = (e[1] as number[]).filter((value) => Math.abs(value - Math.log(0.1)) < 1e-4).length;
      expect(outside).toBe(SIZES.items - 100);
    }
    if (name === 'popularity') {
      const popularity = world.state.second?.popularity as Float32Array;
      const free = (e[0] as number[])
        .map((_, item) => item)
        .filter((item) => (world.exposureRow(0)[item] as number) < 1);
      const slope = rankCorrelation(
        free.map((item) => popularity[item] as number),
        free.map((item) => e[0]?.[item] as number),
      );
      expect(slope).toBeGreaterThan(0.99);
    }
    if (name === 'affinity') {
      const { x, z, dim } = (world.state.second as NonNullable<typeof world.state.second>).factors;
      const free = (e[1] as number[])
        .map((_, item) => item)
        .filter((item) => (world.exposureRow(17)[item] as number) < 1);
      const dots = free.map((item) => {
        let dot = 0;
        for (let k = 0; k < dim; k++) dot += (x[17 * dim + k] as number) * (z[item * dim + k] as number);
        return dot;
      });
      expect(
        rankCorrelation(
          dots,
          free.map((item) => e[1]?.[item] as number),
        ),
      ).toBeGreaterThan(0.99);
    }
    if (name === 'network') expect(e[0]).not.toEqual(e[1]);
  });

  test('a function of the user, for pairs or for blocks, gives what the same formula gives; the world keeps it', async () => {
    const pair = join(root, 'pair.ts');
    writeFileSync(
      pair,
      `import { half } from './half.js';
       interface Context { dot: number; popularity: number }
       export default (x: Float32Array, z: Float32Array, { dot, popularity }: Context): number => half * dot + popularity - x[0]! * z[0]!;`,
    );
    writeFileSync(join(root, 'half.js'), 'export const half = 0.5;');
    const block = join(root, 'block.js');
    writeFileSync(
      block,
      `export function block(x, { items, dim, z, popularity }, out) {
         for (let i = 0; i < items; i++) {
           let dot = 0;
           for (let k = 0; k < dim; k++) dot += x[k] * z[i * dim + k];
           out[i] = 0.5 * dot + popularity[i] - x[0] * z[i * dim];
         }
       }`,
    );
    const own = { factors: 'kept', exposure: { name: 'own', settings: {} } } as const;
    const a = await run('own-pair', own, { source: await bundleExposure(pair) });
    const b = await run('own-block', own, { source: await bundleExposure(block) });
    const c = await run('own-formula', {
      factors: 'kept',
      exposure: { name: 'expression', settings: { formula: '0.5*dot + popularity - x[0]*z[0]' } },
    });
    // Files say which function drew them; what was drawn is the same.
    const [first, ...others] = await Promise.all([a, b, c].map(async ({ path }) => (await readFolder(path)).data));
    for (const other of others) expect({ ...other, name: '' }).toEqual({ ...first, name: '' });
    const world = await readWorld(a.path);
    expect(world.exposureRow(3)).toEqual((await readWorld(c.path)).exposureRow(3));
  });

  test.each([
    ['returns NaN', 'export default () => NaN', /returned NaN for user 0, item 0/],
    ['throws', 'export default () => { throw new Error("oops"); }', /failed for user 0: oops/],
    ['exports nothing', 'export const x = 1', /must export default a function/],
    ['is far above the cap', 'export default () => 1000', /every pair is shown for certain/, 'free'],
    ['hides everything', 'export default () => -Infinity', /drew no click/, 'free'],
    ['hides everything, with its volume kept', 'export default () => -Infinity', /exposures of e = 0 cannot be met/],
  ] as const)('one that %s is refused in a sentence, and nothing is left', async (...given) => {
    const [name, source, message, volume = 'kept'] = given;
    const path = join(root, `bad.js`);
    writeFileSync(path, source);
    const running = run(
      `bad-${name}`,
      { exposure: { name: 'own', settings: {} }, volume },
      { source: await bundleExposure(path) },
    );
    await expect(running).rejects.toThrow(message);
    await expect(running).rejects.toHaveProperty('name', 'UserError');
    expect(existsSync(join(root, `bad-${name}`)) || existsSync(join(root, `bad-${name}.partial`))).toBe(false);
  });

  test('a file that does not parse is refused with its line', async () => {
    const path = join(root, 'syntax.ts');
    writeFileSync(path, 'export default (x) =>\n  x +* 2;\n');
    await expect(bundleExposure(path)).rejects.toThrow(/syntax.ts", line 2: /);
  });

  test.each([
    ['process.exit()', /only the functions themselves can be called/],
    ['dott', /unknown variable "dott": did you mean dot\?/],
    ['x[99]', /only x\[k\] and z\[k\] with k from 0 to 7/],
    ['min(1)', /min takes 2 value\(s\)/],
    ['1 +', /the formula "1 \+"/],
    ['"text"', /is not a number/],
  ])('the formula %s is refused', async (formula, message) => {
    const { compileFormula } = await import('./exposure/formula.js');
    expect(() => compileFormula(formula, 8)).toThrow(message);
  });
});

test('times in milliseconds are refused before anything is drawn', async () => {
  const data = { ...planted.data, time: planted.data.time?.map((t) => t * 1000) };
  const running = writeFolder(join(root, 'milliseconds'), {}, (folder) =>
    simulate(data, origin, { config: QUICK, workers: 1 }, folder, silent),
  );
  await expect(running).rejects.toThrow(/span 1000 years|span 99\d years/);
});

describe('noise', () => {
  test.each(NOISE_KINDS)('%s eps1 and eps2 keep the world consistent with its tables', async (kind) => {
    const noise = { kind, location: 0, scale: kind === 'constant' ? 0 : 0.4 };
    const { path } = await run(`noise-${kind}`, { eps1: { ...noise, location: 4 }, eps2: noise });
    const { data } = await readFolder(path);
    const world = await readWorld(path);
    const { relevance, exposure } = world.probabilities(data.user, data.item);
    expect(relevance).toEqual(Float32Array.from(data.truth?.relevance ?? []));
    expect(exposure).toEqual(Float32Array.from(data.truth?.exposure ?? []));
  });

  test('options are read, or refused with an example', () => {
    expect(parseNoise('normal:4,0.5', 'eps1')).toEqual({ kind: 'normal', location: 4, scale: 0.5 });
    expect(parseNoise('constant:3', 'eps1')).toEqual({ kind: 'constant', location: 3, scale: 0 });
    expect(parseNoise('per-user', 'eps1')).toEqual({ kind: 'per-user', location: 4, scale: 0.5 });
    expect(parseNoise('normal:1', 'eps2')).toEqual({ kind: 'normal', location: 1, scale: 0.5 });
    for (const wrong of ['gauss:1', 'normal:a', 'normal:1,-1', 'constant:1,2', 'normal:1,2,3']) {
      expect(() => parseNoise(wrong, 'eps2')).toThrow(/--eps2 .* e\.g\. normal:4,0\.5/);
    }
  });
});

test('the preset of Saito et al.: p_rel = sigmoid(R - 5), p_exp = p to the power', async () => {
  const { path } = await run('saito', { ...PRESETS['saito']?.settings, power: 2 });
  const square = await readWorld(path);
  const plain = await readWorld((await run('saito-1', { ...PRESETS['saito']?.settings, power: 1 })).path);
  const [p2, p1] = [square.exposureRow(5), plain.exposureRow(5)];
  p2.forEach((p, item) => expect(Math.abs(p - (p1[item] as number) ** 2)).toBeLessThan(1e-6));
  const { relevance } = square.state;
  let rating = (relevance.userBias[5] as number) + (relevance.itemBias[7] as number);
  for (let k = 0; k < relevance.dim; k++)
    rating += (relevance.user[5 * relevance.dim + k] as number) * (relevance.item[7 * relevance.dim + k] as number);
  expect(square.relevanceRow(5)[7]).toBeCloseTo(1 / (1 + Math.exp(5 - rating)), 5);
});

test.each([
  ['popularity', { strength: 0.5 }, 690, 'b008c549fb455814'],
  ['expression', { formula: '0.3*dot - 2*popularity + 0.1*norm_x' }, 232, 'af78e0be65e0a303'],
] as const)('preset paper-1 makes the worlds of 0.5.0, to the bit: %s', async (name, settings, clicks, hash) => {
  const { data: ratings } = plantedRatings({ ...PLANTED_DEFAULTS, users: 80, items: 60, ratingsPerUser: 15 });
  const config = { ...SIMULATION_DEFAULTS, ...PRESETS['paper-1']?.settings, dim: 4, exposure: { name, settings } };
  const { data, effect } = await simulateInMemory(ratings, config);
  expect(data.user.length).toBe(clicks);
  const columns = [data.user, data.item, data.truth?.exposure as Float32Array];
  const drawn = columns.reduce((sum, column) => sum.update(column), createHash('sha256'));
  expect(drawn.digest('hex').slice(0, 16)).toBe(hash);
  expect(effect?.users).toBe(80);
});

test.each(['pairs', 'skip'] as const)(
  "the share of pairs shown for certain is the world's, with e = 0, too: %s",
  async (sampling) => {
    const { path, summary } = await run(`certain-${sampling}`, { exposuresPerUser: 90, sampling });
    const world = await readWorld(path);
    let certain = 0;
    for (let user = 0; user < world.users; user++) for (const p of world.exposureRow(user)) certain += Number(p === 1);
    expect(certain).toBeGreaterThan(100);
    expect(Math.abs(summary.second.cappedShare * world.users * world.items - certain)).toBeLessThanOrEqual(2);
  },
);
