import type { Kernels, Lookup, PairIndices, Runs, Slots, Tensor } from '../compute/index.js';
import type { ModelSize } from './size.js';

/** Histories of a batch, end to end: what a sequential model reads. */
export interface SequenceColumns extends Runs {
  /** [tokens] items in the order of time; `size.items` stands for the start of a history. */
  readonly tokens: Tensor;
  /** [tokens] places counted so that the newest item of a full history has the last one. */
  readonly places: Tensor;
  /** [pairs] for each pair the token after which it is scored. */
  readonly states: Tensor;
  /** Where pairs are scored after the last token of a history alone. */
  readonly last?: LastTokens | undefined;
}

/** [histories] the last token of each, and [pairs] for each pair its history. */
export interface LastTokens {
  readonly rows: Tensor;
  readonly states: Tensor;
}

/** Pairs as columns of ids, with histories where a sequential model will see them. */
export interface PairColumns extends PairIndices {
  readonly sequences?: SequenceColumns | undefined;
}

/** A batch's histories, looked up. Items of pairs and of histories share one lookup, as they share one table. */
export interface Sequences extends Runs {
  readonly lookup: Lookup;
  readonly items: Slots;
  readonly tokens: Slots;
  readonly places: Slots;
  readonly states: Slots;
  readonly last?: LastTokens | undefined;
}

/** A batch of (user, item) pairs: for both sides the distinct rows and each pair's place among them. */
export interface Pairs {
  readonly columns: PairIndices;
  readonly users: Lookup;
  readonly items: Lookup;
  readonly sequences?: Sequences | undefined;
}

/** Looks up the rows that a batch of pairs uses. */
export function pairsOf(kernels: Kernels, columns: PairColumns, size: Pick<ModelSize, 'users' | 'items'>): Pairs {
  const [users, items] = kernels.lookupPair(columns.users, size.users, columns.items, size.items);
  return {
    columns,
    users,
    items,
    sequences: columns.sequences && sequencesOf(kernels, columns.items, columns.sequences, size.items),
  };
}

function sequencesOf(kernels: Kernels, items: Tensor, columns: SequenceColumns, itemCount: number): Sequences {
  const lookup = kernels.lookup(kernels.join(items, columns.tokens), itemCount + 1);
  return {
    starts: columns.starts,
    longest: columns.longest,
    lookup,
    items: { slots: kernels.slice(lookup.slots, 0, items.size) },
    tokens: { slots: kernels.slice(lookup.slots, items.size, columns.tokens.size) },
    places: { slots: columns.places },
    states: { slots: columns.states },
    last: columns.last,
  };
}
