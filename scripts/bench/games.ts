import { PROBE_SIZE, stepper } from '../../benchmarks/probe.js';
import { type Kernels, ParameterFactory, WasmKernels } from '../../compute/index.js';
import { GAME_DEFAULTS, trainAdversarial } from '../../methods/game.js';
import type { TrainingBatch } from '../../models/batches.js';
import { createModel } from '../../models/registry.js';
import { TRAINER_DEFAULTS } from '../../models/trainer.js';
import { medianTime, randomBatches } from './measure.js';

/** Batches that steps go round. */
export const BATCHES = 20;
const ROUNDS = 12;

/** Batches of 10,240 rows in a backend's memory. */
export function pairBatches(kernels: Kernels, positives = 2048): TrainingBatch[] {
  return randomBatches(BATCHES, PROBE_SIZE.users, PROBE_SIZE.items, positives).map(({ users, items, labels }) => ({
    users: kernels.tensor(users),
    items: kernels.tensor(items),
    labels: kernels.tensor(labels),
    wide: 5,
  }));
}

/** Median milliseconds of an update of f, beta and g in ACL:GMF/GMF. */
export async function gameStep(kernels: Kernels = new WasmKernels(), rounds = ROUNDS): Promise<number> {
  const make = (prefix: string) => createModel('GMF', kernels, new ParameterFactory(kernels, 1, prefix), PROBE_SIZE);
  const batches = pairBatches(kernels);
  const ends: number[] = [performance.now()];
  await trainAdversarial(
    kernels,
    { f: make(''), g: make('exposure '), size: PROBE_SIZE },
    {
      source: { batches: BATCHES, beginEpoch() {}, batch: (b) => batches[b] as TrainingBatch },
      train: {
        users: PROBE_SIZE.users,
        itemCount: PROBE_SIZE.items,
        starts: new Int32Array(PROBE_SIZE.users + 1),
        items: new Int32Array(),
      },
      validate: async () => 0,
      validateG: async () => 0,
      onEpoch: () => ends.push(performance.now()),
    },
    { f: { ...TRAINER_DEFAULTS, epochs: rounds, patience: rounds }, g: { rate: 0.005, l2: 0 } },
    GAME_DEFAULTS,
    { outcome: 'y', beta: 'learned', weights: 'raw', weighed: 'all', leastG: 0.1 },
  );
  const times = ends.slice(1).map((end, k) => end - (ends[k] as number));
  return (times.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number) / BATCHES;
}

/** Sequences of 50 items in a batch of attention, one positive and one negative a place. */
const [SEQUENCES, LENGTH] = [128, 50];
export const ATTENTION_ROWS = 2 * SEQUENCES * LENGTH;

/** Median milliseconds of a step of Attn. */
export const attentionStep = (): number => medianTime(60, attentionSteps(new WasmKernels()));

/** Takes a step of Attn with two heads and blocks, without dropout. */
export function attentionSteps(kernels: Kernels): (run: number) => void {
  const model = createModel('Attn', kernels, new ParameterFactory(kernels, 1), PROBE_SIZE, { heads: 2, dropout: 0 });
  const integers = (n: number, value: (k: number) => number) =>
    kernels.tensor(Int32Array.from({ length: n }, (_, k) => value(k)));
  const anyItem = (): number => Math.floor(Math.random() * PROBE_SIZE.items);
  const tokens = SEQUENCES * LENGTH;
  const batches = Array.from(
    { length: 4 },
    (): TrainingBatch => ({
      users: integers(ATTENTION_ROWS, () => 0),
      items: integers(ATTENTION_ROWS, anyItem),
      labels: kernels.tensor(Float32Array.from({ length: ATTENTION_ROWS }, (_, r) => 1 - (r % 2))),
      wide: 2,
      sequences: {
        tokens: integers(tokens, anyItem),
        places: integers(tokens, (t) => t % LENGTH),
        starts: integers(SEQUENCES + 1, (s) => s * LENGTH),
        states: integers(ATTENTION_ROWS, (r) => r >> 1),
        longest: LENGTH,
      },
    }),
  );
  return stepper(kernels, model, PROBE_SIZE, batches);
}
