import { Adam, type Kernels, ParameterFactory } from '../compute/index.js';
import type { TrainingBatch } from '../models/batches.js';
import { crossEntropy } from '../models/losses.js';
import { createModel } from '../models/registry.js';
import { evaluateLoss } from '../models/trainer.js';

/** The size of MovieLens-1M, and batches of 2,048 clicks with four negatives each. */
export const PROBE = { users: 6040, items: 3706, dim: 32, rows: 10_240, wide: 5 } as const;
const BATCHES = 4;

/**
 * Million rows a second of training steps of GMF, as `seconds` of them have it, drawing not counted; on any backend, and before anything is
 * installed that could be compared with.
 */
export async function trainingSpeed(kernels: Kernels, seconds: number): Promise<number> {
  const model = createModel('GMF', kernels, new ParameterFactory(kernels, 1), PROBE);
  const optimizer = new Adam(kernels, 0.005);
  optimizer.prepare(model.parameters);
  const total = kernels.zeros([1]);
  const batches = Array.from({ length: BATCHES }, (_, b) => spreadBatch(kernels, b));
  const run = async (steps: number): Promise<number> => {
    const started = performance.now();
    for (let step = 0; step < steps; step++) {
      kernels.scope(() => {
        const batch = batches[step % BATCHES] as TrainingBatch;
        const { tape, loss } = evaluateLoss(kernels, model, PROBE, batch, (tape, logits, rows) =>
          tape.mean(crossEntropy(tape, logits, rows)),
        );
        kernels.addScaled(1, loss.value, total);
        optimizer.step(tape.backward(loss));
      });
    }
    await kernels.read(total); // waits for all of them
    return (performance.now() - started) / 1000;
  };
  await run(2); // compiles
  const one = (await run(4)) / 4;
  const steps = Math.max(1, Math.round(seconds / one));
  return (steps * PROBE.rows) / (await run(steps)) / 1e6;
}

/** Users and items all over the tables, the same every time. */
function spreadBatch(kernels: Kernels, number: number): TrainingBatch {
  const { users, items, rows, wide } = PROBE;
  const spread = (row: number, bound: number): number => (Math.imul(row + 1 + number * rows, 0x9e3779b1) >>> 0) % bound;
  return {
    users: kernels.tensor(Int32Array.from({ length: rows }, (_, r) => spread(Math.floor(r / wide), users))),
    items: kernels.tensor(Int32Array.from({ length: rows }, (_, r) => spread(r, items))),
    labels: kernels.tensor(Float32Array.from({ length: rows }, (_, r) => Number(r % wide === 0))),
    wide,
  };
}
