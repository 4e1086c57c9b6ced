import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { stream, type Tensor, type WasmKernels } from '../compute/index.js';
import type { UserItems } from '../datasets/interactions.js';

const OVERSAMPLING = 10;
const POWER_ITERATIONS = 4;

/**
 * The best approximation of rank `rank` of the binary matrix A, up to the error of randomized subspace iteration (Halko,
 * Martinsson, Tropp 2011, algorithm 5.1 after 4.4): left[users, rank] is orthonormal, right[items, rank] carries the singular
 * values, and left right' approximates A. Columns beyond what the matrix's size allows are zero.
 */
export function truncatedSvd(
  kernels: WasmKernels,
  matrix: UserItems,
  rank: number,
  seed: number,
): { left: Float32Array; right: Float32Array; singularValues: Float64Array } {
  const { users, itemCount: items } = matrix;
  const width = Math.min(rank + OVERSAMPLING, users, items);
  return kernels.scope(() => {
    const forward = sparse(kernels, matrix.starts, matrix.items);
    const turned = transpose(matrix);
    const backward = sparse(kernels, turned.starts, turned.users);
    const times = (side: typeof forward, x: Tensor, rows: number): Tensor => {
      const out = kernels.zeros([rows, width]);
      kernels.sparseTimesDense(side.starts, side.columns, x, out);
      return out;
    };
    const guess = kernels.zeros([items, width]);
    kernels.drawNormal(guess, { seed, stream: stream('truncated svd') }, 0, 1);
    let range = orthonormalize(kernels, times(forward, guess, users));
    for (let iteration = 0; iteration < POWER_ITERATIONS; iteration++) {
      const coRange = orthonormalize(kernels, times(backward, range, items));
      range = orthonormalize(kernels, times(forward, coRange, users));
    }
    // A is close to Q (Q'A); the eigenvectors V of (Q'A)(Q'A)' turn Q and A'Q to singular vectors.
    const projected = times(backward, range, items);
    const gram = kernels.zeros([width, width]);
    kernels.matmul(projected, projected, gram, true, false);
    const values = kernels.floats(gram);
    const eigen = new EigenvalueDecomposition(
      new Matrix(Array.from({ length: width }, (_, r) => Array.from(values.slice(r * width, (r + 1) * width)))),
      {
        assumeSymmetric: true,
      },
    );
    const order = eigen.realEigenvalues
      .map((_, k) => k)
      .sort((a, b) => (eigen.realEigenvalues[b] as number) - (eigen.realEigenvalues[a] as number));
    const kept = order.slice(0, rank);
    const rotate = (x: Tensor, rows: number): Float32Array => {
      const rotation = new Float32Array(width * rank);
      kept.forEach((from, to) => {
        for (let r = 0; r < width; r++) rotation[r * rank + to] = eigen.eigenvectorMatrix.get(r, from);
      });
      const out = kernels.zeros([rows, rank]);
      kernels.matmul(x, kernels.tensor(rotation, [width, rank]), out);
      return kernels.floats(out).slice();
    };
    const singularValues = Float64Array.from(kept, (k) => Math.sqrt(Math.max(0, eigen.realEigenvalues[k] as number)));
    return { left: rotate(range, users), right: rotate(projected, items), singularValues };
  });
}

function sparse(kernels: WasmKernels, starts: Int32Array, columns: Int32Array): { starts: Tensor; columns: Tensor } {
  return { starts: kernels.tensor(starts), columns: kernels.tensor(columns) };
}

/** The matrix by items: for each item its users, in order. */
export function transpose(matrix: UserItems): { starts: Int32Array; users: Int32Array } {
  const starts = new Int32Array(matrix.itemCount + 1);
  for (const item of matrix.items) (starts[item + 1] as number)++;
  for (let i = 0; i < matrix.itemCount; i++) (starts[i + 1] as number) += starts[i] as number;
  const next = starts.slice(0, matrix.itemCount);
  const users = new Int32Array(matrix.items.length);
  for (let user = 0; user < matrix.users; user++) {
    for (let e = matrix.starts[user] as number; e < (matrix.starts[user + 1] as number); e++) {
      const item = matrix.items[e] as number;
      users[next[item] as number] = user;
      (next[item] as number)++;
    }
  }
  return { starts, users };
}

/** Gram-Schmidt, twice over each column for accuracy, in double precision; a column that vanishes is left zero. */
function orthonormalize(kernels: WasmKernels, x: Tensor): Tensor {
  const [rows, width] = x.shape as [number, number];
  const columns = Array.from({ length: width }, () => new Float64Array(rows));
  const values = kernels.floats(x);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < width; c++) (columns[c] as Float64Array)[r] = values[r * width + c] as number;
  const dot = (a: Float64Array, b: Float64Array): number => {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += (a[r] as number) * (b[r] as number);
    return sum;
  };
  for (let c = 0; c < width; c++) {
    const column = columns[c] as Float64Array;
    const before = Math.sqrt(dot(column, column));
    for (let pass = 0; pass < 2; pass++) {
      for (let d = 0; d < c; d++) {
        const other = columns[d] as Float64Array;
        const share = dot(column, other);
        for (let r = 0; r < rows; r++) (column[r] as number) -= share * (other[r] as number);
      }
    }
    const length = Math.sqrt(dot(column, column));
    const scale = length > 1e-6 * before && length > 0 ? 1 / length : 0;
    for (let r = 0; r < rows; r++) (column[r] as number) *= scale;
  }
  const out = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < width; c++) out[r * width + c] = (columns[c] as Float64Array)[r] as number;
  return kernels.tensor(out, [rows, width]);
}
