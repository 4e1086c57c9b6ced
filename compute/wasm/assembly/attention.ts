/**
 * Causal self-attention (Vaswani et al. 2017) over sequences that lie end to end, without padding: sequence s holds the rows
 * starts[s] .. starts[s + 1] of qkv[rows, 3 width], queries, keys and values side by side. A query sees the keys of its own sequence up
 * to its own place, so what would be masked is never computed, but for the corners of blocks on the diagonal.
 */
import { matmulStrided } from './matrix';
import { dot, expOfNegative, log, splat, sumLanes } from './vector';

/** Queries taken together. */
const BLOCK = 8;

/** n rounded up to eight. */
// @ts-ignore: decorator
@inline
function padded(n: i32): i32 {
  return (n + 7) & ~7;
}

/** out[columns, stride] = scale * transpose of rows x[n, columns] that start `xRow` numbers after one another; zeros from n to stride. */
function transposeScaled(n: i32, columns: i32, x: usize, xRow: i32, scale: f32, out: usize, stride: i32): void {
  const row = <usize>xRow << 2, line = <usize>stride << 2;
  const whole = n & ~3, even = columns & ~3;
  for (let r = 0; r < whole; r += 4) {
    const from = x + <usize>r * row, to = out + (<usize>r << 2);
    let c = 0;
    for (; c < even; c += 4) turn4x4(from + (<usize>c << 2), row, splat(scale), to + <usize>c * line, line);
    for (; c < columns; c++) {
      for (let k: usize = 0; k < 4; k++) store<f32>(to + <usize>c * line + (k << 2), scale * load<f32>(from + k * row + (<usize>c << 2)));
    }
  }
  for (let c = 0; c < columns; c++) {
    const to = out + <usize>c * line;
    for (let r = whole; r < n; r++) store<f32>(to + (<usize>r << 2), scale * load<f32>(x + <usize>r * row + (<usize>c << 2)));
    for (let r = n; r < stride; r++) store<f32>(to + (<usize>r << 2), 0);
  }
}

/** A block of 4 x 4. */
// @ts-ignore: decorator
@inline
function turn4x4(x: usize, row: usize, scale: v128, out: usize, line: usize): void {
  const a = f32x4.mul(scale, v128.load(x)), b = f32x4.mul(scale, v128.load(x + row));
  const c = f32x4.mul(scale, v128.load(x + 2 * row)), d = f32x4.mul(scale, v128.load(x + 3 * row));
  const ab0 = v128.shuffle<u32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<u32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<u32>(ab0, cd0, 0, 1, 4, 5));
  v128.store(out + line, v128.shuffle<u32>(ab0, cd0, 2, 3, 6, 7));
  v128.store(out + 2 * line, v128.shuffle<u32>(ab1, cd1, 0, 1, 4, 5));
  v128.store(out + 3 * line, v128.shuffle<u32>(ab1, cd1, 2, 3, 6, 7));
}

/** Lanes of the vector at column j that stand at or before `last`. */
// @ts-ignore: decorator
@inline
function seen(j: i32, last: i32): v128 {
  return i32x4.le_s(i32x4.add(i32x4.splat(j), i32x4(0, 1, 2, 3)), i32x4.splat(last));
}

/**
 * out[rows, width], and logSums[rows, heads], the logarithm of each softmax's denominator, for the adjoint. `scratch` holds
 * (width / heads + BLOCK) times the longest sequence rounded up to eight, and BLOCK more.
 */
export function attention(
  sequences: i32, width: i32, heads: i32, starts: usize, qkv: usize, out: usize, logSums: usize, scratch: usize,
): void {
  const size = width / heads, three = 3 * width;
  const scale: f32 = <f32>1 / sqrt<f32>(<f32>size);
  for (let s = 0; s < sequences; s++) {
    const from = load<i32>(starts + (<usize>s << 2));
    const n = load<i32>(starts + (<usize>s << 2), 4) - from;
    const stride = padded(n);
    const scores = scratch + (<usize>(size * stride) << 2), sums = scores + (<usize>(BLOCK * stride) << 2);
    for (let h = 0; h < heads; h++) {
      const q = qkv + (<usize>(from * three + h * size) << 2);
      const k = q + (<usize>width << 2), v = k + (<usize>width << 2);
      const o = out + (<usize>(from * width + h * size) << 2);
      transposeScaled(n, size, k, three, scale, scratch, stride);
      for (let t = 0; t < n; t += BLOCK) {
        const rows = min(BLOCK, n - t), depth = t + rows;
        matmulStrided(rows, padded(depth), size, q + (<usize>(t * three) << 2), three, 1, scratch, stride, scores, stride, true);
        const line = o + (<usize>(t * width) << 2), kept = logSums + (<usize>((from + t) * heads + h) << 2);
        for (let r = 0; r < rows; r++) {
          exponentials(t + r, padded(depth), scores + (<usize>(r * stride) << 2));
          store<f32>(sums + (<usize>r << 2), rowSum);
          store<f32>(kept + (<usize>(r * heads) << 2), rowMost + f32x4.extract_lane(log(splat(rowSum)), 0));
        }
        matmulStrided(rows, size, depth, scores, stride, 1, v, three, line, width, true);
        for (let r = 0; r < rows; r++) scaleRow(size, <f32>1 / load<f32>(sums + (<usize>r << 2)), line + (<usize>(r * width) << 2));
      }
    }
  }
}

