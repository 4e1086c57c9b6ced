import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Adam, ParameterFactory, Tape, WasmKernels } from '../compute/index.js';
import { type Interactions, userItems } from '../datasets/interactions.js';
import { OutputFolder } from '../support/output.js';
import { testFolder } from '../support/test_folder.js';
import { implicitBatches } from './batches.js';
import { factorization } from './factorization.js';
import { crossEntropy, crossEntropyLoss, popularityPropensity, squaredError } from './losses.js';
import type { Model } from './model.js';
import { type Pairs, pairsOf } from './pairs.js';
import { createModel, modelSettings, models } from './registry.js';
import { histories, sequenceBatches, sequenceTensors, tokenColumns } from './sequences.js';
import { readModel, writeModel } from './store.js';
import { truncatedSvd } from './svd.js';
import { DivergedError, evaluateLoss, type Objective, runEpochs, TRAINER_DEFAULTS, train } from './trainer.js';

const root = testFolder();
const SIZE = { users: 6, items: 8, dim: 8 };

function interactions(pairs: readonly (readonly [number, number])[], users: number, items: number): Interactions {
  return {
    name: 'test',
    userIds: Array.from({ length: users }, (_, u) => `u${u}`),
    itemIds: Array.from({ length: items }, (_, i) => `i${i}`),
    user: Int32Array.from(pairs, ([u]) => u),
    item: Int32Array.from(pairs, ([, i]) => i),
    rating: undefined,
    time: Float64Array.from(pairs, (_, p) => p),
    split: new Uint8Array(pairs.length),
  };
}

/** Two groups of users, each with half of the items. */
const GROUPS = interactions(
  Array.from({ length: 6 }, (_, u) => [0, 1, 2].map((k) => [u, (u % 2) * 4 + ((u + k) % 4)] as const)).flat(),
  6,
  8,
);

/** Pairs of users and items, with each user's whole history where the model reads it. */
function pairsWith(kernels: WasmKernels, model: Model, users: readonly number[], items: readonly number[]): Pairs {
  const columns = { users: kernels.tensor(Int32Array.from(users)), items: kernels.tensor(Int32Array.from(items)) };
  if (model.history === undefined) return pairsOf(kernels, columns, SIZE);
  const runs = users.map((user) => ({ user, first: 0, count: 4 })); // the start, and three items
  const tokens = tokenColumns(
    GROUPS,
    histories(GROUPS, () => true),
    runs,
    model.history,
  );
  const states = Int32Array.from(users, (_, p) => 4 * p + 3);
  return pairsOf(kernels, { ...columns, sequences: sequenceTensors(kernels, tokens, states) }, SIZE);
}

