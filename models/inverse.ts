import { CholeskyDecomposition, inverse, Matrix } from 'ml-matrix';
import type { WasmKernels, WasmTensor } from '../compute/index.js';

/** Columns eliminated together. */
const BLOCK = 64;

/**
 * Inverts a symmetric positive definite matrix [n, n] in place, by Gauss-Jordan elimination in blocks: no pivoting is needed, and
 * nearly all work is one matrix product a block (2 n^3 operations in all). Single precision: errors grow with the condition number.
 */
export function invertPositiveDefinite(kernels: WasmKernels, matrix: WasmTensor): void {
  const n = matrix.shape[0] as number;
  for (let first = 0; first < n; first += BLOCK) {
    kernels.scope(() => eliminate(kernels, matrix, n, first, Math.min(BLOCK, n - first)));
  }
}

/** Replaces A by what the elimination of columns first .. first + size makes of it. */
function eliminate(kernels: WasmKernels, matrix: WasmTensor, n: number, first: number, size: number): void {
  const column = kernels.zeros([n, size]);
  const row = kernels.zeros([size, n]);
  const turned = kernels.empty([size, n]);
  const pivot = kernels.empty([size, size]);
  const [a, c, r] = [kernels.floats(matrix), kernels.floats(column), kernels.floats(row)];
  const own = Matrix.zeros(size, size);
  for (let k = 0; k < size; k++) {
    for (let m = 0; m < size; m++) own.set(k, m, a[(first + k) * n + first + m] as number);
  }
  const inverted = inverse(own);
  kernels.floats(pivot).set(inverted.to1DArray());
  // The column panel, negated and without its own rows, and the row panel, with the identity in its own columns, leave the matrix.
  for (let i = 0; i < n; i++) {
    const inside = i >= first && i < first + size;
    for (let k = 0; k < size; k++) {
      if (!inside) c[i * size + k] = -(a[i * n + first + k] as number);
      a[i * n + first + k] = 0;
    }
  }
  for (let k = 0; k < size; k++) {
    r.set(a.subarray((first + k) * n, (first + k + 1) * n), k * n);
    for (let m = 0; m < size; m++) r[k * n + first + m] = k === m ? 1 : 0;
    a.fill(0, (first + k) * n, (first + k + 1) * n);
  }
  kernels.raw.matmul(size, n, size, pivot.address, size, 1, row.address, turned.address, true);
  kernels.raw.matmul(n, n, size, column.address, size, 1, turned.address, matrix.address, false);
  kernels.floats(matrix).set(kernels.floats(turned), first * n);
}

/** The inverse of a symmetric matrix [n, n] with `penalty` added to its diagonal, in double precision; for matrices that single does not bear. */
export function inverseInDouble(values: Float32Array, n: number, penalty: number): Float64Array {
  const matrix = new Matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) matrix.set(i, j, (values[i * n + j] as number) + (i === j ? penalty : 0));
  }
  return Float64Array.from(new CholeskyDecomposition(matrix).solve(Matrix.eye(n)).to1DArray());
}
