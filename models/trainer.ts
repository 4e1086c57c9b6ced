import { Adam, type Kernels, type Parameter, Tape, type Tensor, type Variable } from '../compute/index.js';
import { Answer } from '../support/errors.js';
import type { BatchSettings, BatchSource, TrainingBatch } from './batches.js';
import type { Model, ModelSize } from './model.js';
import { type Pairs, pairsOf } from './pairs.js';

/** Settings of gradient descent (paper, A.6.4). */
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
  readonly exposure?: ExposureRecord | undefined;
}

/** G_beta over an epoch's rows, and the other side of the game (paper, 3.2 and 3.3). */
export interface ExposureRecord {
  readonly meanG: number;
  readonly sdG: number;
  /** Deviation of G within clicks and within what was not clicked: what is left of sdG without what the feedback itself does. */
  readonly sdWithin: number;
  /** b0, b1, b2. */
  readonly beta: readonly [number, number, number];
  /** Adversarial training alone: mean of what regularizes g, the minimax objective, and the validation metric of g. */
  readonly game?: { readonly regularizer: number; readonly objective: number; readonly metric: number } | undefined;
}

export interface TrainingRecord {
  readonly epochs: readonly EpochRecord[];
  /** The epoch whose weights were kept. */
  readonly best: EpochRecord;
  /**
   * Which of the criteria chose it, the loss being the last of them; absent where that is the first, as it should be. Where even the loss is
   * the same in every epoch, the number of criteria.
   */
  readonly chosenBy?: number | undefined;
}

/** Thrown when the objective, a score or a propensity is no longer a number, or beyond all bounds. */
export class DivergedError extends Answer {
  override readonly name = 'DivergedError';

  /** `what` happened, and what to change, where that is known already. */
  constructor(
    readonly what: string,
    readonly remedy?: string,
  ) {
    super(`${what}: ${remedy ?? 'lower the learning rate'}`);
  }
}

/** An objective beyond this has exploded, where labels are about 1 in size. */
const EXPLODED = 1e4;

/** What validation says of an epoch: the metric that decides, then others, which decide where it is the same in every epoch. Higher is better. */
export type Criteria = number | readonly number[];

/** Training, an epoch at a time. */
export interface TrainingLoop {
  /** Parameters that end with the weights of the kept epoch. */
  readonly parameters: readonly Parameter[];
  /** Runs an epoch, counted from 0. */
  runEpoch(epoch: number): Promise<Omit<EpochRecord, 'epoch' | 'metric'>>;
  validate(): Promise<Criteria>;
  /** Mean square of the labels, where they are not 0 and 1: an objective is too large in proportion to it. */
  readonly labelScale?: number | undefined;
  /** Called once validation is done, to complete the record. */
  complete?(record: EpochRecord): Promise<EpochRecord>;
  /** Another reason to stop than validation; the last epoch's weights are then kept. */
  isDone?(records: readonly EpochRecord[]): boolean;
  onEpoch?: ((record: EpochRecord) => void) | undefined;
}

/**
 * Runs epochs until validation has not improved for `patience` of them, and restores the best weights; where the loop has a
 * rule of its own to stop by, that rule decides, and the last weights stay. Throws DivergedError where the objective or validation diverges.
 */
export async function runEpochs(
  kernels: Kernels,
  loop: TrainingLoop,
  { epochs, patience }: Pick<TrainerSettings, 'epochs' | 'patience'>,
): Promise<TrainingRecord> {
  const choice = loop.isDone ? undefined : new EpochChoice(kernels, loop.parameters);
  const records: EpochRecord[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const numbers = await loop.runEpoch(epoch);
    refuseDiverged(numbers.loss, epoch, loop.labelScale);
    const criteria = await validated(loop, epoch);
    const measured = { epoch: epoch + 1, metric: criteria[0] as number, ...numbers };
    const record = loop.complete ? await loop.complete(measured) : measured;
    records.push(record);
    loop.onEpoch?.(record);
    if (loop.isDone?.(records)) break;
    choice?.add(record, [...criteria, -record.loss]);
    if (choice && record.epoch - choice.best.epoch >= patience) break;
    await pause(); // lets Ctrl-C and progress through
  }
  choice?.restore();
  const chosenBy = records.length > 1 ? choice?.chosenBy : 0;
  return {
    epochs: records,
    best: choice?.best ?? (records.at(-1) as EpochRecord),
    ...(chosenBy !== undefined && chosenBy > 0 && { chosenBy }),
  };
}

