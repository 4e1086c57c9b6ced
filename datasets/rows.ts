import { UserError } from '../support/errors.js';
import { type Interactions, sharedFloat64, sharedInt32 } from './interactions.js';

/** What one user said of one item, or did with it. */
export interface Row {
  readonly user: string | number;
  readonly item: string | number;
  /** All rows have one, or none has. */
  readonly rating?: number;
  /** Seconds since 1970; all rows have one, or none has. */
  readonly time?: number;
}

/**
 * Rows in memory as interactions: ids as text, numbered in the order in which they come. Throws UserError naming the row, from 1, where an id is empty, a
 * number is none, or only some rows have a rating or a time.
 */
export function interactionsOf(rows: readonly Row[], name = 'ratings'): Interactions {
  const [users, items] = [new Map<string, number>(), new Map<string, number>()];
  const [user, item] = [sharedInt32(rows.length), sharedInt32(rows.length)];
  const numberOf = (ids: Map<string, number>, id: string | number, what: string, row: number): number => {
    const text = String(id ?? '');
    if (text === '') throw new UserError(`row ${row + 1}: no ${what}`);
    const known = ids.get(text) ?? ids.size;
    ids.set(text, known);
    return known;
  };
  const column = (what: 'rating' | 'time'): Float64Array | undefined => {
    const first = rows[0]?.[what];
    const out = sharedFloat64(rows.length);
    rows.forEach((row, r) => {
      const value = row[what];
      if ((value === undefined) !== (first === undefined))
        throw new UserError(
          `row ${r + 1}: ${value === undefined ? 'no' : 'a'} ${what}, unlike row 1: all have one, or none`,
        );
      if (value !== undefined && !Number.isFinite(value)) throw new UserError(`row ${r + 1}: the ${what} is ${value}`);
      out[r] = value ?? 0;
    });
    return first === undefined ? undefined : out;
  };
  rows.forEach((row, r) => {
    user[r] = numberOf(users, row.user, 'user', r);
    item[r] = numberOf(items, row.item, 'item', r);
  });
  const [rating, time] = [column('rating'), column('time')];
  return { name, userIds: [...users.keys()], itemIds: [...items.keys()], user, item, rating, time, split: undefined };
}
