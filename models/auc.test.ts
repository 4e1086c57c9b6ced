import { expect, test } from '@jest/globals';
import { areaUnderCurve } from './auc.js';

test('is the share of pairs in order, ties counting half', () => {
  // Of the six pairs of a 1 and a 0: 3 above 2, 1 and 0; 1 above 0, equal to 1, below 2.
  expect(areaUnderCurve(Float32Array.of(3, 2, 1, 1, 0), [1, 0, 1, 0, 0])).toBeCloseTo((3 + 1 + 0.5) / 6, 12);
  expect(areaUnderCurve(Float32Array.of(1, 1, 1), [1, 0, 0])).toBe(0.5);
  expect(areaUnderCurve(Float32Array.of(5, 1, 2), [1, 0, 0])).toBe(1);
});

test('is no number where a label is missing', () => {
  expect(areaUnderCurve(Float32Array.of(1, 2), [1, 1])).toBeNaN();
});