/** A turn for whatever else waits. */
const pause = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve);
  });

/** The criteria after an epoch. Throws DivergedError, saying the epoch, where they are no numbers. */
async function validated(loop: TrainingLoop, epoch: number): Promise<readonly number[]> {
  const found = await loop.validate().catch((error: unknown): never => {
    throw error instanceof DivergedError ? new DivergedError(`${error.what} in epoch ${epoch + 1}`) : error;
  });
  const criteria = typeof found === 'number' ? [found] : found;
  if (criteria.every(Number.isFinite)) return criteria;
  throw new DivergedError(
    `the validation metric is ${criteria.find((x) => !Number.isFinite(x))} in epoch ${epoch + 1}`,
  );
}

/**
 * Keeps the weights of the best epoch: by the first criterion, or, as long as that is the same in every epoch and so cannot tell, by the first one
 * that is not. Then the weights of the first epoch are kept as well, which is the best again should the criterion come to tell.
 */
class EpochChoice {
  private first: { readonly record: EpochRecord; readonly criteria: readonly number[] } | undefined;
  private chosen: { readonly record: EpochRecord; readonly criteria: readonly number[] } | undefined;
  /** The criterion that tells; as many as there are while none does. */
  chosenBy = 0;
  private readonly byFirst: readonly Tensor[];
  private byOther: readonly Tensor[] | undefined;

  constructor(
    private readonly kernels: Kernels,
    private readonly parameters: readonly Parameter[],
  ) {
    this.byFirst = this.places();
  }

  get best(): EpochRecord {
    return (this.chosen as { record: EpochRecord }).record;
  }

  add(record: EpochRecord, criteria: readonly number[]): void {
    const added = { record, criteria };
    if (!this.first || !this.chosen) {
      this.first = added;
      this.chosenBy = criteria.length;
      this.take(added, this.byFirst);
      return;
    }
    const { criteria: before } = this.first;
    const telling = criteria.findIndex((value, k) => k < this.chosenBy && value !== before[k]);
    if (telling >= 0) {
      // It tells from now on; all epochs until now were alike by it, so that the first one stands for them.
      this.chosenBy = telling;
      this.chosen = this.first;
    }
    const value = criteria[this.chosenBy];
    if (value === undefined || !(value > (this.chosen.criteria[this.chosenBy] as number))) return;
    this.byOther ??= this.chosenBy === 0 ? undefined : this.places();
    this.take(added, this.chosenBy === 0 ? this.byFirst : (this.byOther as readonly Tensor[]));
  }

  /** Gives the parameters the weights of the best epoch. */
  restore(): void {
    const isFirst = this.chosenBy === 0 || this.chosen === this.first;
    const kept = isFirst ? this.byFirst : (this.byOther as readonly Tensor[]);
    kept.forEach((weights, p) => {
      this.kernels.copy(weights, (this.parameters[p] as Parameter).value);
    });
    for (const weights of [...this.byFirst, ...(this.byOther ?? [])]) this.kernels.free(weights);
  }

  private take(added: NonNullable<EpochChoice['chosen']>, into: readonly Tensor[]): void {
    this.chosen = added;
    this.parameters.forEach(({ value }, p) => {
      this.kernels.copy(value, into[p] as Tensor);
    });
  }

  private places(): Tensor[] {
    return this.parameters.map(({ value }) => this.kernels.zeros(value.shape));
  }
}

function refuseDiverged(loss: number, epoch: number, labelScale = 1): void {
  if (Number.isFinite(loss) && Math.abs(loss) < EXPLODED * Math.max(1, labelScale)) return;
  const what = Number.isFinite(loss) ? `has grown to ${loss.toExponential(1)}` : `is ${loss}`;
  throw new DivergedError(`the loss ${what} in epoch ${epoch + 1}`);
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
  validate(): Promise<Criteria>;
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
    labelScale: task.source.labelScale,
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
