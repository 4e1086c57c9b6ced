import type { PairList, UserItems } from '../datasets/interactions.js';

/** Which interactions a user's history ends before: those of the validation part, so that it holds training alone, or of the test part. */
export type Before = 'validation' | 'test';

/**
 * Pairs to be scored. The same object is asked again after every epoch, so that a scorer may keep what it prepared for it. Rows of one owner lie
 * together, `wide` of them each.
 */
export interface Question extends PairList {
  readonly before: Before;
  readonly wide: number;
}

/** Places of the first pair of each owner among the others of theirs: how many score higher, and how many the same. */
export interface Counted {
  /** -1 where a score is not a finite number. */
  readonly greater: Int32Array;
  readonly equal: Int32Array;
  /** Of the first pairs. */
  readonly scores: Float32Array;
}

/**
 * What evaluation needs of a trained thing. A model is one, a matrix, a file of scores, another program's answers. Plain arrays on the host in and
 * out: evaluation knows neither tensors nor backends. Scores order items within a user.
 */
export interface Scorer {
  /** How much history it reads; absent for what reads none. */
  readonly history?: number | undefined;
  /** [pairs], in the question's order. */
  scorePairs(question: Question): Promise<Float32Array>;
  /**
   * Counts among the first `counts[owner]` pairs behind each owner's first one; for whom can count where its scores are. The same to the bit as
   * counting what `scorePairs` gives.
   */
  rankPairs?(question: Question, counts: Int32Array): Promise<Counted>;
  /** [items] scores of a user with every item. */
  scoreRow?(user: number, before: Before): Promise<Float32Array>;
  /** [users, items], for whom that costs less than user by user; users come once each. Some at a time: `rowsAtOnce` says how many. */
  scoreRows?(users: Int32Array, before: Before): Promise<Float32Array>;
  readonly rowsAtOnce?: number | undefined;
  /** [users, k] best items outside `had`, best first, equal scores by lower item, -1 behind the last. For those who have lists and no rows. */
  bestItems?(users: Int32Array, k: number, had: UserItems, before: Before): Promise<Int32Array>;
}
