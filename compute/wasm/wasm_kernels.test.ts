import { describe, expect, test } from '@jest/globals';
import { stream } from '../random.js';
import { WasmKernels, type WasmTensor } from './wasm_kernels.js';

/** A matrix of small normal numbers, which differ by name. */
function random(kernels: WasmKernels, name: string, shape: number[]): WasmTensor {
  const out = kernels.zeros(shape);
  kernels.drawNormal(out, { seed: 1, stream: stream(name) }, 0, 1);
  return out;
}

describe('matmul', () => {
  // Every path: blocks of four rows, single rows, eight, four and one column, one column out, and long sums.
  test.each([
    [1, 1, 1],
    [4, 8, 16],
    [5, 13, 7],
    [7, 1, 33],
    [33, 1, 70],
    [70, 16, 1200],
    [3, 20, 2],
  ])('%d x %d, depth %d, plain and transposed', (m, n, depth) => {
    const kernels = new WasmKernels();
    kernels.scope(() => kernels.fill(kernels.zeros([m, n]), 7)); // so that fresh memory is not zero
    for (const [turnA, turnB] of [
      [false, false],
      [true, false],
      [false, true],
    ] as const) {
      const a = random(kernels, 'a', turnA ? [depth, m] : [m, depth]);
      const b = random(kernels, 'b', turnB ? [n, depth] : [depth, n]);
      const out = kernels.zeros([m, n]);
      kernels.fill(out, 1); // products are added
      kernels.matmul(a, b, out, turnA, turnB);
      const product = kernels.product(a, b, turnA, turnB); // into memory of arbitrary contents
      expect(product.shape).toEqual([m, n]);
      const [x, y, z] = [kernels.floats(a), kernels.floats(b), kernels.floats(out)];
      const fresh = kernels.floats(product);
      for (let r = 0; r < m; r++) {
        for (let c = 0; c < n; c++) {
          let sum = 1;
          for (let k = 0; k < depth; k++) {
            sum += (x[turnA ? k * m + r : r * depth + k] as number) * (y[turnB ? c * depth + k : k * n + c] as number);
          }
          expect(Math.abs((z[r * n + c] as number) - sum)).toBeLessThan(1e-5 * depth + 1e-5);
          expect(Math.abs((fresh[r * n + c] as number) - (sum - 1))).toBeLessThan(1e-5 * depth + 1e-5);
        }
      }
    }
  });

  test('an element does not depend on how many rows are computed with it', () => {
    const kernels = new WasmKernels();
    const a = random(kernels, 'rows', [9, 32]);
    const b = random(kernels, 'columns', [32, 21]);
    const all = kernels.zeros([9, 21]);
    kernels.matmul(a, b, all);
    for (let row = 0; row < 9; row++) {
      const one = kernels.zeros([1, 21]);
      kernels.matmul(kernels.tensor(kernels.floats(a).slice(row * 32, row * 32 + 32), [1, 32]), b, one);
      expect(Array.from(kernels.floats(one))).toEqual(
        Array.from(kernels.floats(all).subarray(row * 21, row * 21 + 21)),
      );
    }
  });
});

test('sparseTimesDense sums the rows that a binary matrix names', () => {
  const kernels = new WasmKernels();
  const starts = kernels.tensor(Int32Array.from([0, 2, 2, 3]));
  const columns = kernels.tensor(Int32Array.from([0, 2, 1]));
  const dense = kernels.tensor(Float32Array.from([1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500]), [3, 5]);
  const out = kernels.zeros([3, 5]);
  kernels.sparseTimesDense(starts, columns, dense, out);
  expect(Array.from(kernels.floats(out))).toEqual([101, 202, 303, 404, 505, 0, 0, 0, 0, 0, 10, 20, 30, 40, 50]);
});

test('lookup numbers distinct rows in order of appearance and counts their uses', () => {
  const kernels = new WasmKernels();
  const indices = kernels.tensor(Int32Array.from([5, 3, 5, 5, 0, 3]));
  for (let again = 0; again < 2; again++) {
    const lookup = kernels.lookup(indices, 8);
    expect(lookup.count).toBe(3);
    expect(Array.from(kernels.integers(lookup.rows).subarray(0, 3))).toEqual([5, 3, 0]);
    expect(Array.from(kernels.integers(lookup.uses).subarray(0, 3))).toEqual([3, 2, 1]);
    expect(Array.from(kernels.integers(lookup.slots))).toEqual([0, 1, 0, 0, 2, 1]);
  }
});

test('topK: best first, equal scores by index', () => {
  const kernels = new WasmKernels();
  const scores = kernels.tensor(Float32Array.from([1, 5, 3, 5, -2, 4]));
  expect(Array.from(kernels.integers(kernels.topK(scores, 4)))).toEqual([1, 3, 5, 2]);
  expect(Array.from(kernels.integers(kernels.topK(scores, 99)))).toEqual([1, 3, 5, 2, 0, 4]);
});

test('countAbove counts higher and equal candidates, and reports NaN', () => {
  const kernels = new WasmKernels();
  const scores = kernels.tensor(Float32Array.from([2, 3, 2, 1, 9, 2, 2, 2, 2, 2, 1, Number.NaN, 0, 0, 0]), [3, 5]);
  const counts = kernels.tensor(Int32Array.from([3, 4, 4])); // the 9 lies beyond the first row's three candidates
  const { greater, equal } = kernels.countAbove(scores, counts);
  expect(Array.from(kernels.integers(greater))).toEqual([1, 0, -1]);
  expect(Array.from(kernels.integers(equal))).toEqual([1, 4, -1]);
});

test('read gives a copy, and scope frees what was made in it', async () => {
  const kernels = new WasmKernels();
  const tensor = kernels.tensor(Float32Array.from([1, 2, 3]));
  const copy = await kernels.read(tensor);
  kernels.fill(tensor, 0);
  expect(Array.from(copy)).toEqual([1, 2, 3]);
  kernels.scope(() => kernels.zeros([1000]));
  const before = kernels.bytes;
  for (let k = 0; k < 10; k++) kernels.scope(() => kernels.zeros([1000]));
  expect(kernels.bytes).toBe(before);
});

test.each([
  [32, 2],
  [24, 1],
  [20, 5],
])('attention of the last rows alone is that of all rows, at width %d with %d heads', (width, heads) => {
  const kernels = new WasmKernels();
  const lengths = [1, 7, 8, 9, 50, 3];
  const starts = Int32Array.from({ length: lengths.length + 1 }, (_, s) =>
    lengths.slice(0, s).reduce((a, b) => a + b, 0),
  );
  const rows = starts[lengths.length] as number;
  const qkv = kernels.zeros([rows, 3 * width]);
  kernels.drawNormal(qkv, { seed: 1, stream: 5 }, 0, 1);
  const runs = { starts: kernels.tensor(starts), longest: 50 };
  const all = kernels.attention(qkv, runs, heads).out;
  const last = kernels.tensor(Int32Array.from(lengths, (_, s) => (starts[s + 1] as number) - 1));
  const [q, kv] = [kernels.zeros([rows, width]), kernels.zeros([rows, 2 * width])];
  kernels.copyColumns(qkv, 0, q, 0, width);
  kernels.copyColumns(qkv, width, kv, 0, 2 * width);
  const found = kernels.floats(kernels.attentionOfLast(kernels.gather(q, last), kv, runs, heads));
  kernels.floats(kernels.gather(all, last)).forEach((value, k) => {
    expect(found[k]).toBeCloseTo(value, 5);
  });
});
