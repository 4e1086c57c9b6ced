/** Alternating least squares for implicit feedback (Hu, Koren, Volinsky 2008), one side at a time. */
import { matmulStrided } from './matrix';
import { dot } from './vector';

/** Entries of a row that are gathered together. */
const PANEL: i32 = 128;

/**
 * For each row r: out[r] = (base + penalties[r] I + sum over its columns c of v v')^-1 (sum of v), v = others[c]. base[dim, dim] is
 * symmetric. By Cholesky's decomposition; `scratch` holds dim (dim + 1 + 128).
 */
export function ridgeRows(
  rows: i32, dim: i32, starts: usize, columns: usize, others: usize, base: usize, penalties: usize, out: usize, scratch: usize,
): void {
  const wide = <usize>dim << 2;
  const matrix = scratch, side = scratch + <usize>dim * wide, panel = side + wide;
  for (let r = 0; r < rows; r++, out += wide) {
    memory.copy(matrix, base, <usize>dim * wide);
    memory.fill(side, 0, wide);
    const penalty = load<f32>(penalties + (<usize>r << 2));
    for (let k = 0; k < dim; k++) {
      const at = matrix + <usize>k * (wide + 4);
      store<f32>(at, load<f32>(at) + penalty);
    }
    const end = load<i32>(starts + (<usize>r << 2), 4);
    for (let e = load<i32>(starts + (<usize>r << 2)); e < end; e += PANEL) {
      const count = min(PANEL, end - e);
      for (let c = 0, to = panel; c < count; c++, to += wide) {
        const v = others + <usize>load<i32>(columns + (<usize>(e + c) << 2)) * wide;
        copyAndAdd(wide, v, to, side);
      }
      addOuters(dim, count, panel, matrix);
    }
    solve(dim, matrix, side);
    memory.copy(out, side, wide);
  }
}

// @ts-ignore: decorator
@inline
function copyAndAdd(bytes: usize, v: usize, to: usize, sums: usize): void {
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) {
    const x = v128.load(v + k);
    v128.store(to + k, x);
    v128.store(sums + k, f32x4.add(v128.load(sums + k), x));
  }
  for (; k < bytes; k += 4) {
    const x = load<f32>(v + k);
    store<f32>(to + k, x);
    store<f32>(sums + k, load<f32>(sums + k) + x);
  }
}

/** matrix += P'P of P[count, dim], the lower triangle (and a little more), in bands of eight rows. Each sum goes over P's rows in order. */
function addOuters(dim: i32, count: i32, panel: usize, matrix: usize): void {
  for (let m = 0; m < dim; m += 8) {
    const end = min(m + 8, dim);
    matmulStrided(end - m, end, count, panel + (<usize>m << 2), 1, dim, panel, dim, matrix + ((<usize>m * <usize>dim) << 2), dim, false);
  }
}

/** Solves matrix x = side in place of side; the lower triangle of matrix becomes its Cholesky factor. */
function solve(dim: i32, matrix: usize, side: usize): void {
  const wide = <usize>dim << 2;
  for (let i = 0; i < dim; i++) {
    const row = matrix + <usize>i * wide;
    for (let j = 0; j <= i; j++) {
      const other = matrix + <usize>j * wide;
      let sum = load<f32>(row + (<usize>j << 2)) - dot(<usize>j << 2, row, other);
      if (i == j) sum = sqrt<f32>(max<f32>(sum, 1e-12));
      else sum /= load<f32>(other + (<usize>j << 2));
      store<f32>(row + (<usize>j << 2), sum);
    }
    const at = side + (<usize>i << 2);
    store<f32>(at, (load<f32>(at) - dot(<usize>i << 2, row, side)) / load<f32>(row + (<usize>i << 2)));
  }
  for (let i = dim - 1; i >= 0; i--) {
    const at = side + (<usize>i << 2);
    let sum = load<f32>(at);
    for (let k = i + 1; k < dim; k++) sum -= load<f32>(matrix + <usize>k * wide + (<usize>i << 2)) * load<f32>(side + (<usize>k << 2));
    store<f32>(at, sum / load<f32>(matrix + <usize>i * (wide + 4)));
  }
}
