import { describe, expect, test } from '@jest/globals';
import { WasmKernels } from '../compute/index.js';
import { type Interactions, TEST, TRAIN, VALIDATION } from '../datasets/interactions.js';
import type { Scorer } from '../models/scorer.js';
import { itemValues } from './averages.js';
import { metricsAt } from './metrics/registry.js';
import { checkEvaluation, testQuestion } from './question.js';
import { rank } from './ranks.js';

/** Users with a list of items each; the last is for the test, the one before for validation. */
function dataOf(lists: readonly (readonly number[])[], items: number): Interactions {
  const pairs = lists.flatMap((list, user) => list.map((item, k) => [user, item, list.length - k] as const));
  return {
    name: 'd.csv',
    userIds: lists.map((_, user) => `u${user}`),
    itemIds: Array.from({ length: items }, (_, item) => `i${item}`),
    user: Int32Array.from(pairs, ([user]) => user),
    item: Int32Array.from(pairs, ([, item]) => item),
    rating: undefined,
    time: undefined,
    split: Uint8Array.from(pairs, ([, , left]) => (left === 1 ? TEST : left === 2 ? VALIDATION : TRAIN)),
  };
}

describe('test items without rivals', () => {
  const some = dataOf(
    [
      [0, 1, 2, 3],
      [0, 1, 2],
      [3, 2, 1, 0],
      [1, 2, 3],
    ],
    4,
  );
  const all = dataOf(
    [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
    ],
    4,
  );

  test.each([0, 10])('are left out and counted, with %d candidates', async (candidates) => {
    const question = await testQuestion(new WasmKernels(), some, TEST, { candidates, seed: 1 });
    expect(Array.from(question.rows, (row) => some.user[row])).toEqual([1, 3]);
    expect(question.leftOut).toBe(2);
  });

  test('alone are refused, before anything is trained', () => {
    expect(() => checkEvaluation(some)).not.toThrow();
    expect(() => checkEvaluation(all)).toThrow(
      /"d\.csv": each of the 2 validation items .* all 4 items, .* nothing to rank/,
    );
  });
});

test('a copy of the test item among its given candidates is found, too: both places count', async () => {
  const data = {
    ...dataOf(
      [
        [0, 1, 2],
        [0, 1, 3],
      ],
      5,
    ),
    candidates: Int32Array.of(2, 4, 0, 4, 1, 0),
  };
  const question = await testQuestion(new WasmKernels(), data, TEST, { candidates: 3, seed: 1 });
  expect(question.sampled?.copies).toEqual(Int32Array.of(1, 0));
  // Item i scores i: before item 2 and its copy there is item 4 alone, before item 3 too.
  const scorer: Scorer = { scorePairs: async ({ item }) => Float32Array.from(item) };
  const values = itemValues(metricsAt([2, 3]).items, await rank(scorer, question));
  expect([...(values['hit@2'] as Float64Array)]).toEqual([1, 1]);
  expect([...(values['hit@3'] as Float64Array)]).toEqual([2, 1]);
});
