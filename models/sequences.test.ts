import { expect, test } from '@jest/globals';
import { WasmKernels } from '../compute/index.js';
import { type Interactions, TRAIN, VALIDATION } from '../datasets/interactions.js';
import { histories, sequenceBatches, tokenColumns } from './sequences.js';

/** Three users whose rows are not in the order of time; the last row of user 0 is for validation. */
const ROWS: readonly (readonly [user: number, item: number, time: number])[] = [
  [0, 5, 30],
  [1, 2, 10],
  [0, 3, 10],
  [0, 4, 20],
  [2, 9, 5],
  [0, 6, 40],
  [1, 7, 10],
  [0, 1, 50],
];
const data: Interactions = {
  name: 'test',
  userIds: ['a', 'b', 'c'],
  itemIds: Array.from({ length: 10 }, (_, i) => `i${i}`),
  user: Int32Array.from(ROWS, ([u]) => u),
  item: Int32Array.from(ROWS, ([, i]) => i),
  time: Float64Array.from(ROWS, ([, , t]) => t),
  rating: undefined,
  split: Uint8Array.from(ROWS, (_, r) => (r === 7 ? VALIDATION : TRAIN)),
};
const START = 10;

test('histories are in the order of time, ties in that of the file', () => {
  const { starts, rows } = histories(data, (row) => data.split?.[row] === TRAIN);
  const items = [0, 1, 2].map((u) => Array.from(rows.subarray(starts[u], starts[u + 1]), (row) => data.item[row]));
  expect(items).toEqual([[3, 4, 5, 6], [2, 7], [9]]);
  expect(() => histories({ ...data, time: undefined }, () => true)).toThrow(/"test" has no times/);
});

test('a run reads what stands before each target, and the newest has the last place', () => {
  const ordered = histories(data, (row) => data.split?.[row] === TRAIN);
  const runs = [
    { user: 0, first: 0, count: 2 },
    { user: 0, first: 3, count: 2 }, // one beyond the last item: what comes next
    { user: 2, first: 0, count: 1 },
  ];
  const { tokens, places, starts, longest } = tokenColumns(data, ordered, runs, 5);
  expect(Array.from(tokens)).toEqual([START, 3, 5, 6, START]);
  expect(Array.from(places)).toEqual([3, 4, 3, 4, 4]);
  expect(Array.from(starts)).toEqual([0, 2, 4, 5]);
  expect(longest).toBe(2);
});

test('each training interaction is once an epoch a target, after what came right before it, with fresh negatives', async () => {
  const kernels = new WasmKernels();
  const source = sequenceBatches(kernels, data, { batch: 3, negatives: 2, seed: 4 }, 3);
  const before = new Map([
    ['0 3', START],
    ['0 4', 3],
    ['0 5', 4],
    ['0 6', 5],
    ['1 2', START],
    ['1 7', 2],
    ['2 9', START],
  ]);
  const known = [[3, 4, 5, 6], [2, 7], [9]];
  const cuts = new Set<number>();
  for (let epoch = 0; epoch < 12; epoch++) {
    await source.beginEpoch(epoch);
    const seen: string[] = [];
    for (let b = 0; b < source.batches; b++) {
      kernels.scope(() => {
        const { users, items, labels, wide, sequences } = source.batch(b);
        expect(wide).toBe(3);
        const [u, i, y] = [kernels.integers(users), kernels.integers(items), kernels.floats(labels)];
        const states = kernels.integers(sequences?.states as never);
        const tokens = kernels.integers(sequences?.tokens as never);
        expect(sequences?.longest).toBeLessThanOrEqual(3);
        for (let r = 0; r < u.length; r++) {
          expect(y[r]).toBe(Number(r % 3 === 0));
          expect(states[r]).toBe(Math.floor(r / 3));
          if (r % 3 === 0) {
            const key = `${u[r]} ${i[r]}`;
            seen.push(key);
            expect(tokens[states[r] as number]).toBe(before.get(key));
          } else expect(known[u[r] as number]).not.toContain(i[r]);
        }
        const starts = kernels.integers(sequences?.starts as never);
        for (let s = 1; s < starts.length; s++) cuts.add((starts[s] as number) - (starts[s - 1] as number));
      });
    }
    expect(seen.sort()).toEqual([...before.keys()].sort());
  }
  expect([...cuts].sort()).toEqual([1, 2, 3]); // histories of every length are met
});
