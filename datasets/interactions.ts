/** What each interaction is for. Codes of `Interactions.split`. */
export const SPLITS = ['train', 'validation', 'test'] as const;
export const TRAIN = 0;
export const VALIDATION = 1;
export const TEST = 2;

/**
 * Who interacted with what, in columns of equal length. Ids are dense, from 0; `userIds` and `itemIds` keep the original ones.
 * Columns lie in shared memory, so that worker threads read them without a copy.
 */
export interface Interactions {
  readonly name: string;
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly user: Int32Array;
  readonly item: Int32Array;
  /** Explicit feedback, with all its digits where it was read from a file; absent where the data has none. */
  readonly rating: Float32Array | Float64Array | undefined;
  /** Seconds since 1970; absent where the data has none. */
  readonly time: Float64Array | undefined;
  /** Codes into SPLITS; absent before the split. */
  readonly split: Uint8Array | undefined;
  /** True probabilities of relevance and exposure of each pair; only simulated data has them. */
  readonly truth?: { readonly relevance: Float32Array; readonly exposure: Float32Array } | undefined;
  /** Items to rank each test item among, as many for each, in the order of the test rows; where the data names them. */
  readonly candidates?: Int32Array | undefined;
  /** Pairs known to have been shown, whether they were liked or not. */
  readonly exposed?: PairList | undefined;
}

/** Pairs as two columns of ids. */
export interface PairList {
  readonly user: Int32Array;
  readonly item: Int32Array;
}

/** Memory that threads share, where there is such memory: a page has it only where its server allows that. */
const Shared = (globalThis as { SharedArrayBuffer?: SharedArrayBufferConstructor }).SharedArrayBuffer ?? ArrayBuffer;

/** Typed arrays over shared memory. */
export const sharedInt32 = (n: number): Int32Array => new Int32Array(new Shared(n * 4));
export const sharedFloat32 = (n: number): Float32Array => new Float32Array(new Shared(n * 4));
export const sharedFloat64 = (n: number): Float64Array => new Float64Array(new Shared(n * 8));
export const sharedUint8 = (n: number): Uint8Array => new Uint8Array(new Shared(n));

/** The interactions at the given rows, in that order; ids stay as they are. */
export function takeRows(data: Interactions, rows: Int32Array): Interactions {
  const take = <Values extends Int32Array | Float32Array | Float64Array | Uint8Array>(
    from: Values,
    out: Values,
  ): Values => {
    for (let r = 0; r < rows.length; r++) out[r] = from[rows[r] as number] as number;
    return out;
  };
  const n = rows.length;
  const takeNumbers = (from: Float32Array | Float64Array): Float32Array | Float64Array =>
    from instanceof Float64Array ? take(from, sharedFloat64(n)) : take(from, sharedFloat32(n));
  return {
    ...data,
    user: take(data.user, sharedInt32(n)),
    item: take(data.item, sharedInt32(n)),
    rating: data.rating && takeNumbers(data.rating),
    time: data.time && take(data.time, sharedFloat64(n)),
    split: data.split && take(data.split, sharedUint8(n)),
    truth: data.truth && {
      relevance: take(data.truth.relevance, sharedFloat32(n)),
      exposure: take(data.truth.exposure, sharedFloat32(n)),
    },
  };
}

/** Rows for which `keep` holds. */
export function rowsWhere(n: number, keep: (row: number) => boolean): Int32Array {
  const rows = new Int32Array(n);
  let count = 0;
  for (let row = 0; row < n; row++) if (keep(row)) rows[count++] = row;
  return rows.slice(0, count);
}

/** How often each of `size` ids occurs. */
export function countIds(ids: Int32Array, size: number): Int32Array {
  const counts = new Int32Array(size);
  for (let r = 0; r < ids.length; r++) (counts[ids[r] as number] as number)++;
  return counts;
}

