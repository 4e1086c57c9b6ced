/**
 * Causal self-attention (Vaswani et al. 2017) over sequences that lie end to end, without padding: sequence s holds the rows
 * starts[s] .. starts[s + 1] of qkv[rows, 3 width], queries, keys and values side by side. A query sees the keys of its own sequence up
 * to its own place.
 *
 * Eight queries are taken together, in panels: a panel holds a row of eight for each key, so that the softmax of eight queries runs down
 * two vectors, without sums across lanes. The queries of a sequence stand at its end: where n is no multiple of eight, the first panel, which
 * has the fewest keys, is the one that is not full. Keys after the last query of a panel are not computed, but for those that make up fours.
 */
import { block4x8, matmulStrided } from './matrix';
import {
  constant, dot, EXP_0, EXP_1, EXP_2, EXP_3, EXP_4, EXP_5, expBelow, expOfNegative, LEAST_EXPONENT, LN2_HIGH, LN2_LOW, LOG2_E, ROUNDER, splat, sumLanes,
} from './vector';

/** Queries of a panel. */
const PANEL = 8;

/** Panels of a sequence of n. */
// @ts-ignore: decorator
@inline
function panelsOf(n: i32): i32 {
  return (n + PANEL - 1) / PANEL;
}

/** n rounded up to four. */
// @ts-ignore: decorator
@inline
function fours(n: i32): i32 {
  return (n + 3) & ~3;
}

/** Numbers that `attention` keeps for the adjoint: for each head of each sequence its panels, and after each the inverse sums of its queries. */
export function attentionKept(sequences: i32, heads: i32, starts: usize): i32 {
  let total = 0;
  for (let s = 0; s < sequences; s++) {
    const n = load<i32>(starts + (<usize>s << 2), 4) - load<i32>(starts + (<usize>s << 2));
    for (let seen = n; seen > 0; seen -= PANEL) total += (min(fours(seen), n) + 1) * PANEL;
  }
  return total * heads;
}

/** out[columns, stride] = scale * transpose of rows x[n, columns] that start `xRow` numbers after one another, at the end of each line; zeros before. */
function transposeScaled(n: i32, columns: i32, x: usize, xRow: i32, scale: f32, out: usize, stride: i32): void {
  const row = <usize>xRow << 2, line = <usize>stride << 2, s = splat(scale);
  const odd = n & 3, even = columns & ~3, before = stride - n;
  if (before > 0) {
    for (let c = 0, to = out; c < columns; c++, to += line) {
      v128.store(to, splat(0));
      v128.store(to, splat(0), 16);
    }
  }
  for (let r = 0; r < odd; r++) {
    const from = x + <usize>r * row, to = out + (<usize>(before + r) << 2);
    for (let c = 0; c < columns; c++) store<f32>(to + <usize>c * line, scale * load<f32>(from + (<usize>c << 2)));
  }
  for (let r = odd; r < n; r += 4) {
    const from = x + <usize>r * row, to = out + (<usize>(before + r) << 2);
    let c = 0;
    for (; c < even; c += 4) turn4x4(from + (<usize>c << 2), row, s, to + <usize>c * line, line);
    for (; c < columns; c++) {
      for (let k: usize = 0; k < 4; k++) store<f32>(to + <usize>c * line + (k << 2), scale * load<f32>(from + k * row + (<usize>c << 2)));
    }
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

/** Lanes of queries first .. first + 3 that see key j. */
// @ts-ignore: decorator
@inline
function seeing(first: i32, j: i32): v128 {
  return i32x4.ge_s(i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)), i32x4.splat(j));
}

/** out[rows, width], and what `attentionAdjoint` needs. `scratch` holds, for the longest sequence n rounded up to eight, n width / heads. */
export function attention(
  sequences: i32, width: i32, heads: i32, starts: usize, qkv: usize, out: usize, kept: usize, scratch: usize,
): void {
  const size = width / heads, three = 3 * width;
  const scale: f32 = <f32>1 / sqrt<f32>(<f32>size);
  for (let s = 0; s < sequences; s++) {
    const from = load<i32>(starts + (<usize>s << 2));
    const n = load<i32>(starts + (<usize>s << 2), 4) - from;
    const stride = panelsOf(n) * PANEL;
    for (let h = 0; h < heads; h++) {
      const q = qkv + (<usize>(from * three + h * size) << 2), k = q + (<usize>width << 2), v = k + (<usize>width << 2);
      const o = out + (<usize>(from * width + h * size) << 2);
      transposeScaled(n, size, q, three, scale, scratch, stride);
      // `first` is the place of a panel's first query: below 0 where there is none.
      for (let first = n - stride; first < n; first += PANEL) {
        const seen = first + PANEL, rows = min(fours(seen), n), end = kept + (<usize>rows << 5);
        matmulStrided(rows, PANEL, size, k, three, 1, scratch + (<usize>(stride - n + first) << 2), stride, kept, PANEL, true);
        exponentials(first, rows, kept);
        const skipped = max(0, -first), line = o + (<usize>((first + skipped) * width) << 2);
        matmulStrided(PANEL - skipped, size, seen, kept + (<usize>skipped << 2), 1, PANEL, v, three, line, width, true);
        for (let r = skipped; r < PANEL; r++) scaleRow(size, load<f32>(end + (<usize>r << 2)), line + (<usize>((r - skipped) * width) << 2));
        kept = end + 32;
      }
    }
  }
}

