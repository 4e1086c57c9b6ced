import { describe, expect, test } from '@jest/globals';
import { inverse, Matrix } from 'ml-matrix';
import { ParameterFactory, stream, Tape, WasmKernels } from '../compute/index.js';
import type { UserItems } from '../datasets/interactions.js';
import { pairwise } from './bpr.js';
import { numbers, numbersOf, type Precision, sweepAll, sweptWidth } from './inverse.js';
import type { Loss } from './losses.js';
import { ModelScorers } from './model_scorer.js';
import { pairsOf } from './pairs.js';
import { createModel, models } from './registry.js';
import { pairsPerSample } from './relmf.js';

/** Seven users, five items. */
const LISTS = [[0, 1, 2], [0, 1], [1, 2, 3], [0, 4], [2, 3], [1], [0, 1, 2, 3]];
const SIZE = { users: LISTS.length, items: 5, dim: 3 };
const TRAIN: UserItems = {
  users: LISTS.length,
  itemCount: 5,
  starts: Int32Array.from({ length: LISTS.length + 1 }, (_, user) => LISTS.slice(0, user).flat().length),
  items: Int32Array.from(LISTS.flat()),
};
const knows = (user: number, item: number): number => Number((LISTS[user] as number[]).includes(item));

/** Scores of all pairs of a fitted model, user by user. */
function fitted(
  name: string,
  settings = {},
): { scores: Float32Array; kernels: WasmKernels; model: ReturnType<typeof createModel> } {
  const kernels = new WasmKernels();
  const model = createModel(name, kernels, new ParameterFactory(kernels, 1), SIZE, settings);
  model.fit?.(TRAIN, 1);
  const every = Array.from({ length: SIZE.users * 5 }, (_, p) => p);
  const pairs = pairsOf(
    kernels,
    {
      users: kernels.tensor(Int32Array.from(every, (p) => Math.floor(p / 5))),
      items: kernels.tensor(Int32Array.from(every, (p) => p % 5)),
    },
    SIZE,
  );
  return { scores: kernels.floats(model.forward(new Tape(kernels), pairs).value).slice(), kernels, model };
}

describe('sweeping a positive definite matrix', () => {
  // Sizes below, at and above the block, and with a rest.
  test.each([1, 7, 64, 65, 150].flatMap((n) => [[n, 'single', 2e-5] as const, [n, 'double', 1e-13] as const]))(
    'of %d rows in %s precision leaves its negated inverse: times the matrix it is the identity',
    (n, precision: Precision, tolerance) => {
      const kernels = new WasmKernels();
      const root = kernels.zeros([n, n]);
      kernels.drawNormal(root, { seed: 1, stream: stream('root') }, 0, 1);
      const R = new Matrix(Array.from({ length: n }, (_, i) => [...kernels.floats(root).slice(i * n, (i + 1) * n)]));
      const A = R.transpose().mmul(R).add(Matrix.eye(n, n).mul(n));
      const wide = sweptWidth(n);
      const matrix = numbers(kernels, precision, wide, wide);
      const values = numbersOf(kernels, precision, matrix);
      for (let i = 0; i < wide; i++)
        for (let j = 0; j <= i; j++) values[i * wide + j] = i < n ? A.get(i, j) : Number(i === j);
      sweepAll(kernels, matrix, wide, precision);
      const swept = numbersOf(kernels, precision, matrix);
      const P = Matrix.zeros(n, n);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) P.set(i, j, -(swept[Math.max(i, j) * wide + Math.min(i, j)] as number));
      expect(A.mmul(P).sub(Matrix.eye(n, n)).abs().max()).toBeLessThan(tolerance);
    },
  );
});

