import { expect, test } from '@jest/globals';
import { WasmKernels } from '../compute/index.js';
import { userItems } from '../datasets/interactions.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { truncatedSvd } from './svd.js';

/** Largest |A v - s u| and |A' u - s v| of the triplets, and how far the left vectors are from orthonormal. */
function errorsOf(lists: readonly (readonly number[])[], items: number, rank: number) {
  const matrix = {
    ...{ users: lists.length, itemCount: items },
    starts: Int32Array.from({ length: lists.length + 1 }, (_, u) => lists.slice(0, u).flat().length),
    items: Int32Array.from(lists.flat()),
  };
  const { left, right, singularValues } = truncatedSvd(new WasmKernels(), matrix, rank, 1);
  let [residual, skew] = [0, 0];
  for (let k = 0; k < rank; k++) {
    const value = singularValues[k] as number;
    const ofUsers = lists.map(
      (own, u) =>
        own.reduce((sum, i) => sum + (right[i * rank + k] as number), 0) - value ** 2 * (left[u * rank + k] as number),
    );
    const ofItems = Float64Array.from({ length: items }, (_, i) => -(right[i * rank + k] as number));
    lists.forEach((own, u) => {
      for (const i of own) (ofItems[i] as number) += left[u * rank + k] as number;
    });
    if (value > 0) residual = Math.max(residual, Math.hypot(...ofUsers) / value, Math.hypot(...ofItems));
    for (let d = 0; d <= k; d++) {
      let product = 0;
      for (let u = 0; u < lists.length; u++) product += (left[u * rank + k] as number) * (left[u * rank + d] as number);
      if (value > 0) skew = Math.max(skew, Math.abs(product - Number(d === k)));
    }
  }
  return { residual, skew, singularValues };
}

const listsOf = (matrix: { users: number; starts: Int32Array; items: Int32Array }): number[][] =>
  Array.from({ length: matrix.users }, (_, u) => [...matrix.items.subarray(matrix.starts[u], matrix.starts[u + 1])]);

test.each([
  ['tall', 400, 150],
  ['wide', 150, 400],
])('triplets of a %s matrix are singular: residuals under 1e-4, left vectors orthonormal', (_, users, items) => {
  const { data } = plantedRatings({ ...PLANTED_DEFAULTS, users, items, ratingsPerUser: 30 });
  const { residual, skew, singularValues } = errorsOf(listsOf(userItems(data)), items, 32);
  expect(residual).toBeLessThan(1e-4);
  expect(skew).toBeLessThan(1e-6);
  expect([...singularValues].every((value, k) => k === 0 || value <= (singularValues[k - 1] as number))).toBe(true);
});

test('where A exhausts what it makes of one vector, others are drawn: every copy of a repeated value is found', () => {
  // Five groups of users who know the same two items: five singular values of sqrt(3 x 2), and no others.
  const lists = Array.from({ length: 15 }, (_, u) => [2 * (u % 5), 2 * (u % 5) + 1]);
  const { residual, skew, singularValues } = errorsOf(lists, 10, 7);
  expect(residual).toBeLessThan(1e-6);
  expect(skew).toBeLessThan(1e-6);
  [6, 6, 6, 6, 6, 0, 0].forEach((square, k) => {
    expect((singularValues[k] as number) ** 2).toBeCloseTo(square, 8);
  });
});
