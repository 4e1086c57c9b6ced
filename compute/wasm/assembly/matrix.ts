/** Matrix products, register-blocked 4 x 8, with any stride of the left operand so that its transpose is free. */
import { dot, splat } from './vector';

// @ts-ignore: decorator
@inline
function multiplyAddLane(c: v128, a: usize, b: v128): v128 {
  return f32x4.add(c, f32x4.mul(v128.load32_splat(a), b));
}

/** C rows m..m+3, columns n..n+7: the sum over `depth` terms, added to what is there unless `fresh`. Strides in bytes. */
// @ts-ignore: decorator
@inline
export function block4x8(depth: usize, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, c: usize, cRow: usize, fresh: bool): void {
  let c00 = splat(0), c01 = splat(0), c10 = splat(0), c11 = splat(0), c20 = splat(0), c21 = splat(0), c30 = splat(0), c31 = splat(0);
  if (!fresh) {
    c00 = v128.load(c);
    c01 = v128.load(c, 16);
    c10 = v128.load(c + cRow);
    c11 = v128.load(c + cRow, 16);
    c20 = v128.load(c + 2 * cRow);
    c21 = v128.load(c + 2 * cRow, 16);
    c30 = v128.load(c + 3 * cRow);
    c31 = v128.load(c + 3 * cRow, 16);
  }
  const end = b + depth * bStep;
  let a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
  for (; b < end; b += bStep) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    c00 = multiplyAddLane(c00, a, b0);
    c01 = multiplyAddLane(c01, a, b1);
    c10 = multiplyAddLane(c10, a1, b0);
    c11 = multiplyAddLane(c11, a1, b1);
    c20 = multiplyAddLane(c20, a2, b0);
    c21 = multiplyAddLane(c21, a2, b1);
    c30 = multiplyAddLane(c30, a3, b0);
    c31 = multiplyAddLane(c31, a3, b1);
    a += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c + cRow, c10);
  v128.store(c + cRow, c11, 16);
  v128.store(c + 2 * cRow, c20);
  v128.store(c + 2 * cRow, c21, 16);
  v128.store(c + 3 * cRow, c30);
  v128.store(c + 3 * cRow, c31, 16);
}

/** One row of C, 4 columns. */
// @ts-ignore: decorator
@inline
function block1x4(depth: usize, a: usize, aStep: usize, b: usize, bStep: usize, c: usize, fresh: bool): void {
  let sum = fresh ? splat(0) : v128.load(c);
  const end = b + depth * bStep;
  for (; b < end; b += bStep) {
    sum = multiplyAddLane(sum, a, v128.load(b));
    a += aStep;
  }
  v128.store(c, sum);
}

