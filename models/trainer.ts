import { Adam, type Batch, type Kernels, Tape, type Tensor, type Variable } from '../compute/index.js';
import type { BatchSource } from './batches.js';
import type { Model, ModelSize } from './model.js';

/** Settings of gradient descent (PAPER section 5). */
export interface TrainerSettings {
  readonly rate: number;
  /** Weight of l2 in the objective; see `Adam`. */
  readonly l2: number;
  /** Positives in a batch. */
  readonly batch: number;
  /** Sampled negatives for each positive. */
  readonly negatives: number;
  /** Most epochs. */
  readonly epochs: number;
  /** Stop when the validation metric has not improved for so many epochs. */
  readonly patience: number;
  readonly seed: number;
}

/** The trainer's defaults. The learning rate is in the middle of the paper's grid. */
export const TRAINER_DEFAULTS: TrainerSettings = {
  rate: 0.005,
  l2: 0,
  batch: 2048,
  negatives: 4,
  epochs: 100,
  patience: 10,
  seed: 1,
};

/** What happened in one epoch. */
export interface EpochRecord {
  readonly epoch: number;
  /** Mean of the batches' losses, as they were before each step. */
  readonly loss: number;
  /** The validation metric; higher is better. */
  readonly metric: number;
}

export interface TrainingRecord {
  readonly epochs: readonly EpochRecord[];
  /** The epoch whose weights were kept. */
  readonly best: EpochRecord;
}

export interface TrainingTask {
  readonly source: BatchSource;
  /** [rows] losses of logits against labels. */
  loss(tape: Tape, logits: Variable, labels: Tensor): Variable;
  /** Higher is better. */
  validate(): Promise<number>;
  onEpoch?(record: EpochRecord): void;
}

/** Thrown when the loss is no longer a number. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
}

/**
 * Trains by Adam, lazy for tables, until the validation metric has not improved for `patience` epochs; then restores the best
 * weights. Throws DivergedError when the loss is no longer finite.
 */
export async function train(
  kernels: Kernels,
  model: Model,
  size: ModelSize,
  task: TrainingTask,
  settings: TrainerSettings,
): Promise<TrainingRecord> {
  const optimizer = new Adam(kernels, settings.rate, settings.l2);
  optimizer.prepare(model.parameters);
  const bestWeights = model.parameters.map(({ value }) => kernels.zeros(value.shape));
  const total = kernels.zeros([1]);
  const records: EpochRecord[] = [];
  let best: EpochRecord | undefined;
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    task.source.beginEpoch(epoch);
    kernels.fill(total, 0);
    for (let b = 0; b < task.source.batches; b++) {
      const batch = task.source.batch(b);
      kernels.scope(() => {
        const { tape, loss } = evaluateLoss(kernels, model, size, batch, task.loss);
        kernels.addScaled(1, loss.value, total);
        optimizer.step(tape.backward(loss));
      });
    }
    const loss = ((await kernels.read(total))[0] as number) / task.source.batches;
    if (!Number.isFinite(loss))
      throw new DivergedError(`the loss is ${loss} in epoch ${epoch + 1}: lower the learning rate`);
    const record = { epoch: epoch + 1, loss, metric: await task.validate() };
    records.push(record);
    task.onEpoch?.(record);
    if (!best || record.metric > best.metric) {
      best = record;
      model.parameters.forEach(({ value }, p) => kernels.copy(value, bestWeights[p] as Tensor));
    } else if (record.epoch - best.epoch >= settings.patience) break;
    await new Promise((resolve) => setImmediate(resolve)); // lets Ctrl-C and progress through
  }
  model.parameters.forEach(({ value }, p) => {
    kernels.copy(bestWeights[p] as Tensor, value);
    kernels.free(bestWeights[p] as Tensor);
  });
  kernels.free(total);
  optimizer.dispose();
  return { epochs: records, best: best as EpochRecord };
}

/** Forward pass of one batch. */
export function evaluateLoss(
  kernels: Kernels,
  model: Model,
  size: ModelSize,
  batch: Batch,
  loss: TrainingTask['loss'],
): { tape: Tape; loss: Variable } {
  const tape = new Tape(kernels);
  const pairs = { users: kernels.lookup(batch.users, size.users), items: kernels.lookup(batch.items, size.items) };
  return { tape, loss: tape.mean(loss(tape, model.forward(tape, pairs), batch.labels)) };
}
