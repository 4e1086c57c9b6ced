import { knownItems } from '../datasets/known.js';
import { itemCounts } from '../models/losses.js';
import type { Scorer } from '../models/scorer.js';
import { DivergedError } from '../models/trainer.js';
import { gini } from '../support/statistics.js';
import { type TestQuestion, userOf } from './question.js';
import { allScores, type Ranks } from './ranks.js';
import { BestItems } from './truth/lists.js';

/** Something that looks at a user's scores of all items. */
export interface ScoreReader {
  read(user: number, scores: Float32Array): void;
}

/** One that looks at some users, whether or not anything of theirs is evaluated. */
export interface UserReader extends ScoreReader {
  readonly users: Int32Array;
}

/**
 * Shows a scorer's scores of all items to the readers, for every user of whom something is evaluated; and to `judge` for its own users, at the
 * same time where they are the same. Throws DivergedError for scores that are none.
 */
export async function readAllScores(
  question: TestQuestion,
  scorer: Scorer,
  readers: readonly ScoreReader[],
  judge?: UserReader,
): Promise<void> {
  const tested = new Set(question.targets.user);
  await readRows(scorer, Int32Array.from(tested), (user, scores) => {
    for (const reader of readers) reader.read(user, scores);
    judge?.read(user, scores);
  });
  if (judge)
    await readRows(
      scorer,
      judge.users.filter((user) => !tested.has(user)),
      (user, scores) => judge.read(user, scores),
    );
}

/** Some users' scores of all items, as many users at a time as the scorer likes. */
async function readRows(
  scorer: Scorer,
  users: Int32Array,
  read: (user: number, scores: Float32Array) => void,
): Promise<void> {
  const { scoreRows, rowsAtOnce = 1 } = scorer;
  const together = scoreRows ? rowsAtOnce : 1;
  for (let first = 0; first < users.length; first += together) {
    const own = users.subarray(first, first + together);
    const scores = await (scoreRows?.(own, 'test') ?? allScores(scorer, own[0] as number, 'test'));
    if (!areFinite(scores)) throw new DivergedError('some scores are NaN or infinite');
    const wide = scores.length / own.length;
    own.forEach((user, u) => {
      read(user, scores.subarray(u * wide, (u + 1) * wide));
    });
  }
}

/** x - x is 0 of finite numbers alone; a sum of all of them tells whether one was not. */
function areFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += (values[k] as number) - (values[k] as number);
  return sum === 0;
}

/**
 * The same of a scorer that has lists and no scores: the items of a list count as the best, in their order. For readers of lists of at most `longest`
 * items.
 */
export async function readLists(
  question: TestQuestion,
  scorer: Scorer,
  longest: number,
  readers: readonly ScoreReader[],
  judge?: UserReader,
): Promise<void> {
  if (!scorer.bestItems) throw new Error('a scorer without lists was asked for them');
  const { data } = question;
  const had = knownItems(data, 'before test');
  const tested = new Set(question.targets.user);
  const users = Int32Array.from(new Set([...tested, ...(judge?.users ?? [])])).sort();
  const judged = new Set(judge?.users);
  const best = await scorer.bestItems(users, longest, had, 'test');
  const scores = new Float32Array(data.itemIds.length);
  users.forEach((user, u) => {
    scores.fill(0);
    for (let place = 0; place < longest; place++) {
      const item = best[u * longest + place] as number;
      if (item >= 0) scores[item] = longest - place;
    }
    if (tested.has(user)) for (const reader of readers) reader.read(user, scores);
    if (judged.has(user)) judge?.read(user, scores);
  });
}

/** Ranks the test items among all items that their user did not interact with. */
export class FullRanks implements ScoreReader, Ranks {
  readonly greater: Int32Array;
  readonly equal: Int32Array;
  private readonly rowsOf = new Map<number, number[]>();

  constructor(private readonly test: TestQuestion) {
    this.greater = new Int32Array(test.rows.length);
    this.equal = new Int32Array(test.rows.length);
    test.rows.forEach((_, r) => {
      const user = userOf(test, r);
      const own = this.rowsOf.get(user);
      if (own) own.push(r);
      else this.rowsOf.set(user, [r]);
    });
  }

  read(user: number, scores: Float32Array): void {
    const { data, known, rows } = this.test;
    const own = known.items.subarray(known.starts[user], known.starts[user + 1]);
    for (const r of this.rowsOf.get(user) ?? []) {
      const target = scores[data.item[rows[r] as number] as number] as number;
      let [greater, equal] = [0, 0];
      for (let item = 0; item < scores.length; item++) {
        const score = scores[item] as number;
        greater += Number(score > target);
        equal += Number(score === target);
      }
      for (const item of own) {
        const score = scores[item] as number;
        if (score > target) greater--;
        else if (score === target) equal--;
      }
      [this.greater[r], this.equal[r]] = [greater, equal];
    }
  }
}

/** What a model would show. */
export interface ListStatistics {
  /** Share of all items that are in somebody's list. */
  readonly coverage: number;
  /** Gini coefficient of how often items are in lists: 0 where all are equally often, towards 1 where few have all places. */
  readonly gini: number;
  /** Mean over places of an item's number of training interactions. */
  readonly popularity: number;
}

/** Collects each user's first `size` items outside of what the user had before the test part. */
export class RecommendationLists implements ScoreReader {
  private readonly shown: Float64Array;
  private readonly best: BestItems;
  private readonly popularity: Float32Array;

  constructor({ data }: Pick<TestQuestion, 'data'>, size = 10) {
    this.shown = new Float64Array(data.itemIds.length);
    this.best = new BestItems(size, knownItems(data, 'before test'));
    this.popularity = itemCounts(knownItems(data, 'train'));
  }

  read(user: number, scores: Float32Array): void {
    for (const item of this.best.of(user, scores)) (this.shown[item] as number)++;
  }

  get statistics(): ListStatistics {
    const places = this.shown.reduce((sum, count) => sum + count, 0);
    const popularity = this.shown.reduce((sum, count, item) => sum + count * (this.popularity[item] as number), 0);
    return {
      coverage: this.shown.filter((count) => count > 0).length / this.shown.length,
      gini: gini(this.shown),
      popularity: places > 0 ? popularity / places : 0,
    };
  }
}
