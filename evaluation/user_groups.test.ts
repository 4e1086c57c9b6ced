import { expect, test } from '@jest/globals';
import { decodeMoves } from '../support/moves.js';
import { GROUPS, UserGroups } from './user_groups.js';

const moves = (text: string | undefined): Float32Array => decodeMoves(text) as Float32Array;
const squares = (values: Float32Array): number => values.reduce((sum, x) => sum + x * x, 0);

test('of few users each is a group: moves are what each adds to the mean, by hand', () => {
  const groups = UserGroups.of(3);
  expect(groups.count).toBe(3);
  // Test items of users 0, 0, 1, 2.
  const users = [0, 0, 1, 2];
  const values = { hit: Float64Array.of(1, 0, 1, 0) };
  const plain = Array.from(moves(groups.ofItems({ values }, (row) => users[row] as number)['hit'])).sort();
  // Mean .5: (1 - .5 + 0 - .5) / 4 = 0, (1 - .5) / 4, (0 - .5) / 4.
  expect(plain).toEqual([-0.125, 0, 0.125]);
  // Weights 1, 1, 4, 2, of mean 5 / 8: (3 / 8 - 5 / 8) / 8, 4 (3 / 8) / 8, 2 (-5 / 8) / 8.
  const weights = Float64Array.of(1, 1, 4, 2);
  const own = groups.ofItems({ values, weights }, (row) => users[row] as number);
  expect(Array.from(moves(own['hit'])).sort((a, b) => a - b)).toEqual([-5 / 32, -1 / 32, 3 / 16]);
});

test('moves of many users in random groups have the variance of their mean, and the delta method that of a ratio', () => {
  const [n, worlds] = [2000, 60];
  let state = 7;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
  const groups = UserGroups.of(n);
  expect(groups.count).toBe(GROUPS);
  const found: { mean: number; variance: number }[] = [];
  for (let world = 0; world < worlds; world++) {
    const hit = Float64Array.from({ length: n }, () => Number(next() < 0.3));
    // Heavier where hit, so that numerator and denominator go together.
    const weights = Float64Array.from(hit, (value) => (value === 1 ? 1 : 0.25) * (0.5 + next()));
    const sum = weights.reduce((total, w) => total + w, 0);
    const mean = weights.reduce((total, w, row) => total + w * (hit[row] as number), 0) / sum;
    const own = moves(groups.ofItems({ values: { hit }, weights }, (row) => row)['hit']);
    expect(own.reduce((total, x) => total + x, 0)).toBeCloseTo(0, 6);
    found.push({ mean, variance: (GROUPS / (GROUPS - 1)) * squares(own) });
  }
  const middle = found.reduce((sum, { mean }) => sum + mean, 0) / worlds;
  const variance = found.reduce((sum, { mean }) => sum + (mean - middle) ** 2, 0) / (worlds - 1);
  const estimated = found.reduce((sum, one) => sum + one.variance, 0) / worlds;
  // A variance over 60 worlds is within a factor of 1.7 but in one of 1,000 runs.
  expect(estimated / variance).toBeGreaterThan(1 / 1.7);
  expect(estimated / variance).toBeLessThan(1.7);
});
