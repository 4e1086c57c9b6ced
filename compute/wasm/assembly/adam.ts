/** Adam (Kingma and Ba 2015) and its lazy form for tables, which touches only the rows of the batch. */
import { constant, splat } from './vector';

const FIRST_KEPT: usize = memory.data<f32>([0.9]);
const FIRST_NEW: usize = memory.data<f32>([0.1]);
const SECOND_KEPT: usize = memory.data<f32>([0.999]);
const SECOND_NEW: usize = memory.data<f32>([0.001]);
const MAGNITUDE: usize = memory.data<u32>([0x7fffffff]);

/**
 * Gradients, first moments and weights smaller than 1e-12 count as 0, and second moments are kept at 1e-35 or more. Numbers on
 * their way to 0 would else linger as subnormals, which cost a hundred times the time of others; beside an epsilon of 1e-8 and rates of
 * any use, none of this matters.
 */
const SMALLEST: f32 = 1e-12;
const SMALLEST_SQUARE: f32 = 1e-35;
const SMALLEST_SPLAT: usize = memory.data<f32>([1e-12]);
const SMALLEST_SQUARE_SPLAT: usize = memory.data<f32>([1e-35]);

/** 0 for what is smaller than SMALLEST. Magnitudes of floats are ordered as their bits are, and NaN, which stays, lies above all. */
// @ts-ignore: decorator
@inline
function flush(x: v128): v128 {
  const magnitude = v128.and(x, constant(MAGNITUDE));
  return v128.and(x, i32x4.ge_s(magnitude, constant(SMALLEST_SPLAT)));
}

// @ts-ignore: decorator
@inline
function update(w: usize, m: usize, v: usize, gradient: v128, step: v128, epsilon: v128): void {
  const g = flush(gradient);
  const first = flush(f32x4.add(f32x4.mul(constant(FIRST_KEPT), v128.load(m)), f32x4.mul(constant(FIRST_NEW), g)));
  const squares = f32x4.add(f32x4.mul(constant(SECOND_KEPT), v128.load(v)), f32x4.mul(constant(SECOND_NEW), f32x4.mul(g, g)));
  const second = f32x4.pmax(squares, constant(SMALLEST_SQUARE_SPLAT));
  v128.store(m, first);
  v128.store(v, second);
  const moved = f32x4.sub(v128.load(w), f32x4.div(f32x4.mul(step, first), f32x4.add(f32x4.sqrt(second), epsilon)));
  v128.store(w, flush(moved));
}

/**
 * One step over a dense parameter of n numbers (buffers padded to sixteen bytes). `step` and `epsilon` hold the bias
 * corrections: step = rate sqrt(1 - 0.999^t) / (1 - 0.9^t), epsilon = 1e-8 sqrt(1 - 0.999^t).
 */
export function adam(n: i32, w: usize, m: usize, v: usize, g: usize, step: f32, epsilon: f32, decay: f32): void {
  const s = splat(step), e = splat(epsilon), d = splat(decay);
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    update(w + k, m + k, v + k, f32x4.add(v128.load(g + k), f32x4.mul(d, v128.load(w + k))), s, e);
  }
}

/** Rows that are fetched together. */
const AHEAD = 16;

/** Keeps the loads of `touchRows` from being optimized away. */
let touched: i32 = 0;

/**
 * Reads a word of every cache line of the next rows, so that the waits for memory overlap: rows lie anywhere, and the arithmetic of one is
 * longer than a processor looks ahead.
 */
// @ts-ignore: decorator
@inline
function touchRows(count: i32, bytes: usize, rows: usize, w: usize, m: usize, v: usize): void {
  let sum = 0;
  for (let r = 0; r < count; r++) {
    const offset = <usize>load<i32>(rows + (<usize>r << 2)) * bytes;
    for (let k = offset; k < offset + bytes; k += 64) sum += load<i32>(w + k) + load<i32>(m + k) + load<i32>(v + k);
  }
  touched = sum;
}

/**
 * One lazy step over the rows of a table. g[count, width] holds the summed gradient of each distinct row; its decay is
 * `decay` times the number of uses of the row in the batch.
 */
export function adamRows(
  count: i32, width: i32, rows: usize, uses: usize, w: usize, m: usize, v: usize, g: usize, step: f32, epsilon: f32, decay: f32,
): void {
  const bytes = <usize>width << 2;
  const s = splat(step), e = splat(epsilon);
  for (let r = 0; r < count; r++, g += bytes) {
    if (r % AHEAD == 0) touchRows(min(AHEAD, count - r), bytes, rows + (<usize>r << 2), w, m, v);
    const offset = <usize>load<i32>(rows + (<usize>r << 2)) * bytes;
    const rowDecay = decay * <f32>load<i32>(uses + (<usize>r << 2));
    const d = splat(rowDecay);
    let k: usize = 0;
    for (; k + 16 <= bytes; k += 16) {
      const at = offset + k;
      const gradient = f32x4.add(v128.load(g + k), f32x4.mul(d, v128.load(w + at)));
      update(w + at, m + at, v + at, gradient, s, e);
    }
    for (; k < bytes; k += 4) updateOne(w + offset + k, m + offset + k, v + offset + k, load<f32>(g + k), rowDecay, step, epsilon);
  }
}

// @ts-ignore: decorator
@inline
function flushOne(x: f32): f32 {
  return abs<f32>(x) < SMALLEST ? 0 : x;
}

/** `update` for one number. */
// @ts-ignore: decorator
@inline
function updateOne(w: usize, m: usize, v: usize, gradient: f32, decay: f32, step: f32, epsilon: f32): void {
  const weight = load<f32>(w);
  const g = flushOne(gradient + decay * weight);
  const first = flushOne(<f32>0.9 * load<f32>(m) + <f32>0.1 * g);
  const squares: f32 = <f32>0.999 * load<f32>(v) + <f32>0.001 * (g * g);
  const second = squares < SMALLEST_SQUARE ? SMALLEST_SQUARE : squares;
  store<f32>(m, first);
  store<f32>(v, second);
  store<f32>(w, flushOne(weight - (step * first) / (sqrt<f32>(second) + epsilon)));
}
