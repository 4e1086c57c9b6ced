import { expect, test } from '@jest/globals';
import { type Interactions, TEST, TRAIN, VALIDATION } from './interactions.js';
import { knownItems, trainRecords } from './known.js';
import { prepareInteractions } from './prepare.js';
import { preparationOf } from './presets.js';

/** Two users' records of four items, in the order of time; the second has the same item last twice. */
const RECORDS = [
  [0, 0],
  [0, 1],
  [0, 2],
  [0, 1],
  [1, 3],
  [1, 0],
  [1, 2],
  [1, 2],
] as const;
const raw: Interactions = {
  ...{ name: 'records', userIds: ['a', 'b'], itemIds: ['w', 'x', 'y', 'z'], rating: undefined, split: undefined },
  user: Int32Array.from(RECORDS, ([user]) => user),
  item: Int32Array.from(RECORDS, ([, item]) => item),
  time: Float64Array.from(RECORDS, (_, row) => row),
};
const prepared = (choices: Parameters<typeof preparationOf>[0]) => {
  const { filter, split: rule, ...memory } = preparationOf(choices);
  return prepareInteractions(raw, filter, { rule, seed: 1, shortUsers: 'train' }, undefined, memory).data;
};

test('with all records kept, the last two records are held out, whatever their items', () => {
  const data = prepared({ duplicates: 'all', split: 'leave-last-two-records' });
  expect([...data.item]).toEqual(RECORDS.map(([, item]) => item));
  expect([...(data.split as Uint8Array)]).toEqual([0, 0, VALIDATION, TEST, 0, 0, VALIDATION, TEST]);
});

test('trained on, validation rows stay where they are and stand again for training; counts count them', () => {
  const data = prepared({ duplicates: 'all', split: 'leave-last-two-records', trainOnValidation: true });
  expect(data.user.length).toBe(10);
  expect([...data.item.subarray(8)]).toEqual([2, 2]);
  expect([...(data.split as Uint8Array).subarray(8)]).toEqual([TRAIN, TRAIN]);
  expect([...(data.split as Uint8Array)].filter((code) => code === VALIDATION).length).toBe(2);
  expect([...knownItems(data, 'train').items]).toEqual([0, 1, 2, 0, 2, 3]);
  const twice = { ...data, user: Int32Array.of(...data.user, 0), item: Int32Array.of(...data.item, 1) };
  const { starts, items } = trainRecords({ ...twice, split: Uint8Array.of(...(data.split as Uint8Array), TRAIN) });
  expect([...starts]).toEqual([0, 4, 7]);
  expect([...items]).toEqual([0, 1, 1, 2, 0, 2, 3]);
});

test('candidates among all items: as many for each test row, uniform, from a draw that the seed decides', () => {
  const choices = { duplicates: 'all', split: 'leave-last-two-records', anyCandidates: 1000 } as const;
  const { candidates } = prepared(choices);
  expect(candidates?.length).toBe(2000);
  const counts = [0, 1, 2, 3].map((item) => candidates?.filter((one) => one === item).length as number);
  // Of 2,000 draws 500 each, with a standard deviation of 19: beyond six of them once in 10^8 tests.
  for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(6 * 19.4);
  expect(prepared(choices).candidates).toEqual(candidates);
});

test('one record a pair makes records pairs; a random split of records is refused', () => {
  expect(preparationOf({ preset: 'authors', duplicates: 'first' }).split).toBe('leave-last-two');
  expect(() => preparationOf({ duplicates: 'all', split: 'random' })).toThrow(/--duplicates all/);
});
