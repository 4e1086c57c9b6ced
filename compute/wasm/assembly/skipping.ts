/**
 * Exact Bernoulli draws for one user without visiting every item: items lie in blocks, each with a bound on its log-probabilities; under the
 * bounds an exponential clock jumps from candidate to candidate, and each is then kept with its exact probability over the bound's (thinning,
 * Lewis and Shedler 1979). Items are drawn independently with their own probabilities, as if all were visited.
 */
import { expOfNegative, splat } from './vector';
import { philox, word0, word1, word2, word3 } from './philox';
import { firstLog, firstLogBound, secondLog } from './exposure';

/** Blocks whose bound is above this are visited item by item. */
const DENSE: f32 = 0.25;
/** -ln(1 - p) is at most this times p, up to DENSE. */
const STEEPNESS: f32 = 1.16;
/** Bounds are sums of rounded numbers: this much is added. */
const MARGIN: f32 = 1e-3;

/**
 * Candidates of one user: item j of block b, at place starts[b] + j of `order`, comes up independently with a probability limit that is at
 * least its own. products[m] is x times each block's centre, so that a logit is at most products + norm radii + biases. Writes items and
 * limits; returns how many. `scratch` holds m numbers rounded up to four.
 */
export function skipCandidates(
  m: i32, products: usize, radii: usize, biases: usize, norm: f32, shift: f32, power: f32, noise: f32, first: f32, extra: usize, second: f32,
  starts: usize, order: usize, scratch: usize, user: u32, stream: u32, k0: u32, k1: u32, items: usize, limits: usize,
): i32 {
  const s = splat(shift + MARGIN), p = splat(power), e = splat(noise), c1 = splat(first), c2 = splat(second + MARGIN), r = splat(norm);
  for (let k: usize = 0; k < <usize>m << 2; k += 16) {
    const logit = f32x4.add(f32x4.add(v128.load(products + k), f32x4.mul(r, v128.load(radii + k))), v128.load(biases + k));
    let x = firstLogBound(logit, s, p, e, c1);
    if (extra != 0) x = secondLog(x, v128.load(extra + k), c2);
    v128.store(scratch + k, expOfNegative(f32x4.pmin(x, splat(0))));
  }
  let count: usize = 0;
  let passed: f64 = 0; // the clock's time at which the current block begins
  let next: f64 = 0; // the time of the next candidate
  let draw: u32 = 0;
  next = exponential(draw++, user, stream, k0, k1);
  for (let b = 0; b < m; b++) {
    const at = <usize>b << 2;
    const from = load<i32>(starts + at), size = load<i32>(starts + at, 4) - from;
    const limit = load<f32>(scratch + at);
    if (limit > DENSE) {
      for (let j = 0; j < size; j++, count++) {
        store<i32>(items + (count << 2), load<i32>(order + (<usize>(from + j) << 2)));
        store<f32>(limits + (count << 2), 1);
      }
      continue;
    }
    const rate = <f64>(limit * STEEPNESS);
    const end = passed + rate * <f64>size;
    if (next < end) {
      const reached = <f32>(1 - Math.exp(-rate));
      let last = -1;
      while (next < end) {
        let j = <i32>((next - passed) / rate);
        if (j >= size) j = size - 1;
        if (j != last) {
          store<i32>(items + (count << 2), load<i32>(order + (<usize>(from + j) << 2)));
          store<f32>(limits + (count << 2), reached);
          count++;
          last = j;
        }
        next += exponential(draw++, user, stream, k0, k1);
      }
    }
    passed = end;
  }
  return <i32>count;
}

/** -ln of the draw-th uniform number in (0, 1) of a user. */
// @ts-ignore: decorator
@inline
function exponential(draw: u32, user: u32, stream: u32, k0: u32, k1: u32): f64 {
  philox(draw >> 2, user, stream, 0, k0, k1);
  const which = draw & 3;
  const word = which == 0 ? word0 : which == 1 ? word1 : which == 2 ? word2 : word3;
  return -Math.log((<f64>word + 0.5) / 4294967296.0);
}

let capped: i32 = 0;

/**
 * Keeps each candidate with its exact probability over its limit. `logits`, `noise` and `extra` (or 0) belong to the listed items, one
 * after another, padded to four. Moves the kept items to the front, writes their probabilities, returns how many.
 */
export function keepCandidates(
  count: i32, items: usize, limits: usize, logits: usize, shift: f32, power: f32, noise: usize, first: f32, extra: usize, second: f32,
  user: u32, stream: u32, k0: u32, k1: u32, probabilities: usize,
): i32 {
  const s = splat(shift), p = splat(power), c1 = splat(first), c2 = splat(second), zero = splat(0);
  capped = 0;
  let kept: usize = 0;
  for (let j = 0; j < count; j += 4) {
    const at = <usize>j << 2;
    let x = firstLog(v128.load(logits + at), s, p, v128.load(noise + at), c1);
    if (extra != 0) x = secondLog(x, v128.load(extra + at), c2);
    const over = i32x4.bitmask(f32x4.ge(x, zero));
    const probability = expOfNegative(f32x4.pmin(x, zero));
    // Written where it is read next: limits are not needed beyond this block of four.
    const l0 = load<f32>(limits + at), l1 = load<f32>(limits + at, 4), l2 = load<f32>(limits + at, 8), l3 = load<f32>(limits + at, 12);
    for (let lane = 0; lane < 4 && j + lane < count; lane++) {
      const item = load<u32>(items + at + (<usize>lane << 2));
      const limit = lane == 0 ? l0 : lane == 1 ? l1 : lane == 2 ? l2 : l3;
      const own = lane == 0 ? f32x4.extract_lane(probability, 0) : lane == 1 ? f32x4.extract_lane(probability, 1)
        : lane == 2 ? f32x4.extract_lane(probability, 2) : f32x4.extract_lane(probability, 3);
      capped += (over >> lane) & 1;
      philox(item, user, stream, 0, k0, k1);
      if (<f64>word0 * <f64>limit < <f64>own * 4294967296.0) {
        store<u32>(items + (kept << 2), item);
        store<f32>(probabilities + (kept << 2), own);
        kept++;
      }
    }
  }
  return <i32>kept;
}

/** How many of the last candidates have probability 1: all pairs that do, since a bound is at least what it bounds. */
export function lastCappedCandidates(): i32 {
  return capped;
}
