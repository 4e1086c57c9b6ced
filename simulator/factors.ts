import {
  type BackendName,
  type Kernels,
  openBackend,
  ParameterFactory,
  stream,
  type Tensor,
  WasmKernels,
} from '../compute/index.js';
import { log } from '../compute/math.js';
import {
  countIds,
  type Interactions,
  rowsWhere,
  sharedFloat32,
  TRAIN,
  userItems,
  VALIDATION,
} from '../datasets/interactions.js';
import { type BatchSource, explicitBatches, implicitBatches, usableInteractions } from '../models/batches.js';
import { type Factorization, factorization } from '../models/factorization.js';
import { crossEntropy, squaredError } from '../models/losses.js';
import type { ModelSize } from '../models/model.js';
import {
  DivergedError,
  type EpochRecord,
  evaluateLoss,
  type Objective,
  TRAINER_DEFAULTS,
  type TrainerSettings,
  type TrainingTask,
  train,
} from '../models/trainer.js';
import { UserError } from '../support/errors.js';
import type { FactorSettings } from './config.js';

/** A trained factorization: score(u, i) = user[u] . item[i] + userBias[u] + itemBias[i]. Arrays are in shared memory. */
export interface Factors {
  readonly dim: number;
  /** [users, dim], with the output weights worked in. */
  readonly user: Float32Array;
  /** [items, dim] */
  readonly item: Float32Array;
  /** [users], with the global bias worked in. */
  readonly userBias: Float32Array;
  readonly itemBias: Float32Array;
}

export interface FactorTraining {
  readonly seed: number;
  readonly dim: number;
  readonly model: FactorSettings;
  /** What is trained, and what to do where the data is too little for it, in words. */
  readonly label?: string | undefined;
  readonly advice?: string | undefined;
  /** What computes; the processor where absent. */
  readonly backend?: BackendName | undefined;
  readonly onEpoch?: ((record: EpochRecord) => void) | undefined;
}

/** Share of the rows kept out of training, to choose the epoch by. */
const HELD_OUT = 0.05;

/** Relevance model: squared error on the ratings (paper, A.6.3). `error` is the root mean squared error held out. */
export async function trainRelevance(
  data: Interactions & { readonly rating: NonNullable<Interactions['rating']> },
  training: FactorTraining,
): Promise<{ factors: Factors; error: number }> {
  const { kept, held } = holdOut(data.user.length, training);
  const kernels = await openBackend(training.backend);
  const mean = kept.reduce((sum, row) => sum + (data.rating[row] as number), 0) / kept.length;
  const settings = trainerSettings(training);
  const sources = {
    train: explicitBatches(kernels, data, kept, settings),
    held: explicitBatches(kernels, data, held, settings),
  };
  const loss: Objective = (tape, scores, batch) => tape.mean(squaredError(tape, scores, batch));
  const { factors, best } = await trainFactors(kernels, data, training, settings, sources, loss, mean);
  return { factors, error: Math.sqrt(-best) };
}

/**
 * Exposure model: cross-entropy on "was rated", or on clicks, against sampled negatives (steps 2 and 5). `loss` is the
 * cross-entropy held out.
 */
export async function trainExposure(
  data: Interactions,
  training: FactorTraining,
): Promise<{ factors: Factors; loss: number }> {
  const known = userItems(data);
  const { isUsable } = usableInteractions(data, () => true, known);
  const { held } = holdOut(data.user.length, training, isUsable);
  const kernels = await openBackend(training.backend);
  const settings = trainerSettings(training);
  const split = new Uint8Array(data.user.length).fill(TRAIN);
  for (const row of held) split[row] = VALIDATION;
  const heldAlone = split.map((code) => (code === VALIDATION ? TRAIN : VALIDATION));
  const sources = {
    train: implicitBatches(kernels, { ...data, split }, settings, known),
    held: implicitBatches(kernels, { ...data, split: heldAlone }, settings, known),
  };
  const loss: Objective = (tape, logits, batch) => tape.mean(crossEntropy(tape, logits, batch));
  // The batch holds one positive to `negatives` zeros; start from those odds.
  const { factors, best } = await trainFactors(
    kernels,
    data,
    training,
    settings,
    sources,
    loss,
    -log(settings.negatives),
  );
  return { factors, loss: -best };
}

/**
 * What to add to a user's logits so that they speak of all items and not of the sampled ones: each unrated item was drawn at
 * rate negatives n_u / (items - n_u) an epoch, each rated one at rate 1, so log-odds shift by the logarithm of that rate.
 */