/**
 * `attention` for the last query of each sequence alone: q[sequences, width], keys and values side by side in kv[rows, 2 width]; out[sequences, width].
 * `scratch` holds the longest sequence rounded up to four.
 */
export function attentionOfLast(sequences: i32, width: i32, heads: i32, starts: usize, q: usize, kv: usize, out: usize, scratch: usize): void {
  const size = width / heads, bytes = <usize>size << 2, row = <usize>width << 3;
  const scale: f32 = <f32>1 / sqrt<f32>(<f32>size);
  for (let s = 0; s < sequences; s++) {
    const from = load<i32>(starts + (<usize>s << 2));
    const n = load<i32>(starts + (<usize>s << 2), 4) - from, vectors = <usize>fours(n) << 2;
    for (let h = 0; h < heads; h++, q += bytes, out += bytes) {
      const k = kv + <usize>from * row + <usize>h * bytes, v = k + (<usize>width << 2);
      let most: f32 = -1e30;
      for (let j = 0; j < n; j++) {
        const score = scale * dot(bytes, q, k + <usize>j * row);
        store<f32>(scratch + (<usize>j << 2), score);
        most = max(most, score);
      }
      for (let j = <usize>n << 2; j < vectors; j += 4) store<f32>(scratch + j, -1e30);
      let sums = splat(0);
      const shift = splat(most);
      for (let j: usize = 0; j < vectors; j += 16) {
        const e = expOfNegative(f32x4.sub(v128.load(scratch + j), shift));
        v128.store(scratch + j, e);
        sums = f32x4.add(sums, e);
      }
      matmulStrided(1, size, n, scratch, 0, 1, v, 2 * width, out, 0, true);
      scaleRow(size, <f32>1 / sumLanes(sums), out);
    }
  }
}

/** e^(score - most) in place down a panel, 0 for keys that a query does not see, and after it the inverse of the sums. */
function exponentials(first: i32, rows: i32, panel: usize): void {
  const corner = max(0, first + 1), end = panel + (<usize>rows << 5), diagonal = panel + (<usize>corner << 5);
  let most0 = splat(-1e30), most1 = splat(-1e30);
  let at = panel;
  for (; at < diagonal; at += 32) {
    most0 = f32x4.pmax(most0, v128.load(at));
    most1 = f32x4.pmax(most1, v128.load(at, 16));
  }
  for (let j = corner; at < end; at += 32, j++) {
    const x0 = v128.bitselect(v128.load(at), splat(-1e30), seeing(first, j));
    const x1 = v128.bitselect(v128.load(at, 16), splat(-1e30), seeing(first + 4, j));
    v128.store(at, x0);
    v128.store(at, x1, 16);
    most0 = f32x4.pmax(most0, x0);
    most1 = f32x4.pmax(most1, x1);
  }
  expDown(most0, panel, end);
  expDown(most1, panel + 16, end + 16);
}