test('EASE is the closed form: weights -P_ji / P_ii off the diagonal, P the inverse of the penalized Gram matrix', () => {
  const penalty = 2.5;
  const X = new Matrix(LISTS.map((_, user) => [0, 1, 2, 3, 4].map((item) => knows(user, item))));
  const P = inverse(X.transpose().mmul(X).add(Matrix.eye(5, 5).mul(penalty)));
  const { scores } = fitted('EASE', { penalty });
  scores.forEach((score, p) => {
    const [user, item] = [Math.floor(p / 5), p % 5];
    const expected = (LISTS[user] as number[])
      .filter((other) => other !== item)
      .reduce((sum, other) => sum - P.get(other, item) / P.get(item, item), 0);
    expect(score).toBeCloseTo(expected, 5);
  });
});

test('scores of all items at once are those of pairs, to the bit', async () => {
  for (const name of ['EASE', 'ItemKNN', 'CF', 'iALS', 'Pop', 'GMF', 'MLP']) {
    const { scores, kernels, model } = fitted(name);
    const ids = (count: number): string[] => Array.from({ length: count }, (_, k) => String(k));
    const data = {
      ...{
        name: 'lists',
        userIds: ids(SIZE.users),
        itemIds: ids(5),
        rating: undefined,
        time: undefined,
        split: undefined,
      },
      user: Int32Array.from(LISTS.flatMap((list, user) => list.map(() => user))),
      item: Int32Array.from(LISTS.flat()),
    };
    const scorer = new ModelScorers(kernels, data).of(model);
    const users = Int32Array.of(4, 0, 6);
    const all = await scorer.scoreRows?.(users, 'test');
    users.forEach((user, u) => {
      expect([name, ...(all as Float32Array).slice(u * 5, u * 5 + 5)]).toEqual([
        name,
        ...scores.slice(user * 5, user * 5 + 5),
      ]);
    });
    // What a model keeps for the next users is not anybody else's memory.
    kernels.scope(() => kernels.fill(kernels.empty([5, 5]), 9));
    expect(await scorer.scoreRow?.(2, 'test')).toEqual(scores.slice(10, 15));
  }
});

test('EASE is right where single precision would not bear its matrix, and a penalty below what is allowed is refused', () => {
  // Bundles: some items are always bought together, so that their counts are nearly singular.
  const n = 60;
  const lists = Array.from({ length: 900 }, (_, user) =>
    Array.from({ length: n }, (_, item) => item).filter((item) => (user * 7 + Math.floor(item / 3) * 5) % 11 < 4),
  );
  const known: UserItems = {
    ...{ users: lists.length, itemCount: n },
    starts: Int32Array.from({ length: lists.length + 1 }, (_, user) => lists.slice(0, user).flat().length),
    items: Int32Array.from(lists.flat()),
  };
  const X = new Matrix(n, n);
  for (const list of lists) for (const a of list) for (const b of list) X.set(a, b, X.get(a, b) + 1);
  const penalty = 0.001;
  const P = inverse(Matrix.add(X, Matrix.eye(n, n).mul(penalty)));
  const kernels = new WasmKernels();
  const size = { users: lists.length, items: n, dim: 3 };
  const model = createModel('EASE', kernels, new ParameterFactory(kernels, 1), size, { penalty });
  model.fit?.(known, 1);
  const every = Array.from({ length: n }, (_, item) => item);
  const pairs = pairsOf(
    kernels,
    { users: kernels.tensor(Int32Array.from(every, () => 0)), items: kernels.tensor(Int32Array.from(every)) },
    size,
  );
  const scores = kernels.floats(model.forward(new Tape(kernels), pairs).value);
  scores.forEach((score, item) => {
    const expected = (lists[0] as number[])
      .filter((other) => other !== item)
      .reduce((sum, other) => sum - P.get(other, item) / P.get(item, item), 0);
    expect(score).toBeCloseTo(expected, 3);
  });
  expect(() => createModel('EASE', kernels, new ParameterFactory(kernels, 1), size, { penalty: 1e-4 })).toThrow();
});

