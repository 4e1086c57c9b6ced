import { Adam, type Kernels, type Parameter, Tape, type Tensor, type Variable } from '../compute/index.js';
import type { BatchSettings, BatchSource, TrainingBatch } from './batches.js';
import type { Model, ModelSize } from './model.js';
import { type Pairs, pairsOf } from './pairs.js';

/** Settings of gradient descent (PAPER section 5). */
export interface TrainerSettings extends BatchSettings {
  readonly rate: number;
  /** Weight of l2 in the objective; see `Adam`. */
  readonly l2: number;
  /** Most epochs. */
  readonly epochs: number;
  /** Stop when the validation metric has not improved for so many epochs. */
  readonly patience: number;
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
  /** Mean of the batches' objectives, as they were before each step. */
  readonly loss: number;
  /** The validation metric; higher is better. */
  readonly metric: number;
  /** Of training with an exposure model: what became of G_beta, and of g where it plays. */
  readonly exposure?: ExposureRecord;
}

/** G_beta over an epoch's rows, and the other side of the game (PAPER section 4). */
export interface ExposureRecord {
  readonly meanG: number;
  readonly sdG: number;
  /** b0, b1, b2. */
  readonly beta: readonly [number, number, number];
  /** Adversarial training alone: mean of what regularizes g, the minimax objective, and the validation metric of g. */
  readonly game?: { readonly regularizer: number; readonly objective: number; readonly metric: number };
}

export interface TrainingRecord {
  readonly epochs: readonly EpochRecord[];
  /** The epoch whose weights were kept. */
  readonly best: EpochRecord;
}

/** Thrown when the objective is no longer a number, or beyond all bounds. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
}

/** An objective beyond this has exploded. */
const EXPLODED = 1e4;

/** Training, an epoch at a time. */
export interface TrainingLoop {
  /** Parameters that end with the weights of the kept epoch. */
  readonly parameters: readonly Parameter[];
  /** Runs an epoch, counted from 0. */
  runEpoch(epoch: number): Promise<Omit<EpochRecord, 'epoch' | 'metric'>>;
  /** Higher is better. */
  validate(): Promise<number>;
  /** Called once validation is done, to complete the record. */
  complete?(record: EpochRecord): Promise<EpochRecord>;
  /** Another reason to stop than validation; the last epoch's weights are then kept. */
  isDone?(records: readonly EpochRecord[]): boolean;
  onEpoch?: ((record: EpochRecord) => void) | undefined;
}

/**
 * Runs epochs until the validation metric has not improved for `patience` of them, and restores the best weights; where the loop has a
 * rule of its own to stop by, that rule decides, and the last weights stay. Throws DivergedError where the objective diverges.
 */
export async function runEpochs(
  kernels: Kernels,
  loop: TrainingLoop,
  { epochs, patience }: Pick<TrainerSettings, 'epochs' | 'patience'>,
): Promise<TrainingRecord> {
  const bestWeights = loop.isDone ? [] : loop.parameters.map(({ value }) => kernels.zeros(value.shape));
  const records: EpochRecord[] = [];
  let best: EpochRecord | undefined;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const numbers = await loop.runEpoch(epoch);
    refuseDiverged(numbers.loss, epoch);
    const validated = { epoch: epoch + 1, metric: await loop.validate(), ...numbers };
    const record = loop.complete ? await loop.complete(validated) : validated;
    records.push(record);
    loop.onEpoch?.(record);
    if (loop.isDone) {
      best = record;
      if (loop.isDone(records)) break;
    } else if (!best || record.metric > best.metric) {
      best = record;
      loop.parameters.forEach(({ value }, p) => kernels.copy(value, bestWeights[p] as Tensor));
    } else if (record.epoch - best.epoch >= patience) break;
    await new Promise((resolve) => setImmediate(resolve)); // lets Ctrl-C and progress through
  }
  bestWeights.forEach((weights, p) => {
    kernels.copy(weights, (loop.parameters[p] as Parameter).value);
    kernels.free(weights);
  });
  return { epochs: records, best: best as EpochRecord };
}

function refuseDiverged(loss: number, epoch: number): void {
  if (Number.isFinite(loss) && Math.abs(loss) < EXPLODED) return;
  const what = Number.isFinite(loss) ? `has grown to ${loss.toExponential(1)}` : `is ${loss}`;
  throw new DivergedError(`the loss ${what} in epoch ${epoch + 1}: lower the learning rate`);
}

/** [1] objective of a batch from the model's scores. */
export type Objective = (tape: Tape, scores: Variable, batch: TrainingBatch, pairs: Pairs) => Variable;

export interface TrainingTask {
  readonly source: BatchSource;
  readonly objective: Objective;
  /** Parameters trained besides the model's, without l2. */
  readonly others?: readonly Parameter[];
  /** Parameters that change by other ways, and are kept with the model's of the best epoch. */
  readonly kept?: readonly Parameter[];
  /** Higher is better. */
  validate(): Promise<number>;
  onEpoch?: ((record: EpochRecord) => void) | undefined;
  /** More numbers of an epoch, read at its end. */
  readExposure?(): Promise<ExposureRecord>;
}

/**
 * Trains by Adam, lazy for tables, until the validation metric has not improved for `patience` epochs; then restores the best
 * weights. Throws DivergedError when the objective is no longer finite.
 */
export async function train(
  kernels: Kernels,
  model: Model,
  size: ModelSize,
  task: TrainingTask,
  settings: TrainerSettings,
): Promise<TrainingRecord> {
  const others = task.others ?? [];
  const optimizer = new Adam(kernels, settings.rate, settings.l2);
  optimizer.prepare(model.parameters);
  const otherOptimizer = new Adam(kernels, settings.rate);
  otherOptimizer.prepare(others);
  const total = kernels.zeros([1]);
  let step = 0;
  const loop: TrainingLoop = {
    parameters: [...model.parameters, ...others, ...(task.kept ?? [])],
    validate: task.validate,
    onEpoch: task.onEpoch,
    async runEpoch(epoch) {
      await task.source.beginEpoch(epoch);
      kernels.fill(total, 0);
      for (let b = 0; b < task.source.batches; b++) {
        kernels.scope(() => {
          const training = { seed: settings.seed, replicate: step++ };
          const { tape, loss } = evaluateLoss(kernels, model, size, task.source.batch(b), task.objective, training);
          kernels.addScaled(1, loss.value, total);
          const gradients = tape.backward(loss);
          optimizer.step(gradients);
          otherOptimizer.step(gradients);
        });
      }
      const loss = ((await kernels.read(total))[0] as number) / task.source.batches;
      return { loss, ...(task.readExposure && { exposure: await task.readExposure() }) };
    },
  };
  const record = await runEpochs(kernels, loop, settings);
  kernels.free(total);
  optimizer.dispose();
  otherOptimizer.dispose();
  return record;
}

/** Forward pass and objective of one batch. */
export function evaluateLoss(
  kernels: Kernels,
  model: Model,
  size: ModelSize,
  batch: TrainingBatch,
  objective: Objective,
  training?: Tape['training'],
): { tape: Tape; loss: Variable } {
  const tape = new Tape(kernels, training);
  const pairs = pairsOf(kernels, batch, size);
  return { tape, loss: objective(tape, model.forward(tape, pairs), batch, pairs) };
}
