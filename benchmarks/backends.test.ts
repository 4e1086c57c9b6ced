import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type BackendName, WasmKernels } from '../compute/index.js';
import type { WebGpuKernels } from '../compute/webgpu/webgpu_kernels.js';
import type { Interactions } from '../datasets/interactions.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { readFolder } from '../datasets/store.js';
import type { Model } from '../models/model.js';
import { models } from '../models/registry.js';
import { readModel, writeModel } from '../models/store.js';
import { SIMULATION_DEFAULTS } from '../simulator/config.js';
import { simulate } from '../simulator/simulate.js';
import { readWorld } from '../simulator/world_files.js';
import type { WorldState } from '../simulator/world_state.js';
import { OutputFolder, writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import { gpuTests, testGpu } from '../support/test_gpu.js';
import { expectClose } from '../support/test_parity.js';
import { withChosenBackend } from './backend_choice.js';
import { choicesOf, type Settings } from './settings.js';
import { runTrial, type TrialResult, type TrialSettings } from './trial.js';

const root = testFolder();
const SAID: Settings = {
  ...{ dim: 8, rate: 0.01, l2: 1e-5, batch: 300, negatives: 2, epochs: 3, patience: 3, alpha: 0.5 },
  ...{ candidates: 20, clip: 0.01, bootstrap: 20, full: false },
};
const settingsOf = (method: string, more: Settings = {}): TrialSettings => ({
  method,
  ...choicesOf({ ...SAID, ...more }, 1, String),
});

/** Every model and every kind of method; settings that bring kernels of their own into play. */
const METHODS: readonly (readonly [string, Settings?])[] = [
  ...models.names.filter((name) => name !== 'Attn' && name !== 'IPS-MF').map((name) => [name] as const),
  ['Attn', { set: { Attn: { length: 4, heads: 2 } } }],
  ['IPS-MF'],
  ['PS:GMF/Pop'],
  ['PS:MLP/GMF', { weights: 'normalised', weighed: 'clicks' }],
  ['PS:GMF/oracle', { beta: 'fitted' }],
  ['ACL:GMF/GMF'],
  ['ACL:MLP/NCF', { game: 'hinge', prefit: 1, outcome: 'y*g' }],
  ['ACL:Attn/GMF', { regularizer: 'popularity', set: { Attn: { length: 4 } } }],
  ['ACL:GMF/MLP', { regularizer: 'exposure', weights: 'normalised' }],
];

let ratings: Interactions;
let data: Interactions;
let world: WorldState;
beforeAll(async () => {
  ratings = plantedRatings({ ...PLANTED_DEFAULTS, users: 40, items: 40, ratingsPerUser: 15 }).data;
  const path = join(root, 'clicks');
  const config = { ...SIMULATION_DEFAULTS, dim: 8, exposuresPerUser: 12 };
  const origin = { source: 'planted', format: 'planted' };
  await writeFolder(path, {}, (folder) =>
    simulate(ratings, origin, { config, workers: 1, exposures: true }, folder, silent),
  );
  data = (await readFolder(path, { exposed: true })).data;
  ratings = { ...ratings, split: Uint8Array.from(ratings.user, (_, row) => Math.max(0, (row % 10) - 7)) };
  world = (await readWorld(path)).state;
});

/** A trial with the weights that it ends with, by name. */
async function run(settings: TrialSettings): Promise<{ result: TrialResult; weights: Map<string, Float32Array> }> {
  const { result, trained } =
    settings.method === 'IPS-MF' ? await runTrial(ratings, settings) : await runTrial(data, settings, { world });
  const { kernels, model } = trained;
  const weights = new Map<string, Float32Array>();
  for (const { name, value } of model?.parameters ?? []) weights.set(name, (await kernels.read(value)) as Float32Array);
  kernels.close();
  return { result, weights };
}

const references = new Map<string, ReturnType<typeof run>>();

/** What the default backend gives, computed once for all others. */
function reference(settings: TrialSettings): ReturnType<typeof run> {
  const key = JSON.stringify(settings);
  const known = references.get(key) ?? run(settings);
  references.set(key, known);
  return known;
}

/**
 * Whether a weight has a gradient but for rounding, which Adam's first step would take for one. A bias of keys changes no softmax, and what a
 * user's items have in common no difference between two of them.
 */
function hasGradient(model: string, name: string, k: number, size: number): boolean {
  if (model === 'BPR-MF') return name !== 'user bias' && name !== 'output bias';
  return !name.endsWith('query key value bias') || k < size / 3 || k >= (2 * size) / 3;
}

/**
 * After one step, weights are the same to within a few units of the last place of the largest, but for numbers whose gradients cancel to nothing:
 * Adam's first step is as long for them as for others, so that it may go either way. Over epochs of steps such differences grow, so that losses
 * are compared to three parts in a thousand and metrics by how few of the 40 users they let change place; the kept epoch may be another.
 */
const ONE_STEP = { tolerance: 2e-5, turned: 0.002 };
const EPOCHS = { loss: 3e-3, metric: 0.06, kept: 0.06 };

const { onGpu, named } = await gpuTests();

onGpu('auto takes a GPU where its trainings are faster by a fifth than those on all cores at once', async () => {
  const one = { name: data.name, data, world };
  const settings = { ...settingsOf('GMF', { epochs: 2 }), backend: 'auto' as const };
  const { backend: _, ...plain } = settings;
  const find = async () => 'webgpu' as const;
  // The processor that plays the GPU is slower than one core, and much faster than a ten-thousandth of one.
  expect(await withChosenBackend(one, settings, { find })).toEqual(plain);
  expect(await withChosenBackend(one, settings, { beside: 1e-4, find })).toEqual({ ...plain, backend: 'webgpu' });
  expect(await withChosenBackend(one, { ...settings, method: 'Pop' }, { beside: 1e-4, find })).toEqual({
    ...plain,
    method: 'Pop',
  });
  expect(await withChosenBackend(one, settings, { find: async () => undefined })).toEqual(plain);
  expect(await withChosenBackend(one, { ...plain, backend: 'tensorflow' })).toEqual({
    ...plain,
    backend: 'tensorflow',
  });
});

onGpu('a GPU that is lost in an epoch fails the trial, and the next one runs on it opened anew', async () => {
  const gpu = (await testGpu()) as WebGpuKernels;
  const settings: TrialSettings = { ...settingsOf('GMF'), backend: 'webgpu' };
  let epochs = 0;
  const onEpoch = (): void => {
    if (++epochs === 2) gpu.gpu.device.destroy();
  };
  await expect(runTrial(data, settings, { world, onEpoch })).rejects.toThrow(/the GPU (was lost|did not answer)/);
  expect(epochs).toBe(2);
  expect((await run(settings)).result.epochs.length).toBeGreaterThan(2);
});

const backends: readonly Exclude<BackendName, 'wasm'>[] = ['webgpu', 'tensorflow'];
describe.each(
  backends.map(
    (backend) => [backend === 'webgpu' ? named(`training on ${backend}`) : `training on ${backend}`, backend] as const,
  ),
)('%s', (_name, backend) => {
  const testHere = backend === 'webgpu' ? onGpu : test;

  testHere.each(METHODS.map(([model, method]) => [model, method ?? {}] as const))(
    '%s: one step, and three epochs, as the default backend',
    async (model, method) => {
      const settings = settingsOf(model, method);
      const step = settingsOf(model, { ...method, epochs: 1, batch: 1_000_000 });
      const [own, other] = [await reference(step), await run({ ...step, backend })];
      for (const [name, weights] of own.weights) {
        const found = other.weights.get(name) as Float32Array;
        const largest = weights.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-30);
        const isFar = (x: number, k: number): boolean =>
          Math.abs(x - (found[k] as number)) > ONE_STEP.tolerance * largest &&
          hasGradient(model, name, k, weights.length);
        const far = weights.filter(isFar).length;
        if (far > ONE_STEP.turned * weights.length) throw new Error(`${name}: ${far} of ${weights.length} are far off`);
      }
      const [expected, found] = [(await reference(settings)).result, (await run({ ...settings, backend })).result];
      expect(found.epochs.length).toBe(expected.epochs.length);
      expected.epochs.forEach((epoch, e) => {
        const same = found.epochs[e] as typeof epoch;
        expectClose(`loss of epoch ${epoch.epoch}`, [same.loss], [epoch.loss], EPOCHS.loss);
        expect(Math.abs(same.metric - epoch.metric)).toBeLessThan(EPOCHS.metric);
        if (epoch.exposure) expectClose('mean of G', [same.exposure?.meanG ?? 0], [epoch.exposure.meanG], EPOCHS.loss);
      });
      for (const [name, value] of Object.entries(expected.estimates['standard']?.metrics ?? {}))
        expect(Math.abs((found.estimates['standard']?.metrics[name] as number) - value)).toBeLessThan(EPOCHS.kept);
    },
  );

  testHere('the same twice, to the bit', async () => {
    const settings = settingsOf('ACL:GMF/GMF');
    const [first, second] = [await run({ ...settings, backend }), await run({ ...settings, backend })];
    expect(second.result).toEqual(first.result);
    expect(second.weights).toEqual(first.weights);
  });

  testHere('every user and item is scored, and a model is saved and read on either side', async () => {
    const settings = settingsOf('GMF', { epochs: 1, bootstrap: 0, full: true });
    const { result, trained } = await runTrial(data, { ...settings, backend }, { world });
    const expected = (await run(settings)).result;
    const numbers = ({ estimates }: TrialResult) => Object.values(estimates['expected']?.metrics ?? {});
    expect(numbers(result).length).toBe(5);
    expectClose('expected under the truth', numbers(result), numbers(expected), 1e-3);
    const path = mkdtempSync(join(root, 'model-'));
    const folder = new OutputFolder(join(path, 'saved'), {});
    await writeModel(folder, 'GMF', { ...trained, model: trained.model as Model });
    folder.commit();
    const kernels = new WasmKernels();
    const { model } = await readModel(kernels, join(path, 'saved'));
    for (const [p, { value }] of (trained.model as Model).parameters.entries())
      expect(await kernels.read(model.parameters[p]?.value as typeof value)).toEqual(await trained.kernels.read(value));
    trained.kernels.close();
  });
});
