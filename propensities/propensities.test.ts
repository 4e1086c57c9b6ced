import { describe, expect, test } from '@jest/globals';
import { WasmKernels } from '../compute/index.js';
import { popularityPropensity } from '../models/losses.js';
import { pairsOf } from '../models/pairs.js';
import { TRAINER_DEFAULTS } from '../models/trainer.js';
import type { TrainContext } from './context.js';
import { builtInModels, propensityNamed } from './registry.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const train = {
  users: 3,
  itemCount: 4,
  starts: Int32Array.of(0, 3, 5, 6),
  items: Int32Array.of(0, 1, 2, 0, 1, 0),
};

/** p_exp[3 users, 4 items] of a world. */
const TRUTH = [
  [0.5, 0.1, 0.2, 0.3],
  [0.4, 0.6, 0.7, 0.8],
  [0.9, 0.15, 0.25, 0.35],
];

describe('propensities that are not trained', () => {
  const kernels = new WasmKernels();
  const columns = { user: Int32Array.of(0, 2, 1, 1), item: Int32Array.of(0, 1, 2, 3) };
  const pairs = pairsOf(
    kernels,
    { users: kernels.tensor(columns.user), items: kernels.tensor(columns.item) },
    { users: 3, items: 4 },
  );
  const world = {
    state: { users: 3, items: 4 },
    exposureRow: (user: number) => Float32Array.from(TRUTH[user] as number[]),
  };
  const context = { kernels, train, world } as unknown as TrainContext;
  const made = (name: string) => propensityNamed(name, builtInModels).create(context, TRAINER_DEFAULTS, '');

  test('Pop: the root of the share of the most popular; an item without clicks counts as one with one', async () => {
    const expected = [1, Math.sqrt(2 / 3), Math.sqrt(1 / 3), Math.sqrt(1 / 3)];
    popularityPropensity(train).forEach((p, item) => expect(p).toBeCloseTo(expected[item] as number, 6));
    const pop = await made('pop');
    const logits = kernels.floats(pop.logits(pairs) as never).slice();
    expected.slice(1).forEach((p, k) => expect(sigmoid(logits[k + 1] as number)).toBeCloseTo(p, 5));
    expect(sigmoid(logits[0] as number)).toBeGreaterThan(0.99999);
    const probabilities = kernels.floats(pop.probabilities(pairs) as never).slice();
    expected.forEach((p, k) => expect(probabilities[k]).toBeCloseTo(p, 6));
    const asked = await pop.of({ ...columns, before: 'test', wide: 1 });
    expected.forEach((p, k) => expect(asked[k]).toBeCloseTo(p, 6));
  });

  test('the oracle: the entry of each pair', async () => {
    const oracle = await made('oracle');
    const logits = kernels.floats(oracle.logits(pairs) as never).slice();
    const asked = await oracle.of({ ...columns, before: 'test', wide: 1 });
    [0.5, 0.15, 0.7, 0.8].forEach((p, k) => {
      expect(sigmoid(logits[k] as number)).toBeCloseTo(p, 6);
      expect(asked[k]).toBeCloseTo(p, 6);
    });
  });
});

test('what gives no probability is refused, with those that do', () => {
  expect(() => propensityNamed('EASE', builtInModels)).toThrow(
    /one of Pop, oracle, PopSigmoid, MF, GMF, .*: EASE gives no probability/,
  );
  expect(() => propensityNamed('GMFF', builtInModels)).toThrow(/unknown model "GMFF": did you mean GMF\?/);
});
