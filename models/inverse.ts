import type { WasmKernels, WasmTensor } from '../compute/index.js';

/** Columns swept together, and columns of a panel. */
const BLOCK = 64;

/** What a matrix's numbers are. */
export type Precision = 'single' | 'double';

/** Numbers in a row of a matrix with n columns: the least multiple of four. */
export const sweptWidth = (n: number): number => Math.ceil(n / 4) * 4;

/** A matrix of numbers of this precision, all 0. */
export function numbers(kernels: WasmKernels, precision: Precision, rows: number, columns: number): WasmTensor {
  return kernels.zeros([(precision === 'double' ? 2 : 1) * rows * columns]);
}

/** Its numbers in place, until the next tensor is made. */
export function numbersOf(kernels: WasmKernels, precision: Precision, tensor: WasmTensor): Numbers {
  return precision === 'double' ? doublesOf(kernels, tensor) : kernels.floats(tensor);
}

/** A matrix of doubles, all 0. */
export const doubles = (kernels: WasmKernels, rows: number, columns: number): WasmTensor =>
  numbers(kernels, 'double', rows, columns);

/** Its numbers in place, until the next tensor is made. */
export function doublesOf(kernels: WasmKernels, tensor: WasmTensor): Float64Array {
  return new Float64Array(kernels.floats(tensor).buffer, tensor.address, tensor.size / 2);
}

/**
 * Puts -1 times the inverse of a symmetric positive definite matrix in its place: the sweep operator (Goodnight 1979), in blocks and on the
 * lower triangle alone, which is all that is read and written. The matrix is [n, n], n a multiple of four. Nearly all work is one product a
 * block, n^3 operations in all. Errors grow with the condition number, and single precision's are half a billion times those of double.
 */
export function sweepAll(kernels: WasmKernels, matrix: WasmTensor, n: number, precision: Precision): void {
  const product = precision === 'double' ? addTurnedDoubles : addTurnedSingles;
  const bytes = precision === 'double' ? 8 : 4;
  const panels = Math.ceil(n / BLOCK);
  kernels.scope(() => {
    // The block, its columns (negated, turned) and the rows that it makes of them, by panels of 64 columns, each in one place: [panel, k, column].
    const [pivot, columns, rows] = [1, panels, panels].map((count) =>
      numbers(kernels, precision, count * BLOCK, BLOCK),
    ) as [WasmTensor, WasmTensor, WasmTensor];
    const [a, p, c, r] = [matrix, pivot, columns, rows].map((tensor) => numbersOf(kernels, precision, tensor)) as [
      Numbers,
      Numbers,
      Numbers,
      Numbers,
    ];
    const panelBytes = BLOCK * BLOCK * bytes;
    for (let block = 0; block < panels; block++) {
      const first = block * BLOCK;
      const size = Math.min(BLOCK, n - first);
      const own = new Float64Array(size * size);
      for (let k = 0; k < size; k++)
        for (let m = 0; m <= k; m++) own[k * size + m] = own[m * size + k] = a[(first + k) * n + first + m] as number;
      sweep(own, size);
      for (let k = 0; k < size; k++) p.set(own.subarray(k * size, (k + 1) * size), k * BLOCK);
      for (let k = 0; k < size; k++) {
        const row = (first + k) * n;
        for (let i = 0; i < first; i++) c[placeOf(k, i)] = -(a[row + i] as number);
      }
      for (let i = first + size; i < n; i++) {
        for (let k = 0; k < size; k++) c[placeOf(k, i)] = -(a[i * n + first + k] as number);
      }
      r.fill(0);
      for (let panel = 0; panel < panels; panel++) {
        if (panel === block) continue;
        const wide = Math.min(BLOCK, n - panel * BLOCK);
        const [from, to] = [columns.address + panel * panelBytes, rows.address + panel * panelBytes];
        product(kernels, size, wide, size, pivot.address, from, to, BLOCK);
      }
      for (let left = 0; left < panels; left++) {
        if (left === block) continue;
        const high = Math.min(BLOCK, n - left * BLOCK);
        for (let right = 0; right <= left; right++) {
          if (right === block) continue;
          const wide = Math.min(BLOCK, n - right * BLOCK);
          const [from, by] = [columns.address + left * panelBytes, rows.address + right * panelBytes];
          product(kernels, high, wide, size, from, by, matrix.address + (left * n + right) * BLOCK * bytes, n);
        }
      }
      for (let k = 0; k < size; k++) {
        const row = (first + k) * n;
        for (let i = 0; i < first; i++) a[row + i] = r[placeOf(k, i)] as number;
        for (let m = 0; m <= k; m++) a[row + first + m] = own[k * size + m] as number;
      }
      for (let i = first + size; i < n; i++) {
        for (let k = 0; k < size; k++) a[i * n + first + k] = r[placeOf(k, i)] as number;
      }
    }
  });
}

type Numbers = Float32Array | Float64Array;

/** Of number (k, i) among panels. */
const placeOf = (k: number, i: number): number => (Math.floor(i / BLOCK) * BLOCK + k) * BLOCK + (i % BLOCK);

/** C[rows, columns] += A' B, of panels A and B with `depth` rows; C's rows start `cRow` numbers after one another. */
type PanelProduct = (
  kernels: WasmKernels,
  rows: number,
  columns: number,
  depth: number,
  a: number,
  b: number,
  c: number,
  cRow: number,
) => void;

const addTurnedSingles: PanelProduct = ({ raw }, rows, columns, depth, a, b, c, cRow) =>
  raw.matmulStrided(rows, columns, depth, a, 1, BLOCK, b, BLOCK, c, cRow, false);

const addTurnedDoubles: PanelProduct = ({ raw }, rows, columns, depth, a, b, c, cRow) =>
  raw.addTurnedProduct(rows, columns, depth, a, BLOCK, b, BLOCK, c, cRow);

/** Sweeps all of a symmetric matrix [n, n], both triangles: -1 times its inverse. */
function sweep(a: Float64Array, n: number): void {
  const column = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const pivot = 1 / (a[k * n + k] as number);
    for (let i = 0; i < n; i++) column[i] = a[i * n + k] as number;
    for (let i = 0; i < n; i++) {
      const share = (column[i] as number) * pivot;
      if (i === k) continue;
      for (let j = 0; j < n; j++) (a[i * n + j] as number) -= share * (column[j] as number);
      a[i * n + k] = a[k * n + i] = share;
    }
    a[k * n + k] = -pivot;
    for (let i = 0; i < n; i++) if (i !== k) a[k * n + i] = a[i * n + k] as number;
  }
}
