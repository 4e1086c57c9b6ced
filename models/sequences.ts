import { type Kernels, stream, type Tensor } from '../compute/index.js';
import { type Interactions, TRAIN, type UserItems } from '../datasets/interactions.js';
import { UserError } from '../support/errors.js';
import {
  type BatchSettings,
  type BatchSource,
  emptyBatch,
  negativesKey,
  ORDER,
  sampledTensors,
  type TrainingBatch,
  usableInteractions,
} from './batches.js';
import type { SequenceColumns } from './pairs.js';

/** Each user's interactions in the order of time, ties by file order: rows[starts[u] .. starts[u + 1]). */
export interface Histories {
  readonly starts: Int32Array;
  readonly rows: Int32Array;
  /** The items of those rows. */
  readonly items: Int32Array;
}

/** Orders the interactions for which `keep` holds. Throws UserError where the data has no times. */
export function histories(data: Interactions, keep: (row: number) => boolean): Histories {
  const { time, user } = data;
  if (!time) throw new UserError(`Attn reads histories in the order of time, and "${data.name}" has no times`);
  const users = data.userIds.length;
  const starts = new Int32Array(users + 1);
  for (let row = 0; row < user.length; row++) if (keep(row)) (starts[(user[row] as number) + 1] as number)++;
  for (let u = 0; u < users; u++) (starts[u + 1] as number) += starts[u] as number;
  const rows = new Int32Array(starts[users] as number);
  const next = starts.slice(0, users);
  for (let row = 0; row < user.length; row++) {
    if (!keep(row)) continue;
    rows[next[user[row] as number] as number] = row;
    (next[user[row] as number] as number)++;
  }
  for (let u = 0; u < users; u++) {
    rows.subarray(starts[u], starts[u + 1]).sort((a, b) => (time[a] as number) - (time[b] as number) || a - b);
  }
  return { starts, rows, items: rows.map((row) => data.item[row] as number) };
}

/**
 * Tokens and places of several runs of a history, end to end. Run r reads, of `user`'s ordered items, what stands before each of the
 * targets first .. first + count: for the k-th target the item before it, or the start of the history before the first.
 */
export function tokenColumns(
  data: Interactions,
  { starts, items }: Histories,
  runs: readonly { readonly user: number; readonly first: number; readonly count: number }[],
  length: number,
): { tokens: Int32Array; places: Int32Array; starts: Int32Array; longest: number } {
  const total = runs.reduce((sum, { count }) => sum + count, 0);
  const [tokens, places, ends] = [new Int32Array(total), new Int32Array(total), new Int32Array(runs.length + 1)];
  let at = 0;
  runs.forEach(({ user, first, count }, r) => {
    const before = (starts[user] as number) + first - 1;
    for (let k = 0; k < count; k++) {
      tokens[at + k] = items[before + k] as number;
      places[at + k] = length - count + k;
    }
    if (first === 0) tokens[at] = data.itemIds.length;
    at += count;
    ends[r + 1] = at;
  });
  return { tokens, places, starts: ends, longest: runs.reduce((most, { count }) => Math.max(most, count), 0) };
}

/** The same as tensors, with the token of each pair. */
export function sequenceTensors(
  kernels: Kernels,
  { tokens, places, starts, longest }: ReturnType<typeof tokenColumns>,
  states: Int32Array,
): SequenceColumns {
  return {
    tokens: kernels.tensor(tokens),
    places: kernels.tensor(places),
    starts: kernels.tensor(starts),
    states: kernels.tensor(states),
    longest,
  };
}

const CUTS = stream('cuts of histories');

/**
 * Batches for sequential models: each training interaction is once an epoch the target after what came before it. Histories are cut
 * into runs of at most `length`, the first cut drawn anew for each user and epoch, so that a target meets histories of every
 * length. A batch is as many runs as make up `batch` positives. Negatives are those that `implicitBatches` draws.
 */
export function sequenceBatches(
  kernels: Kernels,
  data: Interactions,
  settings: BatchSettings,
  length: number,
  knownItems?: UserItems,
): BatchSource {
  const isTrain = (row: number): boolean => !data.split || data.split[row] === TRAIN;
  const { known, isUsable } = usableInteractions(data, isTrain, knownItems);
  const ordered = histories(data, isUsable);
  const { starts, rows } = ordered;
  if (rows.length === 0) throw new UserError('there are no interactions to train on');
  const users = data.userIds.length;
  const interactions = {
    users: kernels.tensor(Int32Array.from(rows, (row) => data.user[row] as number)),
    items: kernels.tensor(ordered.items),
    known: sampledTensors(kernels, known),
  };
  const wide = 1 + settings.negatives;
  let batches: { user: number; first: number; count: number }[][] = [];
  let current = 0;
  const integers = async (tensor: Tensor): Promise<Int32Array> => {
    const values = (await kernels.read(tensor)) as Int32Array;
    kernels.free(tensor);
    return values;
  };
  return {
    get batches() {
      return batches.length;
    },
    async beginEpoch(epoch) {
      current = epoch;
      const drawn = kernels.zeros([users], 'int32');
      kernels.drawBounded(drawn, { seed: settings.seed, stream: CUTS, replicate: epoch }, length);
      const cuts = await integers(drawn);
      const runs: { user: number; first: number; count: number }[] = [];
      for (let user = 0; user < users; user++) {
        const targets = (starts[user + 1] as number) - (starts[user] as number);
        let count = Math.min(targets, 1 + (cuts[user] as number));
        for (let first = 0; first < targets; first += count, count = Math.min(length, targets - first)) {
          runs.push({ user, first, count });
        }
      }
      const permutation = kernels.zeros([runs.length], 'int32');
      kernels.drawPermutation(permutation, { seed: settings.seed, stream: ORDER, replicate: epoch });
      batches = [];
      let size = Number.POSITIVE_INFINITY;
      for (const r of await integers(permutation)) {
        const run = runs[r] as (typeof runs)[number];
        if (size >= settings.batch) {
          batches.push([]);
          size = 0;
        }
        batches.at(-1)?.push(run);
        size += run.count;
      }
    },
    batch(b): TrainingBatch {
      const runs = batches[b] as (typeof batches)[number];
      const columns = tokenColumns(data, ordered, runs, length);
      const positives = columns.tokens.length;
      const order = new Int32Array(positives);
      let at = 0;
      for (const { user, first, count } of runs) {
        for (let k = 0; k < count; k++) order[at++] = (starts[user] as number) + first + k;
      }
      const batch = emptyBatch(kernels, positives, wide);
      const sampled = { ...interactions, order: kernels.tensor(order) };
      kernels.drawBatch(sampled, 0, positives, settings.negatives, negativesKey(settings.seed, current), batch);
      const states = new Int32Array(positives * wide);
      for (let r = 0; r < states.length; r++) states[r] = (r / wide) | 0;
      return { ...batch, sequences: sequenceTensors(kernels, columns, states) };
    },
  };
}