test.each([
  [10, 0],
  [2, 3],
])('ItemKNN: sums of shrunk cosines over the %d nearest of an item, shrink %d', (neighbours, shrink) => {
  const { scores } = fitted('ItemKNN', { neighbours, shrink });
  const count = (item: number): number => LISTS.filter((list) => list.includes(item)).length;
  const similarity = (a: number, b: number): number =>
    LISTS.filter((list) => list.includes(a) && list.includes(b)).length / (Math.sqrt(count(a) * count(b)) + shrink);
  scores.forEach((score, p) => {
    const [user, item] = [Math.floor(p / 5), p % 5];
    const near = [0, 1, 2, 3, 4]
      .filter((other) => other !== item)
      .sort((a, b) => similarity(item, b) - similarity(item, a) || a - b)
      .slice(0, neighbours);
    const expected = near.reduce((sum, other) => sum + knows(user, other) * similarity(item, other), 0);
    expect(score).toBeCloseTo(expected, 6);
  });
});

describe('at the limits of arithmetic', () => {
  /** Items that come in pairs, always together, so that without a penalty the Gram matrix has no inverse. */
  const lists = Array.from({ length: 160 }, (_, user) =>
    [0, 1, 2].flatMap((k) => [2 * ((user + 5 * k) % 12), 2 * ((user + 5 * k) % 12) + 1]),
  );
  const train = (itemCount: number): UserItems => ({
    users: lists.length,
    itemCount,
    starts: Int32Array.from({ length: lists.length + 1 }, (_, user) => lists.slice(0, user).flat().length),
    items: Int32Array.from(lists.flatMap((items) => [...items].sort((a, b) => a - b))),
  });

  test('EASE with a penalty that single precision does not bear is solved in double', () => {
    const penalty = 0.001;
    const size = { users: lists.length, items: 24, dim: 1 };
    const kernels = new WasmKernels();
    const model = createModel('EASE', kernels, new ParameterFactory(kernels, 1), size, { penalty });
    model.fit?.(train(24), 1);
    const X = new Matrix(lists.map((items) => Array.from({ length: 24 }, (_, item) => Number(items.includes(item)))));
    const P = inverse(X.transpose().mmul(X).add(Matrix.eye(24, 24).mul(penalty)));
    const pairs = pairsOf(
      kernels,
      {
        users: kernels.tensor(new Int32Array(24)),
        items: kernels.tensor(Int32Array.from({ length: 24 }, (_, i) => i)),
      },
      size,
    );
    const scores = kernels.floats(model.forward(new Tape(kernels), pairs).value);
    scores.forEach((score, item) => {
      const others = (lists[0] as number[]).filter((other) => other !== item);
      const expected = others.reduce((sum, other) => sum - P.get(other, item) / P.get(item, item), 0);
      expect(score).toBeCloseTo(expected, 3);
    });
  });
});

test('iALS ends where its objective is flat in the side solved last, and lower than where it began', () => {
  const settings = { unobserved: 0.2, penalty: 0.05, frequency: 1, iterations: 30 };
  const { kernels, model } = fitted('iALS', settings);
  const [user, item] = model.parameters.map(({ value }) => kernels.floats(value).slice()) as [
    Float32Array,
    Float32Array,
  ];
  const popularity = [0, 1, 2, 3, 4].map((i) => LISTS.filter((list) => list.includes(i)).length);
  const objective = (u: Float32Array, v: Float32Array): number => {
    let sum = 0;
    for (let a = 0; a < SIZE.users; a++) {
      for (let i = 0; i < 5; i++) {
        const score = [0, 1, 2].reduce((s, k) => s + (u[a * 3 + k] as number) * (v[i * 3 + k] as number), 0);
        sum += knows(a, i) * (score - 1) ** 2 + settings.unobserved * score ** 2;
      }
    }
    const pay = (row: Float32Array, frequency: number): number =>
      settings.penalty * frequency * row.reduce((s, x) => s + x * x, 0);
    for (let a = 0; a < SIZE.users; a++)
      sum += pay(u.subarray(a * 3, a * 3 + 3), (LISTS[a] as number[]).length + settings.unobserved * 5);
    for (let i = 0; i < 5; i++)
      sum += pay(v.subarray(i * 3, i * 3 + 3), (popularity[i] as number) + settings.unobserved * SIZE.users);
    return sum;
  };
  const end = objective(user, item);
  const once = fitted('iALS', { ...settings, iterations: 1 });
  const [u1, v1] = once.model.parameters.map(({ value }) => once.kernels.floats(value).slice()) as [
    Float32Array,
    Float32Array,
  ];
  expect(end).toBeLessThan(objective(u1, v1));
  for (let k = 0; k < item.length; k++) {
    const moved = (by: number): number =>
      objective(
        user,
        item.map((x, j) => (j === k ? x + by : x)),
      );
    expect(Math.abs((moved(1e-3) - moved(-1e-3)) / 2e-3)).toBeLessThan(1e-3);
  }
});

