/**
 * One user's row of the simulation: log-probabilities of exposure for all items, and Bernoulli draws from them. Rows are
 * padded to sixteen items; what lies beyond n is computed and ignored.
 */
import { cosine, expOfNegative, sigmoid, sine, sineAndCosine, softplus, splat, sumLanes } from './vector';
import { drawColumns, philox, philox4, vector0, vector1, vector2, vector3, word0, word1, word2, word3 } from './philox';
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

/** log p_sim1 before its cap: power log sigmoid(logit + shift) + noise + constant (paper, A.6.3). */
// @ts-ignore: decorator
@inline
export function firstLog(logit: v128, shift: v128, power: v128, noise: v128, constant: v128): v128 {
  const fitted = f32x4.mul(power, f32x4.neg(softplus(f32x4.neg(f32x4.add(logit, shift)))));
  return f32x4.add(f32x4.add(fitted, noise), constant);
}

/** At least `firstLog`, in a tenth of the time: log sigmoid(x) is at most min(0, x). */
// @ts-ignore: decorator
@inline
export function firstLogBound(logit: v128, shift: v128, power: v128, noise: v128, constant: v128): v128 {
  const fitted = f32x4.mul(power, f32x4.pmin(f32x4.add(logit, shift), splat(0)));
  return f32x4.add(f32x4.add(fitted, noise), constant);
}

/** log p_sim2 before its cap, from log p_sim1 before its own (step 6). */
// @ts-ignore: decorator
@inline
export function secondLog(first: v128, extra: v128, constant: v128): v128 {
  return f32x4.add(f32x4.add(f32x4.pmin(first, splat(0)), constant), extra);
}

/**
 * out = min(0, log p_sim1), or, where there is `extra`, e(x, z) of every item, min(0, log p_sim2). Without `extra` the constant
 * `second` must be 0.
 */
export function logExposure(
  n: i32, logits: usize, shift: f32, power: f32, noise: usize, first: f32, extra: usize, second: f32, out: usize,
): void {
  const s = splat(shift), p = splat(power), c1 = splat(first), c2 = splat(second);
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    let x = firstLog(v128.load(logits + k), s, p, v128.load(noise + k), c1);
    if (extra != 0) x = secondLog(x, v128.load(extra + k), c2);
    v128.store(out + k, f32x4.pmin(x, splat(0)));
  }
}

/** sums[0] = sum of e^logs, sums[1] = the part of it that is below the cap of 0, as float64. */
export function expectedCount(n: i32, logs: usize, sums: usize): void {
  const zero = splat(0);
  let total = splat(0), free = splat(0);
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    const x = v128.load(logs + k);
    const p = v128.and(expOfNegative(x), inside(k, n));
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

/**
 * Where the words may be below e^min(0, x) 2^32: never false where they are. 1 + f is at least 2^f, so
 * the bits of a float read as whole and fraction of a power of two give an upper bound, here with a margin for rounding.
 */
// @ts-ignore: decorator
@inline
function mayBeBelow(words: v128, x: v128): v128 {
  const power = f32x4.mul(f32x4.pmax(f32x4.add(f32x4.pmin(x, splat(0)), splat(1e-4)), splat(-80)), splat(12102203.161561485)); // 2^23 / ln 2
  const bound = i32x4.add(i32x4.trunc_sat_f32x4_s(power), i32x4.splat((127 << 23) + 2));
  const upper = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(words, 8)), splat(5.9604644775390625e-8));
  return f32x4.le(upper, bound);
}

let candidates: i32 = 0;
let cappedPairs: i32 = 0;

/**
 * Draws O ~ Bernoulli(e^log p) for every item of one user, with log p as `logExposure` computes it. First a cheap bound picks the
 * few items whose drawn word may be below p, then those are decided exactly. Writes the drawn items in order with their
 * probabilities; returns how many. `words` is scratch; all three buffers hold n rounded up to sixteen.
 */
