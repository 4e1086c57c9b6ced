import { type Interactions, TEST, TRAIN, type UserItems, userItems } from './interactions.js';

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
