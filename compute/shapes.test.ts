import { expect, test } from '@jest/globals';
import { Tape, type Variable } from './tape.js';
import type { Tensor } from './tensor.js';
import { WasmKernels } from './wasm/wasm_kernels.js';

const kernels = new WasmKernels();
const tape = new Tape(kernels);
const v = (...shape: number[]): Variable => tape.constant(kernels.zeros(shape));
const t = (...shape: number[]): Tensor => kernels.zeros(shape);
const lookup = (positions: number) => kernels.lookup(kernels.zeros([positions], 'int32'), 3);

test.each<[string, () => unknown, string]>([
  ['add', () => tape.add(v(8), v(2)), '[8] and [2]'],
  ['add', () => tape.add(v(2), v(8)), '[2] and [8]'],
  ['multiply', () => tape.multiply(v(2, 3), v(2, 4)), '[2, 3] and [2, 4]'],
  ['matmul', () => tape.matmul(v(2, 4), v(3, 2)), '[2, 4] and [3, 2]'],
  ['matmul', () => tape.matmul(v(2), v(3, 2)), '[2] and [3, 2]'],
  ['dense', () => tape.dense(v(2, 4), v(3, 2), v(2)), '[2, 4] and [3, 2]'],
  ['dense', () => tape.dense(v(2, 4), v(4, 2), v(3)), '[4, 2] and [3]'],
  ['concatenate', () => tape.concatenate(v(2, 4), v(3, 4)), '[2, 4] and [3, 4]'],
  ['pairSum', () => tape.pairSum(v(3, 2), lookup(4), v(3, 5), lookup(4), v(2)), '[3, 2] and [3, 5]'],
  ['pairSum', () => tape.pairSum(v(3, 2), lookup(4), v(3, 2), lookup(4), v(1)), '[3, 2] and [1]'],
  ['pairSum', () => tape.pairSum(v(3, 2), lookup(4), v(3, 2), lookup(5), v(2)), '[4] and [5]'],
  ['pairProduct', () => tape.pairProduct(v(3, 2), lookup(4), v(3, 5), lookup(4), v(2)), '[3, 2] and [3, 5]'],
  ['pairProduct', () => tape.pairProduct(v(3, 2), lookup(4), v(3, 2), lookup(4), v(3)), '[3, 2] and [3]'],
  ['pairProduct', () => tape.pairProduct(v(3, 2), lookup(4), v(3, 2), lookup(7), v(2)), '[4] and [7]'],
  ['crossEntropy', () => tape.crossEntropy(v(4), t(3)), '[4] and [3]'],
  ['squaredError', () => tape.squaredError(v(4, 1), t(5)), '[4, 1] and [5]'],
  ['layerNorm', () => tape.layerNorm(v(4, 3), v(2), v(3)), '[4, 3] and [2]'],
  ['layerNorm', () => tape.layerNorm(v(4, 3), v(3), v(4)), '[4, 3] and [4]'],
  [
    'attention',
    () => tape.attention(v(4, 9), { starts: kernels.zeros([2], 'int32'), longest: 4 }, 2),
    '[4, 9] and [6]',
  ],
  ['exposureLogits', () => tape.exposureLogits(v(4), t(5), v(3), 'y'), '[4] and [5]'],
  ['exposureLogits', () => tape.exposureLogits(v(4), t(4), v(2), 'y'), '[4] and [2]'],
  ['weightedMean', () => tape.weightedMean(v(4), v(5)), '[4] and [5]'],
  ['differences', () => tape.differences(v(10), 4), '[10] and [4]'],
  ['meanByRow', () => tape.meanByRow(v(3), lookup(4)), '[3] and [4]'],
  ['correlation', () => tape.correlation(v(3), t(2), lookup(3)), '[3] and [2]'],
  ['backward', () => tape.backward(v(3)), '[3] and [1]'],
])('%s refuses shapes that do not fit, and names them', (operation, work, shapes) => {
  expect(work).toThrow(`${operation}: shapes ${shapes} do not fit together`);
});

test('a vector is a column, and shapes of as many numbers fit element by element', () => {
  expect(tape.add(v(6), v(6, 1)).shape).toEqual([6]);
  expect(tape.matmul(v(4), v(1, 2)).shape).toEqual([4, 2]);
  expect(tape.matmul(v(2, 3), v(3)).shape).toEqual([2, 1]);
});

test('an operation of its own records its adjoint on the tape', () => {
  const weights = { name: 'x', value: kernels.tensor(Float32Array.of(1, -2, 3)) };
  const own = new Tape(kernels);
  const x = own.parameter(weights);
  const cube = own.record(own.constant(kernels.multiply(x.value, kernels.multiply(x.value, x.value))), (g) =>
    kernels.addProduct(g, kernels.linear(kernels.multiply(x.value, x.value), 3, 0), own.gradient(x)),
  );
  const [gradient] = own.backward(own.mean(cube));
  expect([...kernels.floats(gradient?.variable.gradient as Tensor)]).toEqual([1, 4, 9]);
});
