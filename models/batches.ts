import {
  type Batch,
  type DrawKey,
  type Kernels,
  type KnownItems,
  type SampledInteractions,
  stream,
  type Tensor,
} from '../compute/index.js';
import { type Interactions, rowsWhere, TRAIN, type UserItems } from '../datasets/interactions.js';
import { knownItems } from '../datasets/known.js';
import { UserError } from '../support/errors.js';
import type { SequenceColumns } from './pairs.js';

/** Rows to train on. */
export interface TrainingBatch extends Batch {
  /** Rows come in groups of so many: a positive, then its negatives. */
  readonly wide: number;
  /** The histories before each positive, where a sequential model is trained. */
  readonly sequences?: SequenceColumns | undefined;
}

/** Where a trainer gets its batches from. */
export interface BatchSource {
  /** Of the current epoch. */
  readonly batches: number;
  /** Mean square of the labels, where they are not 0 and 1. */
  readonly labelScale?: number | undefined;
  /** Shuffles for an epoch, counted from 0. */
  beginEpoch(epoch: number): void | Promise<void>;
  /** The b-th batch of the epoch; its tensors are overwritten by the next, or belong to the scope in which it is asked for. */
  batch(b: number): TrainingBatch;
}

/** How batches are made. */
export interface BatchSettings {
  /** Positives in a batch. */
  readonly batch: number;
  /** Sampled negatives for each positive. */
  readonly negatives: number;
  readonly seed: number;
}

/** A user's known items as tensors. */
export function knownTensors(kernels: Kernels, known: UserItems): KnownItems {
  return { itemCount: known.itemCount, starts: kernels.tensor(known.starts), items: kernels.tensor(known.items) };
}

/** Most memory that known items may take as bits. */
const MOST_BITS = 64 * 1024 * 1024 * 8;

/** Known items as rows of bits; undefined where they would take more than 64 MiB. */
function knownBits(kernels: Kernels, known: UserItems): Tensor | undefined {
  const bytes = Math.ceil(known.itemCount / 8);
  if (bytes * 8 * known.users > MOST_BITS) return undefined;
  const bits = new Int32Array(Math.ceil((bytes * known.users) / 4));
  const view = new Uint8Array(bits.buffer);
  for (let user = 0; user < known.users; user++) {
    for (let e = known.starts[user] as number; e < (known.starts[user + 1] as number); e++) {
      const item = known.items[e] as number;
      (view[user * bytes + (item >> 3)] as number) |= 1 << (item & 7);
    }
  }
  return kernels.tensor(bits);
}

export const ORDER = stream('order of training');
const NEGATIVES = stream('training negatives');

/**
 * Implicit feedback: each training interaction (all, where there is no split) once an epoch, label 1, with `negatives` items drawn
 * uniformly from those the user did not train on, label 0. Validation and test items may be drawn, since a trainer cannot know them; `rejected` names other items
 * instead. Users who know every item have no negatives and are left out.
 */
export function implicitBatches(
  kernels: Kernels,
  data: Interactions,
  settings: BatchSettings,
  rejected?: UserItems,
): BatchSource {
  const isTrain = (row: number): boolean => !data.split || data.split[row] === TRAIN;
  const { known, isUsable } = usableInteractions(data, isTrain, rejected);
  const rows = rowsWhere(data.user.length, isUsable);
  const sampled: SampledInteractions = {
    users: kernels.tensor(Int32Array.from(rows, (row) => data.user[row] as number)),
    items: kernels.tensor(Int32Array.from(rows, (row) => data.item[row] as number)),
    order: kernels.zeros([rows.length], 'int32'),
    known: sampledTensors(kernels, known),
  };
  return shuffled(kernels, sampled.order, settings, 1 + settings.negatives, (first, count, epoch, batch) =>
    kernels.drawBatch(sampled, first, count, settings.negatives, negativesKey(settings.seed, epoch), batch),
  );
}

/** The key of an epoch's negatives. */
export const negativesKey = (seed: number, epoch: number): DrawKey => ({ seed, stream: NEGATIVES, replicate: epoch });

/** Items to reject as negatives, those trained on unless others are given, and the interactions that have any. */
export function usableInteractions(
  data: Interactions,
  isTrain: (row: number) => boolean,
  rejected?: UserItems,
): { known: UserItems; isUsable: (row: number) => boolean } {
  const known = rejected ?? knownItems(data, 'train');
  const knowsAll = (user: number): boolean =>
    (known.starts[user + 1] as number) - (known.starts[user] as number) >= known.itemCount;
  return { known, isUsable: (row) => isTrain(row) && !knowsAll(data.user[row] as number) };
}

/** A user's known items as tensors, with bits where they fit. */
export function sampledTensors(kernels: Kernels, known: UserItems): KnownItems {
  return { ...knownTensors(kernels, known), bits: knownBits(kernels, known) };
}

/** Tensors for a batch of so many rows, `wide` for each positive. */
export function emptyBatch(kernels: Kernels, positives: number, wide: number): TrainingBatch {
  return {
    users: kernels.zeros([positives * wide], 'int32'),
    items: kernels.zeros([positives * wide], 'int32'),
    labels: kernels.zeros([positives * wide]),
    wide,
  };
}

/** Explicit feedback: each rated pair once an epoch with its rating as label. `rows` restricts it to some of the data. */
export function explicitBatches(
  kernels: Kernels,
  data: Interactions & { readonly rating: NonNullable<Interactions['rating']> },
  rows: Int32Array,
  settings: { readonly batch: number; readonly seed: number },
): BatchSource {
  const users = kernels.tensor(Int32Array.from(rows, (row) => data.user[row] as number));
  const items = kernels.tensor(Int32Array.from(rows, (row) => data.item[row] as number));
  const ratings = kernels.tensor(Float32Array.from(rows, (row) => data.rating[row] as number));
  const order = kernels.zeros([rows.length], 'int32');
  const source = shuffled(kernels, order, settings, 1, (first, count, _epoch, batch) =>
    kernels.takeBatch({ users, items, labels: ratings }, order, first, count, batch),
  );
  const labelScale = rows.reduce((sum, row) => sum + (data.rating[row] as number) ** 2, 0) / rows.length;
  return { ...source, labelScale };
}

/** Batches over a freshly drawn order each epoch; the last one may be smaller. */
function shuffled(
  kernels: Kernels,
  order: Tensor,
  settings: { readonly batch: number; readonly seed: number },
  wide: number,
  fill: (first: number, count: number, epoch: number, batch: Batch) => void,
): BatchSource {
  if (order.size === 0) throw new UserError('there are no interactions to train on');
  const size = Math.min(settings.batch, order.size);
  const batches = Math.ceil(order.size / size);
  const full = emptyBatch(kernels, size, wide);
  const rest = order.size - (batches - 1) * size;
  const last = rest === size ? full : emptyBatch(kernels, rest, wide);
  let current = 0;
  return {
    batches,
    beginEpoch(epoch) {
      current = epoch;
      kernels.drawPermutation(order, { seed: settings.seed, stream: ORDER, replicate: epoch });
    },
    batch(b) {
      const isLast = b === batches - 1;
      const batch = isLast ? last : full;
      fill(b * size, isLast ? rest : size, current, batch);
      return batch;
    },
  };
}
