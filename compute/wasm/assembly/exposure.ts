/**
 * One user's row of the simulation: log-probabilities of exposure for all items, and Bernoulli draws from them. Rows are
 * padded to sixteen items; what lies beyond n is computed and ignored.
 */
import { cosineOfTurns, exp, log, sigmoid, sineOfTurns, softplus, splat, sumLanes } from './vector';
import { drawColumns, philox, vector0, vector1, vector2, vector3, word0, word1, word2, word3, wordAt } from './philox';
import { radius, unit } from './random';

/** Lanes of the vector at column k (in bytes) that stand before column n. */
// @ts-ignore: decorator
@inline
function inside(k: usize, n: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4.splat(<i32>(k >> 2)), i32x4(0, 1, 2, 3)), i32x4.splat(n));
}

// @ts-ignore: decorator
@inline
function countTrue(mask: v128): i32 {
  return popcnt<i32>(i32x4.bitmask(mask));
}

/**
 * out = min(0, power log sigmoid(logit + shift) + noise + constant): PAPER section 2, step 2. `noise` may be 0 (none).
 * Returns how many of the n were capped.
 */
export function logExposure(
  n: i32, logits: usize, shift: f32, power: f32, noise: usize, constant: f32, out: usize,
): i32 {
  let capped = 0;
  const s = splat(shift), p = splat(power), c = splat(constant), zero = splat(0);
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    let x = f32x4.mul(p, f32x4.neg(softplus(f32x4.neg(f32x4.add(v128.load(logits + k), s)))));
    if (noise != 0) x = f32x4.add(x, v128.load(noise + k));
    x = f32x4.add(x, c);
    capped += countTrue(v128.and(f32x4.gt(x, zero), inside(k, n)));
    v128.store(out + k, f32x4.pmin(x, zero));
  }
  return capped;
}

/** out = min(0, logs + extra + constant): step 6. `extra` may be 0 (none). Returns how many were capped. */
export function shiftAndCap(n: i32, logs: usize, extra: usize, constant: f32, out: usize): i32 {
  let capped = 0;
  const c = splat(constant), zero = splat(0);
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    let x = f32x4.add(v128.load(logs + k), c);
    if (extra != 0) x = f32x4.add(x, v128.load(extra + k));
    capped += countTrue(v128.and(f32x4.gt(x, zero), inside(k, n)));
    v128.store(out + k, f32x4.pmin(x, zero));
  }
  return capped;
}

/** sums[0] = sum of e^logs, sums[1] = the part of it that is below the cap of 0, as float64. */
export function expectedCount(n: i32, logs: usize, sums: usize): void {
  const zero = splat(0);
  let total = splat(0), free = splat(0);
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    const x = v128.load(logs + k);
    const p = v128.and(exp(x), inside(k, n));
    total = f32x4.add(total, p);
    free = f32x4.add(free, v128.and(p, f32x4.lt(x, zero)));
  }
  store<f64>(sums, <f64>sumLanes(total));
  store<f64>(sums, <f64>sumLanes(free), 8);
}

/** Words below probability * 2^32: true with that probability, to within 2^-32. */
// @ts-ignore: decorator
@inline
function below(words: v128, probability: v128): v128 {
  return i32x4.lt_u(words, i32x4.trunc_sat_f32x4_u(f32x4.mul(probability, splat(4294967296))));
}

let drawn: i32 = 0;

// @ts-ignore: decorator
@inline
function appendTrue(words: v128, k: usize, n: i32, logs: usize, items: usize, probabilities: usize, total: v128): v128 {
  const live = inside(k, n);
  const p = v128.and(exp(v128.load(logs + k)), live);
  let mask = i32x4.bitmask(v128.and(below(words, p), live));
  if (mask != 0) {
    const first = <i32>(k >> 2);
    const at = logs + k;
    while (mask != 0) {
      const lane = ctz(mask);
      mask &= mask - 1;
      const to = <usize>drawn << 2;
      store<i32>(items + to, first + lane);
      store<f32>(probabilities + to, load<f32>(at + (<usize>lane << 2)));
      drawn++;
    }
  }
  return f32x4.add(total, p);
}

/**
 * Draws O ~ Bernoulli(e^logs) for every item of one user. Writes the drawn items in order with their probabilities and the
 * row's expected count (float64); returns how many were drawn.
 */
export function drawExposures(
  n: i32, logs: usize, user: u32, stream: u32, k0: u32, k1: u32, items: usize, probabilities: usize, expected: usize,
): i32 {
  drawn = 0;
  let total = splat(0);
  for (let c = 0; c < n; c += 16) {
    drawColumns(c, user, stream, 0, k0, k1);
    const w0 = vector0, w1 = vector1, w2 = vector2, w3 = vector3;
    const k = <usize>c << 2;
    total = appendTrue(w0, k, n, logs, items, probabilities, total);
    total = appendTrue(w1, k + 16, n, logs, items, probabilities, total);
    total = appendTrue(w2, k + 32, n, logs, items, probabilities, total);
    total = appendTrue(w3, k + 48, n, logs, items, probabilities, total);
  }
  for (let d: usize = 0; d < <usize>drawn << 2; d += 16) v128.store(probabilities + d, exp(v128.load(probabilities + d)));
  store<f64>(expected, <f64>sumLanes(total));
  return drawn;
}

/** out[j] = 1 where Bernoulli(probabilities[j]) came up for (user, items[j]), else 0. */
export function drawListed(
  count: i32, items: usize, probabilities: usize, user: u32, stream: u32, k0: u32, k1: u32, out: usize,
): void {
  for (let j: usize = 0; j < <usize>count << 2; j += 4) {
    const word = wordAt(load<u32>(items + j), user, stream, 0, k0, k1);
    const threshold = <u64>(<f64>load<f32>(probabilities + j) * 4294967296.0);
    store<i32>(out + j, i32(<u64>word < threshold));
  }
}

/** The numbers `fillNormal` gives at the listed columns. */
export function normalListed(
  count: i32, columns: usize, row: u32, stream: u32, k0: u32, k1: u32, location: f32, scale: f32, out: usize,
): void {
  for (let j: usize = 0; j < <usize>count << 2; j += 4) {
    const column = load<u32>(columns + j);
    philox(((column >> 4) << 2) | (column & 3), row, stream, 0, k0, k1);
    const which = (column >> 2) & 3;
    const r = radius(i32x4.splat(which < 2 ? word0 : word2));
    const a = unit(i32x4.splat(which < 2 ? word1 : word3));
    const z = f32x4.mul(r, (which & 1) == 0 ? cosineOfTurns(a) : sineOfTurns(a));
    store<f32>(out + j, location + scale * f32x4.extract_lane(z, 0));
  }
}

/** out[j] = integer in [0, bound) for (user, items[j]): word * bound / 2^32, uniform to within bound / 2^32. */
export function integerListed(
  count: i32, items: usize, bound: u32, user: u32, stream: u32, k0: u32, k1: u32, out: usize,
): void {
  for (let j: usize = 0; j < <usize>count << 2; j += 4) {
    const word = wordAt(load<u32>(items + j), user, stream, 0, k0, k1);
    store<u32>(out + j, <u32>((<u64>word * <u64>bound) >> 32));
  }
}

/** out = sigmoid(x - noise): the relevance probability, PAPER section 2, step 1. */
export function sigmoidOfDifference(n: i32, x: usize, noise: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    v128.store(out + k, sigmoid(f32x4.sub(v128.load(x + k), v128.load(noise + k))));
  }
}