export function logOddsShift(data: Interactions): Float32Array {
  const items = data.itemIds.length;
  const counts = countIds(data.user, data.userIds.length);
  const shift = sharedFloat32(counts.length);
  counts.forEach((count, user) => {
    const known = Math.max(count, 0.5);
    shift[user] = log((TRAINER_DEFAULTS.negatives * known) / Math.max(items - known, 0.5));
  });
  return shift;
}

function trainerSettings({ seed, model }: FactorTraining): TrainerSettings {
  return { ...TRAINER_DEFAULTS, rate: model.rate, l2: model.l2, epochs: model.epochs, patience: 3, seed };
}

/**
 * Rows for training and rows held out, drawn apart for each row. Where that leaves one of them without a row that `isUsable`, as it may of few, the
 * row whose draw came nearest is taken. Throws UserError where there are not two to begin with.
 */
function holdOut(
  rows: number,
  { seed, label = 'factors', advice = 'give more data' }: FactorTraining,
  isUsable: (row: number) => boolean = () => true,
): { kept: Int32Array; held: Int32Array } {
  const kernels = new WasmKernels();
  const uniform = kernels.zeros([rows]);
  kernels.drawUniform(uniform, { seed, stream: stream('held-out ratings') });
  const u = kernels.floats(uniform);
  const usable = rowsWhere(rows, isUsable);
  if (usable.length < 2)
    throw new UserError(
      `too little to train the ${label} on: ${usable.length} of ${rows} interactions are of users who do not have every item, and two are the least, one to learn from and one to stop by; ${advice}`,
    );
  const drawn = (row: number): number => u[row] as number;
  const [least, most] = [
    usable.reduce((a, b) => (drawn(b) < drawn(a) ? b : a)),
    usable.reduce((a, b) => (drawn(b) >= drawn(a) ? b : a)),
  ];
  const isHeld = (row: number): boolean => row === least || (drawn(row) < HELD_OUT && row !== most);
  return { kept: rowsWhere(rows, (row) => !isHeld(row)), held: rowsWhere(rows, isHeld) };
}

async function trainFactors(
  kernels: Kernels,
  data: Interactions,
  training: FactorTraining,
  settings: TrainerSettings,
  sources: { readonly train: BatchSource; readonly held: BatchSource },
  loss: Objective,
  bias: number,
): Promise<{ factors: Factors; best: number }> {
  const size: ModelSize = { users: data.userIds.length, items: data.itemIds.length, dim: training.dim };
  const model = factorization(new ParameterFactory(kernels, training.seed), size, { weighted: true, bias });
  const task: TrainingTask = {
    source: sources.train,
    objective: loss,
    validate: async () => -(await meanLoss(kernels, model, size, sources.held, loss)),
    ...(training.onEpoch && { onEpoch: training.onEpoch }),
  };
  const record = await train(kernels, model, size, task, settings).catch((error: unknown): never => {
    // There is no rate to lower here: what can be changed is what is learned from.
    throw error instanceof DivergedError
      ? new UserError(`simulating from "${data.name}": ${error.what}: bring its ratings to a scale such as 1 to 5`)
      : error;
  });
  const factors = await extract(kernels, model);
  kernels.close();
  return { factors, best: record.best.metric };
}

/** Mean loss over a source's first epoch: the same rows and negatives each time. */
async function meanLoss(
  kernels: Kernels,
  model: Factorization,
  size: ModelSize,
  source: BatchSource,
  loss: Objective,
): Promise<number> {
  await source.beginEpoch(0);
  const total = kernels.zeros([1]);
  let rows = 0;
  for (let b = 0; b < source.batches; b++) {
    const batch = source.batch(b);
    kernels.scope(() => {
      const { loss: value } = evaluateLoss(kernels, model, size, batch, loss);
      kernels.addScaled(batch.labels.size, value.value, total);
    });
    rows += batch.labels.size;
  }
  const sum = (await kernels.read(total))[0] as number;
  kernels.free(total);
  return sum / rows;
}

async function extract(kernels: Kernels, model: Factorization): Promise<Factors> {
  const shared = async (tensor: Tensor): Promise<Float32Array> => {
    const out = sharedFloat32(tensor.size);
    out.set(await kernels.read(tensor));
    return out;
  };
  const weight = await kernels.read(model.weight.value);
  const dim = weight.length;
  const user = await shared(model.user.value);
  for (let k = 0; k < user.length; k++) (user[k] as number) *= weight[k % dim] as number;
  const bias = (await kernels.read(model.bias.value))[0] as number;
  const userBias = await shared(model.userBias.value);
  for (let u = 0; u < userBias.length; u++) (userBias[u] as number) += bias;
  const [item, itemBias] = [await shared(model.item.value), await shared(model.itemBias.value)];
  return { dim, user, item, userBias, itemBias };
}
