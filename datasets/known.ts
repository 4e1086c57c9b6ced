import { type Interactions, rowsWhere, TEST, TRAIN, type UserItems, userItems } from './interactions.js';

/** Which interactions: training, what comes before the test part, or all. Where there is no split, all are for training. */
export type KnownPart = 'train' | 'before test' | 'all';

/** By the columns that they were made of. */
const made = new WeakMap<Int32Array, WeakMap<Uint8Array | Int32Array, Map<KnownPart, UserItems>>>();

/** `userItems` of a part of the data, computed once for the same columns: it is asked for by training, by evaluation and by each of their metrics. */
export function knownItems(data: Interactions, part: KnownPart): UserItems {
  const { user, split } = data;
  const bySplit = made.get(user) ?? new WeakMap<Uint8Array | Int32Array, Map<KnownPart, UserItems>>();
  made.set(user, bySplit);
  const byPart = bySplit.get(split ?? user) ?? new Map<KnownPart, UserItems>();
  bySplit.set(split ?? user, byPart);
  let known = byPart.get(part);
  if (!known || known.users !== data.userIds.length || known.itemCount !== data.itemIds.length) {
    const keeps = (row: number): boolean =>
      !split || part === 'all' || (part === 'train' ? split[row] === TRAIN : split[row] !== TEST);
    known = userItems(data, keeps);
    byPart.set(part, known);
  }
  return known;
}

/** Training items by user, each as often as there are records of it, in the order of items. */
export function trainRecords({ user, item, split, userIds, itemIds }: Interactions): UserItems {
  const rows = rowsWhere(user.length, (row) => !split || split[row] === TRAIN);
  const starts = new Int32Array(userIds.length + 1);
  for (const row of rows) (starts[(user[row] as number) + 1] as number)++;
  for (let u = 0; u < userIds.length; u++) (starts[u + 1] as number) += starts[u] as number;
  const items = new Int32Array(rows.length);
  const next = starts.slice(0, userIds.length);
  for (const row of rows) {
    items[next[user[row] as number] as number] = item[row] as number;
    (next[user[row] as number] as number)++;
  }
  for (let u = 0; u < userIds.length; u++) items.subarray(starts[u], starts[u + 1]).sort();
  return { users: userIds.length, itemCount: itemIds.length, starts, items };
}
