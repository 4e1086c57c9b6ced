/** Alternating least squares for implicit feedback (Hu, Koren, Volinsky 2008), one side at a time. */
import { dot } from './vector';

/**
 * For each row r: out[r] = (base + penalties[r] I + sum over its columns c of v v')^-1 (sum of v), v = others[c]. base[dim, dim] is
 * symmetric. By Cholesky's decomposition; `scratch` holds dim (dim + 1).
 */
export function ridgeRows(
  rows: i32, dim: i32, starts: usize, columns: usize, others: usize, base: usize, penalties: usize, out: usize, scratch: usize,
): void {
  const wide = <usize>dim << 2;
  const matrix = scratch, side = scratch + <usize>dim * wide;
  for (let r = 0; r < rows; r++, out += wide) {
    memory.copy(matrix, base, <usize>dim * wide);
    memory.fill(side, 0, wide);
    const penalty = load<f32>(penalties + (<usize>r << 2));
    for (let k = 0; k < dim; k++) {
      const at = matrix + <usize>k * (wide + 4);
      store<f32>(at, load<f32>(at) + penalty);
    }
    const end = load<i32>(starts + (<usize>r << 2), 4);
    for (let e = load<i32>(starts + (<usize>r << 2)); e < end; e++) {
      const v = others + <usize>load<i32>(columns + (<usize>e << 2)) * wide;
      addOuter(dim, v, matrix);
      for (let k: usize = 0; k < wide; k += 4) store<f32>(side + k, load<f32>(side + k) + load<f32>(v + k));
    }
    solve(dim, matrix, side);
    memory.copy(out, side, wide);
  }
}

/** matrix += v v', the lower triangle (and, by whole vectors, a little more). */
// @ts-ignore: decorator
@inline
function addOuter(dim: i32, v: usize, matrix: usize): void {
  const wide = <usize>dim << 2;
  for (let i: usize = 0; i < <usize>dim; i++) {
    const row = matrix + i * wide, value = load<f32>(v + (i << 2)), last = (i + 1) << 2;
    const x = f32x4.splat(value);
    let k: usize = 0;
    for (; k + 16 <= wide && k < last; k += 16) v128.store(row + k, f32x4.add(v128.load(row + k), f32x4.mul(x, v128.load(v + k))));
    for (; k < last; k += 4) store<f32>(row + k, load<f32>(row + k) + value * load<f32>(v + k));
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