/** Results of the last call of `exponentials`. */
let rowSum: f32 = 0, rowMost: f32 = 0;

/** e^(score - most) in place over columns 0 .. last, zero from there to `columns`, with their sum and the largest score. */
// @ts-ignore: decorator
@inline
function exponentials(last: i32, columns: i32, row: usize): void {
  // Vectors before the one that holds the last column are seen whole.
  const end = last & ~3, corner = row + (<usize>end << 2), mask = seen(end, last);
  let most = v128.bitselect(v128.load(corner), splat(-1e30), mask);
  for (let at = row; at < corner; at += 16) most = f32x4.pmax(most, v128.load(at));
  rowMost = max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  const shift = splat(rowMost);
  let sums = splat(0);
  for (let at = row; at < corner; at += 16) {
    const e = expOfNegative(f32x4.sub(v128.load(at), shift));
    v128.store(at, e);
    sums = f32x4.add(sums, e);
  }
  const e = v128.and(expOfNegative(f32x4.sub(v128.load(corner), shift)), mask);
  v128.store(corner, e);
  sums = f32x4.add(sums, e);
  for (let at = corner + 16; at < row + (<usize>columns << 2); at += 16) v128.store(at, splat(0));
  rowSum = sumLanes(sums);
}

// @ts-ignore: decorator
@inline
function scaleRow(n: i32, scale: f32, row: usize): void {
  const bytes = <usize>n << 2, s = splat(scale);
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) v128.store(row + k, f32x4.mul(v128.load(row + k), s));
  for (; k < bytes; k += 4) store<f32>(row + k, load<f32>(row + k) * scale);
}

/**
 * Adds the gradient of `attention` to gqkv for upstream g[rows, width]. The softmax is computed anew from logSums. `scratch` holds,
 * for the longest sequence n rounded up to eight, n (2 width / heads + 2 n).
 */
export function attentionAdjoint(
  sequences: i32, width: i32, heads: i32, starts: usize, qkv: usize, out: usize, logSums: usize, g: usize, gqkv: usize, scratch: usize,
): void {
  const size = width / heads, three = 3 * width;
  const scale: f32 = <f32>1 / sqrt<f32>(<f32>size);
  for (let s = 0; s < sequences; s++) {
    const from = load<i32>(starts + (<usize>s << 2));
    const n = load<i32>(starts + (<usize>s << 2), 4) - from;
    const stride = padded(n);
    const keys = scratch, values = keys + (<usize>(size * stride) << 2);
    const softmax = values + (<usize>(size * stride) << 2), slopes = softmax + (<usize>(stride * stride) << 2);
    for (let h = 0; h < heads; h++) {
      const first = <usize>(from * three + h * size) << 2;
      const q = qkv + first, k = q + (<usize>width << 2), v = k + (<usize>width << 2);
      const gq = gqkv + first, gk = gq + (<usize>width << 2), gv = gk + (<usize>width << 2);
      const own = <usize>(from * width + h * size) << 2;
      transposeScaled(n, size, k, three, scale, keys, stride);
      transposeScaled(n, size, v, three, 1, values, stride);
      for (let t = 0; t < n; t += BLOCK) {
        const rows = min(BLOCK, n - t), columns = padded(t + rows);
        const at = <usize>(t * stride) << 2;
        matmulStrided(rows, columns, size, q + (<usize>(t * three) << 2), three, 1, keys, stride, softmax + at, stride, true);
        matmulStrided(rows, columns, size, g + own + (<usize>(t * width) << 2), width, 1, values, stride, slopes + at, stride, true);
        for (let r = t; r < t + rows; r++) {
          const row = <usize>(r * stride) << 2;
          const line = own + (<usize>(r * width) << 2);
          const logSum = load<f32>(logSums + (<usize>((from + r) * heads + h) << 2));
          softmaxSlopes(r, columns, logSum, dot(<usize>size << 2, g + line, out + line), scale, softmax + row, slopes + row);
        }
        // d loss / d q of these queries: slopes times keys.
        matmulStrided(rows, size, t + rows, slopes + at, stride, 1, k, three, gq + (<usize>(t * three) << 2), three, false);
      }
      // A key is seen by the queries at and after its place.
      for (let j = 0; j < n; j += BLOCK) {
        const rows = min(BLOCK, n - j);
        const corner = <usize>(j * stride + j) << 2, late = <usize>(j * three) << 2;
        matmulStrided(rows, size, n - j, slopes + corner, 1, stride, q + late, three, gk + late, three, false);
        matmulStrided(rows, size, n - j, softmax + corner, 1, stride, g + own + (<usize>(j * width) << 2), width, gv + late, three, false);
      }
    }
  }
}

/** Turns scores into probabilities p = e^(score - logSum), and upstream products u into slopes scale p (u - mean). */
// @ts-ignore: decorator
@inline
function softmaxSlopes(last: i32, columns: i32, logSum: f32, mean: f32, scale: f32, scores: usize, upstream: usize): void {
  const shift = splat(logSum), middle = splat(mean), s = splat(scale);
  for (let j: i32 = 0; j < columns; j += 4) {
    const k = <usize>j << 2;
    const p = v128.and(expOfNegative(f32x4.sub(v128.load(scores + k), shift)), seen(j, last));
    v128.store(scores + k, p);
    v128.store(upstream + k, f32x4.mul(s, f32x4.mul(p, f32x4.sub(v128.load(upstream + k), middle))));
  }
}
