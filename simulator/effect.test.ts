import { expect, test } from '@jest/globals';
import { addEffect, describeEffect, effectOf, effectStep, effectUsers, noEffect } from './effect.js';

test('the effect is made of expected exposures: of the top, of the less popular half, and of tenths', () => {
  // Four items, the third the most popular: of its 10 exposures e makes 30.
  const share = Float32Array.of(0.1, 0.5, 1, 0);
  const one = {
    ...noEffect(4),
    users: 2,
    atZero: Float64Array.of(2, 8, 10, 4),
    now: Float64Array.of(1, 8, 30, 1),
  };
  one.tenthsAtZero.set([4, 8], 8);
  one.tenthsNow.set([4, 20], 8);
  const effect = effectOf(addEffect(one, noEffect(4)), share);
  expect(effect).toMatchObject({ users: 2, top: 3, bottomHalf: (1 + 1) / (2 + 4), similarTenth: 2.5 });
  expect(effect.byPopularity).toEqual([1 / 4, 1 / 2, 1, 3]);
  // Sorted 2, 4, 8, 10: 2 (2 + 8 + 24 + 40) / (4 x 24) - 5 / 4; and 1, 1, 8, 30.
  expect(effect.gini).toEqual([expect.closeTo(148 / 96 - 1.25, 12), expect.closeTo((2 * 147) / 160 - 1.25, 12)]);
  expect(describeEffect(effect)).toBe(
    "against e = 0, the most popular 1% are shown x 3.0, the bottom half x 0.33, users' most similar tenth x 2.5; Gini of exposures 0.29 to 0.59",
  );
});

test('of many users every so many sixteens are looked at, by whole tasks', () => {
  expect(effectStep(1000, 500)).toBe(1);
  expect([effectStep(6040, 3706), effectStep(1_000_000, 100_000)]).toEqual([5, 5000]);
  expect(effectUsers(5, 2_000_000, 3706) % 80).toBe(0);
});
