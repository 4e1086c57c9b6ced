import { compactIds, countIds, type Interactions, onePerPair, rowsWhere, takeRows } from './interactions.js';

/** A.6.2: what is removed before the split. */
export interface FilterOptions {
  /** Least interactions of an item and of a user; 0 keeps all. */
  readonly minItem: number;
  readonly minUser: number;
  /** Most interactions of a user (spam beyond); 0 for no limit. */
  readonly maxUser: number;
  /** `once`: items, then users, as the authors' program; `until-stable`: again until nothing more goes. */
  readonly rule: 'once' | 'until-stable';
  /** Which of several interactions of one user with one item stays; `all`: each is one of its own, as in the authors' program. */
  readonly duplicates: 'first' | 'last' | 'all';
  /** What is counted: pairs of user and item, or records, of which one pair may have several (tags of one artist). */
  readonly count: 'pairs' | 'records';
}

export const NO_FILTER: FilterOptions = {
  ...{ minItem: 0, minUser: 0, maxUser: 0 },
  ...{ rule: 'once', duplicates: 'first', count: 'pairs' },
};

/** Filters of A.6.2, for LastFM and Goodreads: as the text says, and as the authors' program does, whose bounds are strict. */
export const FILTER_PRESETS = {
  paper: { ...NO_FILTER, minItem: 20, minUser: 20, maxUser: 1000, count: 'records' },
  authors: { ...NO_FILTER, minItem: 21, minUser: 21, maxUser: 999, count: 'records' },
} as const satisfies Record<string, FilterOptions>;

const LEAST_PAIRS = 3;

/** What one step left. */
export interface FilterStep {
  readonly step: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
}

const sizeAfter = (step: string, data: Interactions): FilterStep => ({
  step,
  users: data.userIds.length,
  items: data.itemIds.length,
  interactions: data.user.length,
});

/**
 * Applies the steps in order: rare items, rare users and users with too much; duplicates before, or after where records count. Ids are dense
 * afterwards.
 */
export function filterInteractions(
  raw: Interactions,
  options: FilterOptions,
): { data: Interactions; steps: FilterStep[] } {
  const steps = [sizeAfter('as read', raw)];
  let data = raw;
  const apply = (step: string, next: Interactions): boolean => {
    const changed = next.user.length !== data.user.length;
    data = compactIds(next);
    steps.push(sizeAfter(step, data));
    return changed;
  };
  const { duplicates } = options;
  const unite = (): void => {
    if (duplicates === 'all') return;
    apply(`one interaction a user and item (the ${duplicates})`, dropDuplicates(data, duplicates));
  };
  if (options.count === 'pairs') unite();
  for (let again = true; again; again = again && options.rule === 'until-stable') {
    again = false;
    const { minItem, minUser, maxUser } = options;
    if (minItem > 0) {
      again =
        apply(`items with at least ${minItem}`, keepByCount(data, 'item', minItem, Number.POSITIVE_INFINITY)) || again;
    }
    if (minUser > 0) {
      again =
        apply(`users with at least ${minUser}`, keepByCount(data, 'user', minUser, Number.POSITIVE_INFINITY)) || again;
    }
    if (maxUser > 0) again = apply(`users with at most ${maxUser}`, keepByCount(data, 'user', 0, maxUser)) || again;
  }
  if (options.count === 'records') {
    unite();
    // Of many records few pairs may be left, and a split that leaves two out needs three.
    const what = duplicates === 'all' ? 'records' : 'items';
    apply(
      `users with at least ${LEAST_PAIRS} ${what}`,
      keepByCount(data, 'user', LEAST_PAIRS, Number.POSITIVE_INFINITY),
    );
  }
  return { data, steps };
}

function keepByCount(data: Interactions, column: 'user' | 'item', least: number, most: number): Interactions {
  const ids = data[column];
  const counts = countIds(ids, (column === 'user' ? data.userIds : data.itemIds).length);
  const keep = rowsWhere(ids.length, (row) => {
    const count = counts[ids[row] as number] as number;
    return count >= least && count <= most;
  });
  return takeRows(data, keep);
}

/** Keeps the first or last interaction of each (user, item), by time, ties by file order. */
function dropDuplicates(data: Interactions, which: 'first' | 'last'): Interactions {
  const { time } = data;
  const kept = onePerPair(data, (held, row) => {
    const later = !time || (time[row] as number) >= (time[held] as number);
    return later === (which === 'last');
  });
  return kept.length === data.user.length ? data : takeRows(data, kept);
}
