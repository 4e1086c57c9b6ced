import { expect, test } from '@jest/globals';
import { Adam } from './adam.js';
import { Tape } from './tape.js';
import { WasmKernels } from './wasm/wasm_kernels.js';

test('dense Adam takes the steps of the paper of Kingma and Ba', () => {
  const kernels = new WasmKernels();
  const w = { name: 'w', value: kernels.tensor(Float32Array.from([1, -2, 3])) };
  const target = kernels.tensor(Float32Array.from([0, 0, 1]));
  const adam = new Adam(kernels, 0.1);
  adam.prepare([w]);
  const expected = [1, -2, 3];
  const m = [0, 0, 0];
  const v = [0, 0, 0];
  for (let t = 1; t <= 20; t++) {
    kernels.scope(() => {
      const tape = new Tape(kernels);
      adam.step(tape.backward(tape.mean(tape.squaredError(tape.parameter(w), target))));
    });
    for (let k = 0; k < 3; k++) {
      const g = (2 / 3) * ((expected[k] as number) - (k === 2 ? 1 : 0));
      m[k] = 0.9 * (m[k] as number) + 0.1 * g;
      v[k] = 0.999 * (v[k] as number) + 0.001 * g * g;
      const corrected = (m[k] as number) / (1 - 0.9 ** t);
      (expected[k] as number) -= (0.1 * corrected) / (Math.sqrt((v[k] as number) / (1 - 0.999 ** t)) + 1e-8);
    }
  }
  const found = kernels.floats(w.value);
  expected.forEach((value, k) => expect(found[k]).toBeCloseTo(value, 4));
});

test('lazy Adam moves the rows of the batch and no others; decay counts once a use', () => {
  const kernels = new WasmKernels();
  const table = {
    name: 'table',
    value: kernels.tensor(
      Float32Array.from({ length: 20 }, (_, k) => k + 1),
      [4, 5],
    ),
  };
  const before = kernels.floats(table.value).slice();
  const adam = new Adam(kernels, 0.1, 0.5);
  adam.prepare([table]);
  const indices = kernels.tensor(Int32Array.from([2, 0, 2]));
  kernels.scope(() => {
    const tape = new Tape(kernels);
    const lookup = kernels.lookup(indices, 4);
    const rows = tape.spread(tape.embed(table, lookup), lookup);
    adam.step(tape.backward(tape.mean(rows)));
  });
  const after = kernels.floats(table.value);
  for (const row of [1, 3])
    expect(Array.from(after.subarray(row * 5, row * 5 + 5))).toEqual(Array.from(before.subarray(row * 5, row * 5 + 5)));
  // The first step of Adam is the rate, whatever the size of a positive gradient.
  for (const row of [0, 2])
    for (let k = 0; k < 5; k++) expect(after[row * 5 + k]).toBeCloseTo((before[row * 5 + k] as number) - 0.1, 4);
});

test('numbers on their way to zero do not linger as subnormals, and NaN is not hidden', () => {
  const kernels = new WasmKernels();
  const w = { name: 'w', value: kernels.tensor(Float32Array.from([1e-30, Number.NaN])) };
  const adam = new Adam(kernels, 1e-3);
  adam.prepare([w]);
  kernels.scope(() => {
    const tape = new Tape(kernels);
    const tiny = kernels.tensor(Float32Array.from([1e-30, 0]));
    adam.step(tape.backward(tape.mean(tape.multiply(tape.parameter(w), tape.constant(tiny)))));
  });
  expect(Array.from(kernels.floats(w.value))).toEqual([0, Number.NaN]);
});
