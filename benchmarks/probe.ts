import { Adam, type Kernels, ParameterFactory } from '../compute/index.js';
import type { TrainingBatch } from '../models/batches.js';
import { crossEntropy } from '../models/losses.js';
import type { Model, ModelSize } from '../models/model.js';
import { createModel } from '../models/registry.js';
import { evaluateLoss } from '../models/trainer.js';

/** The size that training steps are timed at: that of MovieLens-1M. */
export const PROBE_SIZE: ModelSize = { users: 6040, items: 3706, dim: 32 };
/** Rows of a batch: 2,048 clicks with four negatives each. */
export const PROBE_ROWS = 10_240;
const WIDE = 5;
const BATCHES = 4;

/** Takes steps of cross-entropy over batches in turn. */
export function stepper(
  kernels: Kernels,
  model: Model,
  size: ModelSize,
  batches: readonly TrainingBatch[],
): (run: number) => void {
  const optimizer = new Adam(kernels, 0.005);
  optimizer.prepare(model.parameters);
  return (run) =>
    kernels.scope(() => {
      const batch = batches[run % batches.length] as TrainingBatch;
      const { tape, loss } = evaluateLoss(kernels, model, size, batch, (tape, logits, rows) =>
        tape.mean(crossEntropy(tape, logits, rows)),
      );
      optimizer.step(tape.backward(loss));
    });
}

/** Milliseconds a step, over as many as take so many seconds; their end is waited for once. */
export async function stepTime(kernels: Kernels, step: (run: number) => void, seconds: number): Promise<number> {
  const done = kernels.zeros([1]);
  const time = async (steps: number): Promise<number> => {
    const start = performance.now();
    for (let run = 0; run < steps; run++) step(run);
    await kernels.read(done);
    return (performance.now() - start) / steps;
  };
  await time(3); // compiles
  return time(Math.max(3, Math.round((1000 * seconds) / (await time(3)))));
}

/** Million rows a second of training steps of GMF, as so many seconds of them have it; drawing is not counted. */
export async function trainingSpeed(kernels: Kernels, seconds: number): Promise<number> {
  const model = createModel('GMF', kernels, new ParameterFactory(kernels, 1), PROBE_SIZE);
  const batches = Array.from({ length: BATCHES }, (_, b) => spreadBatch(kernels, b));
  return PROBE_ROWS / (await stepTime(kernels, stepper(kernels, model, PROBE_SIZE, batches), seconds)) / 1000;
}

/** Users and items all over the tables, the same every time. */
function spreadBatch(kernels: Kernels, number: number): TrainingBatch {
  const { users, items } = PROBE_SIZE;
  const spread = (row: number, bound: number): number =>
    (Math.imul(row + 1 + number * PROBE_ROWS, 0x9e3779b1) >>> 0) % bound;
  const integers = (of: (row: number) => number) =>
    kernels.tensor(Int32Array.from({ length: PROBE_ROWS }, (_, r) => of(r)));
  return {
    users: integers((r) => spread(Math.floor(r / WIDE), users)),
    items: integers((r) => spread(r, items)),
    labels: kernels.tensor(Float32Array.from({ length: PROBE_ROWS }, (_, r) => Number(r % WIDE === 0))),
    wide: WIDE,
  };
}