describe.each(models.names)('%s', (name) => {
  const fresh = (seed: number) => {
    const kernels = new WasmKernels();
    const model = createModel(name, kernels, new ParameterFactory(kernels, seed), SIZE);
    model.fit?.(userItems(GROUPS), seed);
    return { kernels, model, settings: {} };
  };
  const score = ({ kernels, model }: Pick<ReturnType<typeof fresh>, 'kernels' | 'model'>): Float32Array =>
    kernels.scope(() => {
      const every = Array.from({ length: 48 }, (_, p) => p);
      const pairs = pairsWith(
        kernels,
        model,
        every.map((p) => Math.floor(p / 8)),
        every.map((p) => p % 8),
      );
      return kernels.floats(model.forward(new Tape(kernels), pairs).value).slice();
    });

  test('scores do not depend on which other pairs are scored with a pair', () => {
    const one = fresh(1);
    const all = score(one);
    for (const [u, i] of [
      [3, 5],
      [0, 0],
      [5, 7],
    ] as const) {
      const alone = one.kernels.scope(() => {
        const pairs = pairsWith(one.kernels, one.model, [u], [i]);
        return one.kernels.floats(one.model.forward(new Tape(one.kernels), pairs).value)[0];
      });
      expect(alone).toBe(all[u * 8 + i]);
    }
  });

  test('weights survive saving and loading, to the bit', async () => {
    const one = fresh(2);
    const folder = new OutputFolder(join(mkdtempSync(join(root, 'x')), 'model'));
    await writeModel(folder, name, { ...one, size: SIZE });
    folder.commit();
    const kernels = new WasmKernels();
    const { model, size } = await readModel(kernels, folder.path);
    expect(size).toEqual(SIZE);
    expect(score({ kernels, model })).toEqual(score(one));
  });

  test('training lowers the loss, or the fit prefers what the group likes', async () => {
    const { kernels, model } = fresh(3);
    if (!models.get(name).trained) {
      if (name === 'Pop')
        return expect(score({ kernels, model })[0]).toBe(GROUPS.item.filter((item) => item === 0).length);
      const scores = score({ kernels, model });
      expect(scores[0]).toBeGreaterThan(scores[4] as number);
      return;
    }
    const adam = new Adam(kernels, 0.05);
    adam.prepare(model.parameters);
    const settings = { batch: 8, negatives: 3, seed: 1 };
    const source =
      model.history === undefined
        ? implicitBatches(kernels, GROUPS, settings)
        : sequenceBatches(kernels, GROUPS, settings, model.history);
    const definition = models.get(name);
    const table = kernels.tensor(popularityPropensity(userItems(GROUPS)));
    const loss = (definition.loss ?? crossEntropyLoss).create({
      kernels,
      settings: modelSettings(definition),
      ...{ data: GROUPS, negatives: settings.negatives },
      propensity: ({ columns }) => kernels.gather(table, columns.items),
    });
    const losses: number[] = [];
    for (let epoch = 0; epoch < 40; epoch++) {
      await source.beginEpoch(epoch);
      for (let b = 0; b < source.batches; b++) {
        kernels.scope(() => {
          const { tape, loss: mean } = evaluateLoss(kernels, model, SIZE, source.batch(b), (t, x, batch, pairs) =>
            t.mean(loss(t, x, batch, pairs)),
          );
          losses.push(kernels.floats(mean.value)[0] as number);
          adam.step(tape.backward(mean));
        });
      }
    }
    expect(losses.at(-1)).toBeLessThan(0.6 * (losses[0] as number));
  });
});

test('a factorization finds a matrix of its own rank (known optimum: no error)', async () => {
  const kernels = new WasmKernels();
  const size = { users: 30, items: 20, dim: 4 };
  const truth = (u: number, i: number): number =>
    Math.sin(u) * Math.cos(i) + 0.5 * Math.cos(2 * u) * Math.sin(3 * i) + 0.1 * u;
  const pairs = Array.from({ length: 600 }, (_, p) => [Math.floor(p / 20), p % 20] as const);
  const users = kernels.tensor(Int32Array.from(pairs, ([u]) => u));
  const items = kernels.tensor(Int32Array.from(pairs, ([, i]) => i));
  const labels = kernels.tensor(Float32Array.from(pairs, ([u, i]) => truth(u, i)));
  const model = factorization(new ParameterFactory(kernels, 1), size, { weighted: false });
  const whole = { users, items, labels, wide: 1 };
  const objective: Objective = (tape, x, batch) => tape.mean(squaredError(tape, x, batch));
  const source = { batches: 1, beginEpoch() {}, batch: () => whole };
  const record = await train(
    kernels,
    model,
    size,
    {
      source,
      objective,
      validate: async () =>
        kernels.scope(
          () => -(kernels.floats(evaluateLoss(kernels, model, size, whole, objective).loss.value)[0] as number),
        ),
    },
    { ...TRAINER_DEFAULTS, rate: 0.02, epochs: 1500, patience: 1500 },
  );
  expect(-record.best.metric).toBeLessThan(1e-4);
});

test('the trainer stops after `patience` epochs without improvement and restores the best weights', async () => {
  const kernels = new WasmKernels();
  const model = createModel('MF', kernels, new ParameterFactory(kernels, 1), SIZE);
  const metrics = [0.1, 0.5, 0.3, 0.2, 0.4, 0.9];
  const kept: Float32Array[] = [];
  let epoch = 0;
  const record = await train(
    kernels,
    model,
    SIZE,
    {
      source: implicitBatches(kernels, GROUPS, { batch: 8, negatives: 2, seed: 1 }),
      objective: (tape, x, batch) => tape.mean(crossEntropy(tape, x, batch)),
      validate: async () => {
        kept.push(kernels.floats(model.parameters[0]?.value as never).slice());
        return metrics[epoch++] as number;
      },
    },
    { ...TRAINER_DEFAULTS, patience: 3 },
  );
  expect(record.epochs.length).toBe(5);
  expect(record.best.epoch).toBe(2);
  expect(kernels.floats(model.parameters[0]?.value as never)).toEqual(kept[1]);
});

