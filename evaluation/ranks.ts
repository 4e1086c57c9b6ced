import type { Counted, Question, Scorer } from '../models/scorer.js';
import { DivergedError } from '../models/trainer.js';
import { UserError } from '../support/errors.js';
import { type TestQuestion, userOf } from './question.js';

/** Where a test item stands among its candidates: how many score higher, and how many the same (itself not counted). */
export interface Ranks {
  readonly greater: Int32Array;
  readonly equal: Int32Array;
  /** How often the test item stands among its own candidates, where data names them so: every copy that is found counts. */
  readonly copies?: Int32Array | undefined;
}

/** Places of the evaluated items, and their scores. */
export interface ScoredRanks extends Ranks {
  readonly scores: Float32Array;
}

/** Places of the evaluated items. Throws DivergedError where a score is not a finite number. */
export async function rank(scorer: Scorer, question: TestQuestion): Promise<ScoredRanks> {
  const { sampled } = question;
  const ranks = sampled
    ? await (scorer.rankPairs?.(sampled.question, sampled.counts) ??
        countPairs(scorer, sampled.question, sampled.counts))
    : await rankAll(scorer, question);
  if (ranks.greater.includes(-1)) throw new DivergedError('some scores are NaN or infinite');
  return sampled?.copies ? { ...ranks, copies: sampled.copies } : ranks;
}

/** What `Scorer.rankPairs` does, on plain arrays. */
async function countPairs(scorer: Scorer, question: Question, counts: Int32Array): Promise<Counted> {
  const { wide } = question;
  const all = await scorer.scorePairs(question);
  const [greater, equal] = [new Int32Array(counts.length), new Int32Array(counts.length)];
  const scores = Float32Array.from(counts, (_, r) => all[r * wide] as number);
  counts.forEach((count, r) => {
    const target = scores[r] as number;
    let [above, same, valid] = [0, 0, Number.isFinite(target)];
    for (let c = 1; c <= count; c++) {
      const score = all[r * wide + c] as number;
      valid &&= Number.isFinite(score);
      if (score > target) above++;
      else if (score === target) same++;
    }
    greater[r] = valid ? above : -1;
    equal[r] = same;
  });
  return { greater, equal, scores };
}

/** Full ranking, user by user, among all items outside the user's known ones. */
async function rankAll(scorer: Scorer, question: TestQuestion): Promise<Counted> {
  const { data, rows, known, targets } = question;
  const n = rows.length;
  const [greater, equal, scores] = [new Int32Array(n), new Int32Array(n), new Float32Array(n)];
  const before = targets.before;
  for (let r = 0; r < n; r++) {
    const user = userOf(question, r);
    const row = await allScores(scorer, user, before);
    const target = row[data.item[rows[r] as number] as number] as number;
    scores[r] = target;
    let valid = Number.isFinite(target);
    const count = (item: number, sign: 1 | -1): void => {
      const score = row[item] as number;
      valid &&= Number.isFinite(score);
      if (score > target) (greater[r] as number) += sign;
      else if (score === target) (equal[r] as number) += sign;
    };
    for (let item = 0; item < row.length; item++) count(item, 1);
    for (let e = known.starts[user] as number; e < (known.starts[user + 1] as number); e++)
      count(known.items[e] as number, -1);
    if (!valid) greater[r] = -1;
  }
  return { greater, equal, scores };
}

/** A scorer's scores of a user with every item. Throws UserError for one that has none. */
export async function allScores(scorer: Scorer, user: number, before: Question['before']): Promise<Float32Array> {
  if (!scorer.scoreRow)
    throw new UserError('it scores pairs alone, and a full ranking asks for every item: rank among candidates');
  return scorer.scoreRow(user, before);
}