export function drawExposures(
  n: i32, logits: usize, shift: f32, power: f32, noise: usize, first: f32, extra: usize, second: f32,
  user: u32, stream: u32, k0: u32, k1: u32, items: usize, probabilities: usize, words: usize,
): i32 {
  candidates = 0;
  const s = splat(shift), p = splat(power), c1 = splat(first), c2 = splat(second);
  for (let c = 0; c < n; c += 16) {
    drawColumns(c, user, stream, 0, k0, k1);
    const w0 = vector0, w1 = vector1, w2 = vector2, w3 = vector3;
    const k = <usize>c << 2;
    pickCandidates(w0, k, n, logits, s, p, noise, c1, extra, c2, items, words);
    pickCandidates(w1, k + 16, n, logits, s, p, noise, c1, extra, c2, items, words);
    pickCandidates(w2, k + 32, n, logits, s, p, noise, c1, extra, c2, items, words);
    pickCandidates(w3, k + 48, n, logits, s, p, noise, c1, extra, c2, items, words);
  }
  cappedPairs = 0;
  let drawn = 0;
  for (let j = 0; j < candidates; j += 4) {
    const at = <usize>j << 2;
    const listed = v128.load(items + at);
    const live = inside(at, candidates);
    // Beyond the last candidate stands what was there before: any item will do, since its result is not used.
    const safe = v128.and(listed, live);
    let x = firstLog(gatherLanes(logits, safe), s, p, gatherLanes(noise, safe), c1);
    if (extra != 0) x = secondLog(x, gatherLanes(extra, safe), c2);
    cappedPairs += countTrue(v128.and(f32x4.ge(x, splat(0)), live));
    const probability = expOfNegative(f32x4.pmin(x, splat(0)));
    let mask = i32x4.bitmask(v128.and(below(v128.load(words + at), probability), live));
    v128.store(words + at, probability);
    while (mask != 0) {
      const lane = <usize>ctz(mask) << 2;
      mask &= mask - 1;
      const to = <usize>drawn << 2;
      store<i32>(items + to, load<i32>(items + at + lane));
      store<f32>(probabilities + to, load<f32>(words + at + lane));
      drawn++;
    }
  }
  return drawn;
}

/** How many pairs that the last `drawExposures` decided exactly have probability 1: all that do, since the bound lets them through. */
export function lastCapped(): i32 {
  return cappedPairs;
}

// @ts-ignore: decorator
@inline
function pickCandidates(
  drawnWords: v128, k: usize, n: i32, logits: usize, s: v128, p: v128, noise: usize, c1: v128, extra: usize, c2: v128, items: usize, words: usize,
): void {
  let bound = firstLogBound(v128.load(logits + k), s, p, v128.load(noise + k), c1);
  if (extra != 0) bound = secondLog(bound, v128.load(extra + k), c2);
  let mask = i32x4.bitmask(v128.and(mayBeBelow(drawnWords, bound), inside(k, n)));
  if (mask == 0) return;
  const first = <i32>(k >> 2);
  while (mask != 0) {
    const lane = ctz(mask);
    mask &= mask - 1;
    const to = <usize>candidates << 2;
    store<i32>(items + to, first + lane);
    store<u32>(words + to, laneOf(drawnWords, lane));
    candidates++;
  }
}

/** values[list lane] for each lane. */
// @ts-ignore: decorator
@inline
function gatherLanes(values: usize, list: v128): v128 {
  let out = v128.load32_splat(values + (<usize>i32x4.extract_lane(list, 0) << 2));
  out = v128.load32_lane(values + (<usize>i32x4.extract_lane(list, 1) << 2), out, 1);
  out = v128.load32_lane(values + (<usize>i32x4.extract_lane(list, 2) << 2), out, 2);
  return v128.load32_lane(values + (<usize>i32x4.extract_lane(list, 3) << 2), out, 3);
}