/** Drops ids that no row uses and numbers the rest anew, in their order. */
export function compactIds(data: Interactions): Interactions {
  const compact = (ids: Int32Array, names: readonly string[]): { ids: Int32Array; names: string[] } => {
    const used = countIds(ids, names.length);
    const renamed = new Int32Array(names.length).fill(-1);
    const kept: string[] = [];
    for (let id = 0; id < names.length; id++) {
      if ((used[id] as number) > 0) renamed[id] = kept.push(names[id] as string) - 1;
    }
    const out = sharedInt32(ids.length);
    for (let r = 0; r < ids.length; r++) out[r] = renamed[ids[r] as number] as number;
    return { ids: out, names: kept };
  };
  const users = compact(data.user, data.userIds);
  const items = compact(data.item, data.itemIds);
  return { ...data, user: users.ids, userIds: users.names, item: items.ids, itemIds: items.names };
}

/** Rows in the order of their users, each user's in file order: the rows of user u stand from starts[u] to starts[u + 1]. */
export function rowsByUser({ user, userIds }: Pick<Interactions, 'user' | 'userIds'>): {
  starts: Int32Array;
  rows: Int32Array;
} {
  const starts = new Int32Array(userIds.length + 1);
  for (let r = 0; r < user.length; r++) (starts[(user[r] as number) + 1] as number)++;
  for (let u = 0; u < userIds.length; u++) (starts[u + 1] as number) += starts[u] as number;
  const next = starts.slice();
  const rows = new Int32Array(user.length);
  for (let r = 0; r < user.length; r++) rows[(next[user[r] as number] as number)++] = r;
  return { starts, rows };
}

/**
 * One row of each pair of user and item, in file order. Of several rows the first is held, until `replaces` says that a later one takes its place.
 * No set of all pairs is made, which would hold no more than 16.7 million: an item's place is kept for one user at a time.
 */
export function onePerPair(
  data: Pick<Interactions, 'user' | 'item' | 'userIds' | 'itemIds'>,
  replaces: (held: number, row: number) => boolean = () => false,
): Int32Array {
  const { starts, rows } = rowsByUser(data);
  const held = new Int32Array(data.itemIds.length).fill(-1);
  const isKept = new Uint8Array(rows.length);
  for (let user = 0; user < data.userIds.length; user++) {
    const own = rows.subarray(starts[user], starts[user + 1]);
    for (const row of own) {
      const item = data.item[row] as number;
      const before = held[item] as number;
      if (before >= 0 && !replaces(before, row)) continue;
      if (before >= 0) isKept[before] = 0;
      held[item] = row;
      isKept[row] = 1;
    }
    for (const row of own) held[data.item[row] as number] = -1;
  }
  return rowsWhere(rows.length, (row) => isKept[row] === 1);
}

/** For each user a sorted run of distinct items, in compressed rows. */
export interface UserItems {
  readonly users: number;
  readonly itemCount: number;
  /** [users + 1] */
  readonly starts: Int32Array;
  readonly items: Int32Array;
}

/** Each user's items over the rows for which `keep` holds. */
export function userItems(
  data: PairList & Pick<Interactions, 'userIds' | 'itemIds'>,
  keep: (row: number) => boolean = () => true,
): UserItems {
  const users = data.userIds.length;
  const starts = new Int32Array(users + 1);
  const n = data.user.length;
  for (let r = 0; r < n; r++) if (keep(r)) (starts[(data.user[r] as number) + 1] as number)++;
  for (let u = 0; u < users; u++) (starts[u + 1] as number) += starts[u] as number;
  const items = new Int32Array(starts[users] as number);
  const next = starts.slice(0, users);
  for (let r = 0; r < n; r++) {
    if (!keep(r)) continue;
    const user = data.user[r] as number;
    items[next[user] as number] = data.item[r] as number;
    (next[user] as number)++;
  }
  // Sort each run and drop repeated items.
  let write = 0;
  let from = 0;
  for (let u = 0; u < users; u++) {
    const to = starts[u + 1] as number;
    const run = items.subarray(from, to).sort();
    starts[u] = write;
    let previous = -1;
    for (let i = 0; i < run.length; i++) {
      const item = run[i] as number;
      if (item !== previous) items[write++] = item;
      previous = item;
    }
    from = to;
  }
  starts[users] = write;
  return { users, itemCount: data.itemIds.length, starts, items: items.slice(0, write) };
}