/** `exponentials` of four queries. Constants are read before the loop, since engines would read all of them first in each turn, and put them aside. */
// @ts-ignore: decorator
@inline
function expDown(most: v128, panel: usize, end: usize): void {
  const a = constant(LOG2_E), b = constant(ROUNDER), c = constant(LN2_HIGH), d = constant(LN2_LOW);
  const p5 = constant(EXP_5), p4 = constant(EXP_4), p3 = constant(EXP_3), p2 = constant(EXP_2), p1 = constant(EXP_1), p0 = constant(EXP_0);
  const one = splat(1), least = constant(LEAST_EXPONENT);
  let sums = splat(0);
  for (let at = panel; at < end; at += 32) {
    const e = expBelow(f32x4.sub(v128.load(at), most), a, b, c, d, p5, p4, p3, p2, p1, p0, one, least);
    v128.store(at, e);
    sums = f32x4.add(sums, e);
  }
  v128.store(end, f32x4.div(one, sums));
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
 * The gradient of `attention` for upstream g[rows, width], from what it kept: gqkv, or added to it unless `fresh`. `scratch` holds, for the longest
 * sequence n rounded up to eight, n (width / heads + 8 + 2 n).
 */
export function attentionAdjoint(
  sequences: i32, width: i32, heads: i32, starts: usize, qkv: usize, kept: usize, g: usize, gqkv: usize, fresh: bool, scratch: usize,
): void {
  const size = width / heads, three = 3 * width;
  const scale: f32 = <f32>1 / sqrt<f32>(<f32>size);
  for (let s = 0; s < sequences; s++) {
    const from = load<i32>(starts + (<usize>s << 2));
    const n = load<i32>(starts + (<usize>s << 2), 4) - from;
    const stride = panelsOf(n) * PANEL, part = <usize>(size * stride) << 2;
    const panel = scratch + part;
    const softmax = panel + (<usize>(stride * PANEL) << 2), slopes = softmax + (<usize>(stride * stride) << 2);
    for (let h = 0; h < heads; h++) {
      const start = <usize>(from * three + h * size) << 2;
      const q = qkv + start, k = q + (<usize>width << 2), v = k + (<usize>width << 2);
      const gq = gqkv + start, gk = gq + (<usize>width << 2), gv = gk + (<usize>width << 2);
      const up = g + (<usize>(from * width + h * size) << 2);
      transposeScaled(n, size, up, width, 1, scratch, stride);
      for (let first = n - stride; first < n; first += PANEL) {
        const seen = first + PANEL, rows = min(fours(seen), n);
        const column = <usize>(stride - n + first) << 2;
        matmulStrided(rows, PANEL, size, v, three, 1, scratch + column, stride, panel, PANEL, true);
        softmaxSlopes(rows, scale, kept, panel, softmax + column, slopes + column, <usize>stride << 2);
        // d loss / d q of these queries: slopes times keys.
        const skipped = max(0, -first);
        matmulStrided(
          PANEL - skipped, size, seen, slopes + column + (<usize>skipped << 2), 1, stride, k, three, gq + (<usize>((first + skipped) * three) << 2), three, fresh,
        );
        kept += (<usize>rows << 5) + 32;
      }
      // A key is seen by the queries at and after its place.
      const before = <usize>(stride - n) << 2;
      upperProduct(n, size, slopes + before, stride, q, three, gk, three, fresh);
      upperProduct(n, size, softmax + before, stride, up, width, gv, three, fresh);
    }
  }
}

/** C[n, columns] = U B for the upper triangle of U, whose rows, like those of B and C, start so many numbers after one another; added unless `fresh`. */
function upperProduct(n: i32, columns: i32, u: usize, uRow: i32, b: usize, bRow: i32, c: usize, cRow: i32, fresh: bool): void {
  const diagonal = <usize>(uRow + 1) << 2, uBytes = <usize>uRow << 2, bBytes = <usize>bRow << 2, cBytes = <usize>cRow << 2;
  const whole = <usize>(columns & ~7) << 2;
  const tall = n & ~3;
  for (let k: usize = 0; k < whole; k += 32) {
    for (let j = 0; j < tall; j += 4) {
      block4x8(<usize>(n - j), u + <usize>j * diagonal, uBytes, 4, b + <usize>j * bBytes + k, bBytes, c + <usize>j * cBytes + k, cBytes, fresh);
    }
  }
  if (columns & 7) {
    for (let j = 0; j < tall; j += 4) {
      matmulStrided(4, columns & 7, n - j, u + <usize>j * diagonal, uRow, 1, b + <usize>j * bBytes + whole, bRow, c + <usize>j * cBytes + whole, cRow, fresh);
    }
  }
  if (tall < n) {
    matmulStrided(n - tall, columns, n - tall, u + <usize>tall * diagonal, uRow, 1, b + <usize>tall * bBytes, bRow, c + <usize>tall * cBytes, cRow, fresh);
  }
}

/**
 * Down a panel, from what `attention` kept and upstream products u: probabilities p and slopes scale p (u - mean), mean the sum of p u, in rows of
 * so many bytes.
 */
function softmaxSlopes(rows: i32, scale: f32, kept: usize, upstream: usize, softmax: usize, slopes: usize, row: usize): void {
  const end = kept + (<usize>rows << 5);
  const inverse0 = v128.load(end), inverse1 = v128.load(end, 16);
  let mean0 = splat(0), mean1 = splat(0);
  for (let e = kept, u = upstream; e < end; e += 32, u += 32) {
    mean0 = f32x4.add(mean0, f32x4.mul(v128.load(e), v128.load(u)));
    mean1 = f32x4.add(mean1, f32x4.mul(v128.load(e, 16), v128.load(u, 16)));
  }
  mean0 = f32x4.mul(mean0, inverse0);
  mean1 = f32x4.mul(mean1, inverse1);
  const s = splat(scale);
  for (let e = kept, u = upstream; e < end; e += 32, u += 32, softmax += row, slopes += row) {
    const p0 = f32x4.mul(v128.load(e), inverse0), p1 = f32x4.mul(v128.load(e, 16), inverse1);
    v128.store(softmax, p0);
    v128.store(softmax, p1, 16);
    v128.store(slopes, f32x4.mul(f32x4.mul(s, p0), f32x4.sub(v128.load(u), mean0)));
    v128.store(slopes, f32x4.mul(f32x4.mul(s, p1), f32x4.sub(v128.load(u, 16), mean1)), 16);
  }
}