// @ts-ignore: decorator
@inline
function laneOf(x: v128, lane: i32): u32 {
  if (lane == 0) return i32x4.extract_lane(x, 0);
  if (lane == 1) return i32x4.extract_lane(x, 1);
  return lane == 2 ? i32x4.extract_lane(x, 2) : i32x4.extract_lane(x, 3);
}

/**
 * Outcomes of the pairs (user, items[j]) that were shown, from one counter a pair: clicked[j] = 1 with the given
 * probability, to within 2^-32; times[j] an integer in [0, span), uniform to within span / 2^32; parts[j] in [0, 2^24).
 */
export function drawOutcomes(
  count: i32, items: usize, probabilities: usize, user: u32, stream: u32, k0: u32, k1: u32, span: u32, clicked: usize, times: usize, parts: usize,
): void {
  for (let j: usize = 0; j < <usize>count << 2; j += 4) {
    philox(load<u32>(items + j), user, stream, 0, k0, k1);
    store<i32>(clicked + j, i32(<u64>word0 < <u64>(<f64>load<f32>(probabilities + j) * 4294967296.0)));
    store<u32>(times + j, <u32>((<u64>word1 * <u64>span) >> 32));
    store<u32>(parts + j, word2 >>> 8);
  }
}

/** The numbers `fillNormal` gives at the listed columns, four at a time; buffers are padded to sixteen bytes. */
export function normalListed(
  count: i32, columns: usize, row: u32, stream: u32, k0: u32, k1: u32, location: f32, scale: f32, out: usize,
): void {
  const three = i32x4.splat(3);
  for (let j: usize = 0; j < <usize>count << 2; j += 16) {
    const column = v128.load(columns + j);
    const counter = v128.or(i32x4.shl(i32x4.shr_u(column, 4), 2), v128.and(column, three));
    philox4(counter, i32x4.splat(row), i32x4.splat(stream), i32x4.splat(0), k0, k1);
    const which = v128.and(i32x4.shr_u(column, 2), three);
    const late = i32x4.gt_s(which, i32x4.splat(1));
    const r = radius(v128.bitselect(vector2, vector0, late));
    sineAndCosine(unit(v128.bitselect(vector3, vector1, late)));
    const odd = i32x4.eq(v128.and(which, i32x4.splat(1)), i32x4.splat(1));
    const z = f32x4.mul(r, v128.bitselect(sine, cosine, odd));
    v128.store(out + j, f32x4.add(splat(location), f32x4.mul(splat(scale), z)));
  }
}

/** out = sigmoid(x - noise): the relevance probability, paper, A.6.3. */
export function sigmoidOfDifference(n: i32, x: usize, noise: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    v128.store(out + k, sigmoid(f32x4.sub(v128.load(x + k), v128.load(noise + k))));
  }
}

/**
 * out = calibrated logits: with l = logits + shift, curve[0] + curve[1] l + the sum over j < 3 of curve[5 + j] max(0, l - curve[2 + j]). `out` may be
 * `logits`.
 */
export function calibrateLogits(n: i32, logits: usize, shift: f32, curve: usize, out: usize): void {
  const s = splat(shift), zero = splat(0);
  const intercept = v128.load32_splat(curve), slope = v128.load32_splat(curve, 4);
  const k0 = v128.load32_splat(curve, 8), k1 = v128.load32_splat(curve, 12), k2 = v128.load32_splat(curve, 16);
  const b0 = v128.load32_splat(curve, 20), b1 = v128.load32_splat(curve, 24), b2 = v128.load32_splat(curve, 28);
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    const l = f32x4.add(v128.load(logits + k), s);
    let x = f32x4.add(intercept, f32x4.mul(slope, l));
    x = f32x4.add(x, f32x4.mul(b0, f32x4.pmax(f32x4.sub(l, k0), zero)));
    x = f32x4.add(x, f32x4.mul(b1, f32x4.pmax(f32x4.sub(l, k1), zero)));
    x = f32x4.add(x, f32x4.mul(b2, f32x4.pmax(f32x4.sub(l, k2), zero)));
    v128.store(out + k, x);
  }
}
