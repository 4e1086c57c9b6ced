import { describe, expect, test } from '@jest/globals';
import { largestError, RANGES } from '../../scripts/bench/ulp.js';
import { WasmKernels } from './wasm_kernels.js';

const apply = (name: 'exp' | 'log' | 'sigmoid', values: number[]): number[] => {
  const kernels = new WasmKernels();
  return Array.from(kernels.floats(kernels[name](kernels.tensor(Float32Array.from(values))))).slice(0, values.length);
};

describe('exp, log and sigmoid in single precision', () => {
  // The bounds hold over every seventh float (`npm run bench -- ulp`); here every 4,099th is tried.
  test.each([
    ['exp', 0.99],
    ['log', 0.82],
    ['sigmoid', 2.49],
  ] as const)('%s is within %d ulp of double precision', (name, bound) => {
    const { truth, low, high } = RANGES[name];
    const { error, at } = largestError(name, truth, low, high, 4099);
    expect({ at, ok: error <= bound, error }).toEqual({ at, ok: true, error });
  });

  test('special values', () => {
    const inf = Number.POSITIVE_INFINITY;
    expect(apply('exp', [0, 100, -100, inf, -inf, Number.NaN])).toEqual([1, inf, 0, inf, 0, Number.NaN]);
    expect(apply('log', [1, 0, -1, inf, Number.NaN])).toEqual([0, -inf, Number.NaN, inf, Number.NaN]);
    expect(apply('sigmoid', [0, 200, -200, Number.NaN])).toEqual([0.5, 1, 0, Number.NaN]);
  });

  test('log of subnormal numbers', () => {
    expect(apply('log', [2 ** -130])[0]).toBeCloseTo(-130 * Math.LN2, 4);
  });
});