/** One row of C, 16 columns: four sums at a time, which do not wait for one another. */
// @ts-ignore: decorator
@inline
function block1x16(depth: usize, a: usize, aStep: usize, b: usize, bStep: usize, c: usize, fresh: bool): void {
  let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
  if (!fresh) {
    s0 = v128.load(c);
    s1 = v128.load(c, 16);
    s2 = v128.load(c, 32);
    s3 = v128.load(c, 48);
  }
  const end = b + depth * bStep;
  for (; b < end; b += bStep) {
    s0 = multiplyAddLane(s0, a, v128.load(b));
    s1 = multiplyAddLane(s1, a, v128.load(b, 16));
    s2 = multiplyAddLane(s2, a, v128.load(b, 32));
    s3 = multiplyAddLane(s3, a, v128.load(b, 48));
    a += aStep;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
}

// @ts-ignore: decorator
@inline
function block1x1(depth: usize, a: usize, aStep: usize, b: usize, bStep: usize, c: usize, fresh: bool): void {
  let sum: f32 = fresh ? 0 : load<f32>(c);
  const end = b + depth * bStep;
  for (; b < end; b += bStep) {
    sum += load<f32>(a) * load<f32>(b);
    a += aStep;
  }
  store<f32>(c, sum);
}

/**
 * C[rows, columns] = A[rows, depth] * B[depth, columns], added to what is there unless `fresh`. A's element (m, k) lies at a + 4 (m aRow + k aStep); B and C are
 * row-major and dense. Every element is summed over k in order, whatever the runs and the blocking.
 */
export function matmul(rows: i32, columns: i32, depth: i32, a: usize, aRow: i32, aStep: i32, b: usize, c: usize, fresh: bool): void {
  if (columns == 1 && aStep == 1) return matrixVector(rows, depth, a, <usize>aRow << 2, b, c, fresh);
  if (columns == 1 && aRow == 1) return transposedMatrixVector(rows, depth, a, <usize>aStep << 2, b, c, fresh);
  matmulStrided(rows, columns, depth, a, aRow, aStep, b, columns, c, columns, fresh);
}

/** Bytes of a row of B that are multiplied with all rows of A before the next. */
const RUN: usize = 2048;

/** The same for parts of wider matrices: rows of B and C start bRow and cRow numbers after one another. */
export function matmulStrided(
  rows: i32, columns: i32, depth: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, c: usize, cRow: i32, fresh: bool,
): void {
  const aRowBytes = <usize>aRow << 2, aStepBytes = <usize>aStep << 2, wide = <usize>columns << 2;
  const bStep = <usize>bRow << 2, cRowBytes = <usize>cRow << 2;
  // Where steps of A are far apart, those of a run and of B's must all stay in the nearest cache.
  const most = aStep == 1 ? 128 : 64;
  for (let k = 0; k < depth; k += most) {
    const run = <usize>min(most, depth - k);
    const first = fresh && k == 0;
    const bk = b + <usize>k * bStep;
    const ak = a + <usize>k * aStepBytes;
    // A run of columns serves all rows while it is near: whole rows of a wide B would come from afar for every four of A.
    for (let from: usize = 0; from < wide; from += RUN) {
      const end = min(from + RUN, wide);
      let m = 0;
      for (; m + 4 <= rows; m += 4) {
        const am = ak + <usize>m * aRowBytes;
        const cm = c + <usize>m * cRowBytes;
        let n = from;
        for (; n + 32 <= end; n += 32) block4x8(run, am, aRowBytes, aStepBytes, bk + n, bStep, cm + n, cRowBytes, first);
        if (n < end) {
          for (let row: usize = 0; row < 4; row++) {
            columnsOfRow(run, am + row * aRowBytes, aStepBytes, bk, bStep, end, cm + row * cRowBytes, n, first);
          }
        }
      }
      for (; m < rows; m++) {
        columnsOfRow(run, ak + <usize>m * aRowBytes, aStepBytes, bk, bStep, end, c + <usize>m * cRowBytes, from, first);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function columnsOfRow(depth: usize, a: usize, aStep: usize, b: usize, bStep: usize, wide: usize, c: usize, from: usize, fresh: bool): void {
  let n = from;
  for (; n + 64 <= wide; n += 64) block1x16(depth, a, aStep, b + n, bStep, c + n, fresh);
  for (; n + 16 <= wide; n += 16) block1x4(depth, a, aStep, b + n, bStep, c + n, fresh);
  for (; n < wide; n += 4) block1x1(depth, a, aStep, b + n, bStep, c + n, fresh);
}

/** c[m] += sum over k of A[m, k] b[k]. */
function matrixVector(rows: i32, depth: i32, a: usize, aRow: usize, b: usize, c: usize, fresh: bool): void {
  for (let m = 0; m < rows; m++, a += aRow, c += 4) {
    const sum = dot(<usize>depth << 2, a, b);
    store<f32>(c, fresh ? sum : load<f32>(c) + sum);
  }
}

/** c[m] += sum over k of A[k, m] b[k]. */
function transposedMatrixVector(rows: i32, depth: i32, a: usize, aStep: usize, b: usize, c: usize, fresh: bool): void {
  const wide = <usize>rows << 2, end = b + (<usize>depth << 2);
  if (fresh) memory.fill(c, 0, wide);
  let m: usize = 0;
  for (; m + 64 <= wide; m += 64) {
    let s0 = v128.load(c + m), s1 = v128.load(c + m, 16), s2 = v128.load(c + m, 32), s3 = v128.load(c + m, 48);
    for (let p = a + m, q = b; q < end; q += 4, p += aStep) {
      const weight = v128.load32_splat(q);
      s0 = f32x4.add(s0, f32x4.mul(weight, v128.load(p)));
      s1 = f32x4.add(s1, f32x4.mul(weight, v128.load(p, 16)));
      s2 = f32x4.add(s2, f32x4.mul(weight, v128.load(p, 32)));
      s3 = f32x4.add(s3, f32x4.mul(weight, v128.load(p, 48)));
    }
    v128.store(c + m, s0);
    v128.store(c + m, s1, 16);
    v128.store(c + m, s2, 32);
    v128.store(c + m, s3, 48);
  }
  for (; m < wide; m += 4) block1x1(<usize>depth, a + m, aStep, b, 4, c + m, false);
}

/** out[columns, rows] = transpose of a[rows, columns]. */
export function transpose(rows: i32, columns: i32, a: usize, out: usize): void {
  const stride = <usize>rows << 2;
  for (let r = 0; r < rows; r++) {
    let to = out + (<usize>r << 2);
    for (let c = 0; c < columns; c++, a += 4, to += stride) store<f32>(to, load<f32>(a));
  }
}

/**
 * out[row] += sum over the row's entries of values[column]: product of a binary matrix in compressed rows (starts, columns)
 * with a dense one of `width` columns.
 */
export function sparseTimesDense(rows: i32, width: i32, starts: usize, columns: usize, dense: usize, out: usize): void {
  const bytes = <usize>width << 2;
  for (let r = 0; r < rows; r++, out += bytes) {
    const end = load<i32>(starts + (<usize>r << 2), 4);
    for (let e = load<i32>(starts + (<usize>r << 2)); e < end; e++) {
      const from = dense + <usize>load<i32>(columns + (<usize>e << 2)) * bytes;
      let k: usize = 0;
      for (; k + 16 <= bytes; k += 16) v128.store(out + k, f32x4.add(v128.load(out + k), v128.load(from + k)));
      for (; k < bytes; k += 4) store<f32>(out + k, load<f32>(out + k) + load<f32>(from + k));
    }
  }
}
