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
  type PairList,
  rowsWhere,
  sharedFloat32,
  TRAIN,
  type UserItems,
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
import type { HeldPairs, Weights } from './calibration.js';
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

/** Pairs of which no training knows whether they were rated. */
export interface UnseenPairs extends PairList {
  /** 1 where the pair was rated. */
  readonly labels: Uint8Array;
  /** For how many pairs each stands that was not rated. */
  readonly weight: number;
}

/**
 * Exposure model: cross-entropy on "was rated", or on clicks, against sampled negatives (steps 2 and 5). `loss` is the
 * cross-entropy held out. With `holdPairs` pairs that were not rated are held out as the rated ones are, so that both are `unseen`.
 */
export async function trainExposure(
  data: Interactions,
  training: FactorTraining,
  holdPairs = false,
): Promise<{ factors: Factors; loss: number; unseen: UnseenPairs }> {
  const rated = userItems(data);
  const { isUsable } = usableInteractions(data, () => true, rated);
  const { held } = holdOut(data.user.length, training, isUsable);
  const others = holdPairs ? unratedPairs(data, rated, held.length, training.seed) : NO_PAIRS;
  const known = holdPairs ? userItems({ ...data, ...joinedPairs(data, others) }) : rated;
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
  return { factors, loss: -best, unseen: unseenPairs(data, held, rated, others) };
}

const NO_PAIRS: PairList = { user: new Int32Array(), item: new Int32Array() };

/** Unrated pairs that are held out for a rated one, at most: more would say no more. */
const UNRATED = 20;
/** And in all. */
const MOST_UNRATED = 2_000_000;

/** Pairs that were not rated, drawn evenly among them; no more than the share of them that is held out of the rated ones. */
function unratedPairs(data: Interactions, rated: UserItems, held: number, seed: number): PairList {
  const [users, items] = [data.userIds.length, data.itemIds.length];
  const share = held / data.user.length;
  const count = Math.ceil(Math.min(UNRATED * held, share * (users * items - rated.items.length), MOST_UNRATED));
  const kernels = new WasmKernels();
  const drawn = (of: 'users' | 'items'): Float32Array => {
    const uniform = kernels.zeros([count]);
    kernels.drawUniform(uniform, { seed, stream: stream(`held-out unrated pairs, ${of}`) });
    return kernels.floats(uniform).slice();
  };
  const [u, i] = [drawn('users'), drawn('items')];
  const user = Int32Array.from(u, (value) => Math.floor(value * users));
  const item = Int32Array.from(i, (value) => Math.floor(value * items));
  const kept = rowsWhere(count, (k) => !isKnown(rated, user[k] as number, item[k] as number));
  return {
    user: Int32Array.from(kept, (k) => user[k] as number),
    item: Int32Array.from(kept, (k) => item[k] as number),
  };
}

/** Whether an item is among a user's, which are in order. */
function isKnown({ starts, items }: UserItems, user: number, item: number): boolean {
  let [from, to] = [starts[user] as number, starts[user + 1] as number];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((items[middle] as number) < item) from = middle + 1;
    else to = middle;
  }
  return from < (starts[user + 1] as number) && items[from] === item;
}

const joinedPairs = (a: PairList, b: PairList): PairList => {
  const join = (one: Int32Array, other: Int32Array): Int32Array => {
    const out = new Int32Array(one.length + other.length);
    out.set(one);
    out.set(other, one.length);
    return out;
  };
  return { user: join(a.user, b.user), item: join(a.item, b.item) };
};

function unseenPairs(data: Interactions, held: Int32Array, rated: UserItems, others: PairList): UnseenPairs {
  const own: PairList = {
    user: Int32Array.from(held, (row) => data.user[row] as number),
    item: Int32Array.from(held, (row) => data.item[row] as number),
  };
  const unrated = data.userIds.length * data.itemIds.length - rated.items.length;
  const labels = new Uint8Array(held.length + others.user.length).fill(1, 0, held.length);
  const weight = (unrated * held.length) / data.user.length / Math.max(1, others.user.length);
  return { ...joinedPairs(own, others), labels, weight };
}

/** [items]: log(1 + ratings), of those that were trained on. */
export function logCounts(data: Interactions, { item, labels }: UnseenPairs): Float64Array {
  const counts = Float64Array.from(countIds(data.item, data.itemIds.length));
  item.forEach((i, k) => {
    (counts[i] as number) -= labels[k] as number;
  });
  return counts.map((count) => log(1 + count));
}

/** The parts of listed pairs' scores, with the shift among what belongs to the user. */
export function scoreParts(
  { dim, user, item, userBias, itemBias }: Factors,
  shift: Float32Array,
  counts: Float64Array,
  pairs: PairList,
): Pick<HeldPairs, 'product' | 'user' | 'item' | 'count'> {
  return {
    count: Float64Array.from(pairs.item, (i) => counts[i] as number),
    product: Float64Array.from(pairs.user, (u, k) => {
      const i = pairs.item[k] as number;
      let product = 0;
      for (let d = 0; d < dim; d++) product += (user[u * dim + d] as number) * (item[i * dim + d] as number);
      return product;
    }),
    user: Float64Array.from(pairs.user, (u) => (userBias[u] as number) + (shift[u] as number)),
    item: Float64Array.from(pairs.item, (i) => itemBias[i] as number),
  };
}

/** Factors and shift whose scores have parts with these weights. */
export function weighted(
  factors: Factors,
  shift: Float32Array,
  counts: Float64Array,
  { product, user, item, count }: Weights,
): { factors: Factors; shift: Float32Array } {
  const shared = (values: Float32Array, of: (value: number, k: number) => number): Float32Array => {
    const out = sharedFloat32(values.length);
    for (let k = 0; k < values.length; k++) out[k] = of(values[k] as number, k);
    return out;
  };
  return {
    factors: {
      ...factors,
      user: shared(factors.user, (value) => value * product),
      userBias: shared(factors.userBias, (bias) => bias * user),
      itemBias: shared(factors.itemBias, (bias, i) => bias * item + count * (counts[i] as number)),
    },
    shift: shared(shift, (value) => value * user),
  };
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