test('where no criterion of validation can tell, the loss chooses the epoch', async () => {
  const kernels = new WasmKernels();
  const losses = [3, 1, 2];
  const chosen = async (validate: () => Promise<readonly number[]>) =>
    runEpochs(
      kernels,
      { parameters: [], runEpoch: async (epoch) => ({ loss: losses[epoch] as number }), validate },
      { epochs: 3, patience: 10 },
    );
  const flat = await chosen(async () => [1, 0.5]);
  expect([flat.best.epoch, flat.chosenBy]).toEqual([2, 2]);
  let epoch = 0;
  const finer = await chosen(async () => [1, epoch++]);
  expect([finer.best.epoch, finer.chosenBy]).toEqual([3, 1]);
});

test('a loss that is not a number stops training with a reason', async () => {
  const kernels = new WasmKernels();
  const model = createModel('MF', kernels, new ParameterFactory(kernels, 1), SIZE);
  kernels.fill(model.parameters[0]?.value as never, Number.NaN);
  const task = {
    source: implicitBatches(kernels, GROUPS, { batch: 8, negatives: 2, seed: 1 }),
    objective: ((tape, x, batch) => tape.mean(crossEntropy(tape, x, batch))) as Objective,
    validate: async () => 0,
  };
  await expect(train(kernels, model, SIZE, task, TRAINER_DEFAULTS)).rejects.toThrow(DivergedError);
});

test('truncated SVD gives the best approximation: exact for a matrix of low rank, and singular values of a known one', () => {
  const kernels = new WasmKernels();
  // Blocks of ones, 3 x 4 and 2 x 5: singular values sqrt(12) and sqrt(10).
  const pairs = [
    ...Array.from({ length: 12 }, (_, p) => [Math.floor(p / 4), p % 4] as const),
    ...Array.from({ length: 10 }, (_, p) => [3 + Math.floor(p / 5), 4 + (p % 5)] as const),
  ];
  const matrix = userItems(interactions(pairs, 6, 10));
  const { left, right, singularValues } = truncatedSvd(kernels, matrix, 2, 1);
  expect(singularValues[0]).toBeCloseTo(Math.sqrt(12), 4);
  expect(singularValues[1]).toBeCloseTo(Math.sqrt(10), 4);
  for (let u = 0; u < 6; u++) {
    for (let i = 0; i < 10; i++) {
      const found =
        (left[u * 2] as number) * (right[i * 2] as number) + (left[u * 2 + 1] as number) * (right[i * 2 + 1] as number);
      expect(found).toBeCloseTo(pairs.some(([a, b]) => a === u && b === i) ? 1 : 0, 4);
    }
  }
});

test('weights of another version are refused with their name', async () => {
  const folder = mkdtempSync(join(root, 'x'));
  const out = new OutputFolder(join(folder, 'model'));
  const kernels = new WasmKernels();
  const model = createModel('GMF', kernels, new ParameterFactory(kernels, 1), SIZE);
  await writeModel(out, 'GMF', { kernels, model, size: SIZE, settings: {} });
  out.writeJson('model.json', { model: 'MLP', size: SIZE });
  out.commit();
  await expect(readModel(new WasmKernels(), out.path)).rejects.toThrow(/lacks "hidden 1 user weight"/);
  for (const name of ['weights.arrow', 'model.json']) {
    const copy = mkdtempSync(join(root, 'x'));
    cpSync(out.path, copy, { recursive: true });
    appendFileSync(join(copy, name), ' ');
    await expect(readModel(new WasmKernels(), copy)).rejects.toThrow(`${name}" is not what its manifest says`);
    rmSync(join(copy, 'manifest.json'));
    await expect(readModel(new WasmKernels(), copy)).rejects.toThrow(/manifest.json" is missing/);
  }
});
