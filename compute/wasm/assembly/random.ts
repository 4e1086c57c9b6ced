/** Uniform, normal and bounded-integer draws for a row of columns, keyed by (seed, stream, replicate, row, column). */
import { cosine, logOfNormal, sine, sineAndCosine, splat } from './vector';
import { drawColumns, vector0, vector1, vector2, vector3, philox, word0, word1, word2, word3 } from './philox';

/** [0, 1) with 24 bits. */
// @ts-ignore: decorator
@inline
export function unit(words: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(words, 8)), splat(5.9604644775390625e-8));
}

/** Radius of the Box-Muller transform; words map to (0, 1] with all 32 bits, so |normal| reaches 6.7. */
// @ts-ignore: decorator
@inline
export function radius(words: v128): v128 {
  const u = f32x4.mul(f32x4.add(f32x4.convert_i32x4_u(words), splat(0.5)), splat(2.3283064365386963e-10));
  return f32x4.sqrt(f32x4.pmax(f32x4.mul(splat(-2), logOfNormal(u)), splat(0)));
}

/** Raw words; `out` holds `n` rounded up to sixteen. Columns start at `start`, a multiple of 16. */
export function fillWords(n: i32, start: u32, row: u32, stream: u32, replicate: u32, k0: u32, k1: u32, out: usize): void {
  for (let c = 0; c < n; c += 16) {
    drawColumns(start + c, row, stream, replicate, k0, k1);
    const p = out + (<usize>c << 2);
    v128.store(p, vector0, 0);
    v128.store(p, vector1, 16);
    v128.store(p, vector2, 32);
    v128.store(p, vector3, 48);
  }
}

/** Uniform on [0, 1). */
export function fillUniform(n: i32, start: u32, row: u32, stream: u32, replicate: u32, k0: u32, k1: u32, out: usize): void {
  for (let c = 0; c < n; c += 16) {
    drawColumns(start + c, row, stream, replicate, k0, k1);
    const p = out + (<usize>c << 2);
    v128.store(p, unit(vector0), 0);
    v128.store(p, unit(vector1), 16);
    v128.store(p, unit(vector2), 32);
    v128.store(p, unit(vector3), 48);
  }
}

/**
 * Masks of dropout: `scale` where sixteen bits are at least `threshold`, else 0. A word serves two columns: of 32 consecutive ones the
 * vector w of `drawColumns` gives its low halves to the columns 8 w .. 8 w + 3 and its high halves to the next four.
 */
function fillMask(n: i32, row: u32, stream: u32, replicate: u32, k0: u32, k1: u32, threshold: i32, scale: f32, out: usize): void {
  const t = i32x4.splat(threshold), s = splat(scale);
  for (let c = 0; c < n; c += 32) {
    drawColumns(c >> 1, row, stream, replicate, k0, k1);
    maskHalves(vector0, t, s, n, c, out);
    maskHalves(vector1, t, s, n, c + 8, out);
    maskHalves(vector2, t, s, n, c + 16, out);
    maskHalves(vector3, t, s, n, c + 24, out);
  }
}

/** The same for rows of n, end to end, from row 0 on; the overhang of a row is overwritten by the next. */
export function fillMasks(
  rows: i32, n: i32, stream: u32, replicate: u32, k0: u32, k1: u32, threshold: i32, scale: f32, out: usize,
): void {
  for (let row = 0; row < rows; row++, out += <usize>n << 2) fillMask(n, row, stream, replicate, k0, k1, threshold, scale, out);
}

// @ts-ignore: decorator
@inline
function maskHalves(words: v128, threshold: v128, scale: v128, n: i32, column: i32, out: usize): void {
  const p = out + (<usize>column << 2);
  if (column < n) v128.store(p, v128.and(scale, i32x4.ge_s(v128.and(words, i32x4.splat(0xffff)), threshold)));
  if (column + 4 < n) v128.store(p, v128.and(scale, i32x4.ge_s(i32x4.shr_u(words, 16), threshold)), 16);
}

/** Standard normal times `scale` plus `location`. */
export function fillNormal(
  n: i32, start: u32, row: u32, stream: u32, replicate: u32, k0: u32, k1: u32, location: f32, scale: f32, out: usize,
): void {
  const s = splat(scale);
  const m = splat(location);
  for (let c = 0; c < n; c += 16) {
    drawColumns(start + c, row, stream, replicate, k0, k1);
    const w1 = vector1, w2 = vector2, w3 = vector3;
    const p = out + (<usize>c << 2);
    const r0 = radius(vector0);
    sineAndCosine(unit(w1));
    v128.store(p, f32x4.add(m, f32x4.mul(s, f32x4.mul(r0, cosine))), 0);
    v128.store(p, f32x4.add(m, f32x4.mul(s, f32x4.mul(r0, sine))), 16);
    const r1 = radius(w2);
    sineAndCosine(unit(w3));
    v128.store(p, f32x4.add(m, f32x4.mul(s, f32x4.mul(r1, cosine))), 32);
    v128.store(p, f32x4.add(m, f32x4.mul(s, f32x4.mul(r1, sine))), 48);
  }
}

/**
 * Exactly uniform integer in [0, bound) for one (row, column): Lemire's multiply-and-reject (2019). A rejected word gives way
 * to the next of the same counter, and after four of them (practically never) to another key.
 */
// @ts-ignore: decorator
@inline
export function bounded(bound: u32, column: u32, row: u32, stream: u32, replicate: u32, k0: u32, k1: u32): u32 {
  philox(column, row, stream, replicate, k0, k1);
  let m = <u64>word0 * <u64>bound;
  if (<u32>m >= bound) return <u32>(m >> 32); // at least bound, so at least the threshold, whose division is slow
  const threshold: u32 = (0 - bound) % bound;
  while (<u32>m < threshold) {
    m = <u64>word1 * <u64>bound;
    if (<u32>m < threshold) m = <u64>word2 * <u64>bound;
    if (<u32>m < threshold) m = <u64>word3 * <u64>bound;
    if (<u32>m >= threshold) break;
    k1 += 0x5bd1e995;
    philox(column, row, stream, replicate, k0, k1);
    m = <u64>word0 * <u64>bound;
  }
  return <u32>(m >> 32);
}

/** Integers in [0, bound). */
export function fillBounded(n: i32, bound: u32, row: u32, stream: u32, replicate: u32, k0: u32, k1: u32, out: usize): void {
  for (let c = 0; c < n; c++) store<u32>(out + (<usize>c << 2), bounded(bound, c, row, stream, replicate, k0, k1));
}

/** A uniformly random order of 0..n-1 (Fisher-Yates, the draw for place i keyed by i). */
export function fillPermutation(n: i32, row: u32, stream: u32, replicate: u32, k0: u32, k1: u32, out: usize): void {
  for (let i = 0; i < n; i++) store<i32>(out + (<usize>i << 2), i);
  for (let i = n - 1; i > 0; i--) {
    const j = bounded(<u32>i + 1, i, row, stream, replicate, k0, k1);
    const a = out + (<usize>i << 2);
    const b = out + (<usize>j << 2);
    const kept = load<i32>(a);
    store<i32>(a, load<i32>(b));
    store<i32>(b, kept);
  }
}