describe('losses by their definitions', () => {
  const kernels = new WasmKernels();
  const scores = [0.3, -0.2, 1.1, 2, 0.4, -1];
  const batch = {
    users: kernels.tensor(new Int32Array(6)),
    items: kernels.tensor(Int32Array.of(1, 4, 3, 0, 3, 4)),
    labels: kernels.tensor(Float32Array.of(1, 0, 0, 1, 0, 0)),
    wide: 3,
  };
  const tape = new Tape(kernels);
  const logits = tape.constant(kernels.tensor(Float32Array.from(scores)));
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

  test('pairwise: -log sigmoid of the positive less each negative', () => {
    const found = Array.from(kernels.floats(pairwise(tape, logits, batch).value));
    [0.3 + 0.2, 0.3 - 1.1, 2 - 0.4, 2 + 1].forEach((d, k) => expect(found[k]).toBeCloseTo(-Math.log(sigmoid(d)), 5));
    expect(found.length).toBe(4);
  });

  const clicks = {
    ...{ name: 'lists', userIds: LISTS.map(String), itemIds: ['0', '1', '2', '3', '4'] },
    ...{ rating: undefined, time: undefined, split: undefined },
    user: Int32Array.from(LISTS.flatMap((list, user) => list.map(() => user))),
    item: Int32Array.from(LISTS.flat()),
  };

  test('unbiased relevance: samples stand for all pairs without a click, so that an epoch is all pairs in expectation', () => {
    const negatives = 3;
    const standFor = pairsPerSample(clicks, negatives);
    LISTS.forEach((list, user) => {
      expect((standFor[user] as number) * negatives * list.length).toBeCloseTo(5 - list.length, 5);
    });
    // A click that comes twice is two rows, with samples for each, and one pair.
    const twice = { ...clicks, user: Int32Array.of(...clicks.user, 3), item: Int32Array.of(...clicks.item, 0) };
    expect((pairsPerSample(twice, negatives)[3] as number) * negatives * 3).toBeCloseTo(3, 5);
  });

  test('unbiased relevance: y / theta delta(1) + (1 - y / theta) delta(0), theta no less than the clip', () => {
    const counts = [4, 5, 4, 3, 1];
    const clip = 0.8;
    const propensities = kernels.tensor(
      Float32Array.from([1, 4, 3, 0, 3, 4], (item) => Math.sqrt((counts[item] as number) / 5)),
    );
    const found = kernels
      .floats(
        (models.get('RelMF').loss as Loss).create({
          kernels,
          settings: { propensity: 'any', clip },
          ...{ data: clicks, negatives: 2 },
          propensity: () => propensities,
        })(tape, logits, batch, pairsOf(kernels, batch, SIZE)).value,
      )
      .slice();
    [1, 4, 3, 0, 3, 4].forEach((item, r) => {
      const theta = Math.max(clip, Math.sqrt((counts[item] as number) / 5));
      const y = r % 3 === 0 ? 1 / theta : 0;
      const p = sigmoid(scores[r] as number);
      // The user has three of five items, each click with two samples: two pairs without a click, six samples.
      const weight = r % 3 === 0 ? 1 : 2 / 6;
      expect(found[r]).toBeCloseTo(weight * (-y * Math.log(p) - (1 - y) * Math.log(1 - p)), 5);
    });
  });
});
