/**
 * Four-lane exp, log, sigmoid, softplus, sine and cosine in single precision. Only IEEE basic operations are used, so
 * every machine gives the same bits. pmin and pmax are one instruction each and let NaN in the first operand through. The
 * polynomials are the Cephes library's minimax fits for float (S. Moshier).
 * Largest errors, over every seventh float (`npm run bench -- ulp`): exp 0.99, log 0.82, sigmoid 2.49 units of the last place.
 */

// @ts-ignore: decorator
@inline
export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/**
 * Constants lie in memory, because engines make a splatted immediate anew at each use, at the price of three instructions.
 */
export const LOG2_E: usize = memory.data<f32>([1.44269504088896341]);
const HALF: usize = memory.data<f32>([0.5]);
export const ROUNDER: usize = memory.data<f32>([12582912]);
export const LEAST_EXPONENT: usize = memory.data<f32>([-86]);
export const LN2_HIGH: usize = memory.data<f32>([0.693359375]);
export const LN2_LOW: usize = memory.data<f32>([-2.12194440e-4]);
export const EXP_5: usize = memory.data<f32>([1.9875691500e-4]);
export const EXP_4: usize = memory.data<f32>([1.3981999507e-3]);
export const EXP_3: usize = memory.data<f32>([8.3334519073e-3]);
export const EXP_2: usize = memory.data<f32>([4.1665795894e-2]);
export const EXP_1: usize = memory.data<f32>([1.6666665459e-1]);
export const EXP_0: usize = memory.data<f32>([5.0000001201e-1]);
const ONE: usize = memory.data<f32>([1]);
const EXP_MOST: usize = memory.data<f32>([89]);
const EXP_LEAST: usize = memory.data<f32>([-88]);
const EXP_ZERO: usize = memory.data<f32>([-87.33654]);
const LOG_8: usize = memory.data<f32>([7.0376836292e-2]);
const LOG_7: usize = memory.data<f32>([-1.1514610310e-1]);
const LOG_6: usize = memory.data<f32>([1.1676998740e-1]);
const LOG_5: usize = memory.data<f32>([-1.2420140846e-1]);
const LOG_4: usize = memory.data<f32>([1.4249322787e-1]);
const LOG_3: usize = memory.data<f32>([-1.6668057665e-1]);
const LOG_2: usize = memory.data<f32>([2.0000714765e-1]);
const LOG_1: usize = memory.data<f32>([-2.4999993993e-1]);
const LOG_0: usize = memory.data<f32>([3.3333331174e-1]);
const SQRT_HALF: usize = memory.data<f32>([0.707106781186547524]);
const LEAST_NORMAL: usize = memory.data<f32>([1.17549435e-38]);
const TWO_TO_23: usize = memory.data<f32>([8388608]);
const LN_TWO_TO_23: usize = memory.data<f32>([15.942385152878742]);
const SQRT_TWO_LESS_ONE: usize = memory.data<f32>([0.414213562373095049]);
const SINE_2: usize = memory.data<f32>([-1.9515295891e-4]);
const SINE_1: usize = memory.data<f32>([8.3321608736e-3]);
const SINE_0: usize = memory.data<f32>([-1.6666654611e-1]);
const COSINE_2: usize = memory.data<f32>([2.443315711809948e-5]);
const COSINE_1: usize = memory.data<f32>([-1.388731625493765e-3]);
const COSINE_0: usize = memory.data<f32>([4.166664568298827e-2]);
const FOUR: usize = memory.data<f32>([4]);
const HALF_PI: usize = memory.data<f32>([1.57079632679489662]);

/** A constant in all four lanes. */
// @ts-ignore: decorator
@inline
export function constant(address: usize): v128 {
  return v128.load32_splat(address);
}

// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

/** 2^n for integer lanes n in [-126, 127]. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** Whole powers of two in x / ln 2, to the nearest. */
// @ts-ignore: decorator
@inline
function wholePowers(x: v128): v128 {
  return f32x4.floor(multiplyAdd(x, constant(LOG2_E), constant(HALF)));
}

/** e^(x - whole ln 2), between 2^-1/2 and 2^1/2. */
// @ts-ignore: decorator
@inline
function expOfRest(x: v128, whole: v128): v128 {
  // ln 2 in two parts, so that the first product is exact.
  let r = f32x4.sub(x, f32x4.mul(whole, constant(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(whole, constant(LN2_LOW)));
  let p = multiplyAdd(constant(EXP_5), r, constant(EXP_4));
  p = multiplyAdd(p, r, constant(EXP_3));
  p = multiplyAdd(p, r, constant(EXP_2));
  p = multiplyAdd(p, r, constant(EXP_1));
  p = multiplyAdd(p, r, constant(EXP_0));
  return f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), constant(ONE));
}

/** e^x; 0 below -87.33 (no subnormals), infinity above 88.72, NaN for NaN. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const clamped = f32x4.pmax(f32x4.pmin(x, constant(EXP_MOST)), constant(EXP_LEAST));
  const whole = wholePowers(clamped);
  // Two factors, because 2^128 and 2^-127 do not fit into one.
  const n = i32x4.trunc_sat_f32x4_s(whole);
  const half = i32x4.shr_s(n, 1);
  const y = f32x4.mul(f32x4.mul(expOfRest(clamped, whole), powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half)));
  return v128.andnot(y, f32x4.lt(x, constant(EXP_ZERO)));
}

/** e^x for x at most 0, in fewer steps; the same bits as `exp`. */
// @ts-ignore: decorator
@inline
export function expOfNegative(x: v128): v128 {
  const clamped = f32x4.pmax(x, constant(EXP_ZERO));
  const whole = wholePowers(clamped);
  const y = f32x4.mul(expOfRest(clamped, whole), powerOfTwo(i32x4.trunc_sat_f32x4_s(whole)));
  return v128.andnot(y, f32x4.lt(x, constant(EXP_ZERO)));
}

/** log(1 + r) for 1 + r in [sqrt(1/2), sqrt(2)], plus e ln 2. */
// @ts-ignore: decorator
@inline
function logNearOne(r: v128, e: v128): v128 {
  const z = f32x4.mul(r, r);
  let p = multiplyAdd(constant(LOG_8), r, constant(LOG_7));
  p = multiplyAdd(p, r, constant(LOG_6));
  p = multiplyAdd(p, r, constant(LOG_5));
  p = multiplyAdd(p, r, constant(LOG_4));
  p = multiplyAdd(p, r, constant(LOG_3));
  p = multiplyAdd(p, r, constant(LOG_2));
  p = multiplyAdd(p, r, constant(LOG_1));
  p = multiplyAdd(p, r, constant(LOG_0));
  let y = f32x4.mul(f32x4.mul(r, z), p);
  y = multiplyAdd(e, constant(LN2_LOW), y);
  y = f32x4.sub(y, f32x4.mul(z, constant(HALF)));
  return f32x4.add(f32x4.add(r, y), f32x4.mul(e, constant(LN2_HIGH)));
}

/**
 * e^x for x at most 0, as near as `expOfNegative`, in still fewer steps; 0 below `least`, -86. Adding 1.5 x 2^23, `rounder`, rounds to whole
 * numbers and leaves them in the lowest bits, from where they are added to the exponent. All constants are given, for loops.
 */
// @ts-ignore: decorator
@inline
export function expBelow(
  x: v128, log2e: v128, rounder: v128, high: v128, low: v128, p5: v128, p4: v128, p3: v128, p2: v128, p1: v128, p0: v128, one: v128, least: v128,
): v128 {
  const rounded = multiplyAdd(x, log2e, rounder);
  const whole = f32x4.sub(rounded, rounder);
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(whole, high)), f32x4.mul(whole, low));
  let p = multiplyAdd(p5, r, p4);
  p = multiplyAdd(p, r, p3);
  p = multiplyAdd(p, r, p2);
  p = multiplyAdd(p, r, p1);
  p = multiplyAdd(p, r, p0);
  p = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), one);
  return v128.andnot(i32x4.add(p, i32x4.shl(rounded, 23)), f32x4.lt(x, least));
}

/** Natural logarithm of positive normal numbers. */
// @ts-ignore: decorator
@inline
export function logOfNormal(x: v128): v128 {
  const exponent = i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(126));
  // Mantissa in [0.5, 1), then moved to [sqrt(1/2), sqrt(2)) around 1.
  const mantissa = v128.or(v128.and(x, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000));
  const low = f32x4.lt(mantissa, constant(SQRT_HALF));
  const e = f32x4.convert_i32x4_s(i32x4.add(exponent, low)); // `low` is -1 where true
  const r = f32x4.add(f32x4.sub(mantissa, constant(ONE)), v128.and(mantissa, low));
  return logNearOne(r, e);
}

/** Natural logarithm; -infinity at 0, NaN below it; subnormals are exact inputs too. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const subnormal = f32x4.lt(x, constant(LEAST_NORMAL));
  const scaled = v128.bitselect(f32x4.mul(x, constant(TWO_TO_23)), x, subnormal);
  const shift = v128.and(subnormal, constant(LN_TWO_TO_23)); // 23 ln 2
  let y = f32x4.sub(logOfNormal(scaled), shift);
  y = v128.bitselect(splat(f32.NEGATIVE_INFINITY), y, f32x4.eq(x, splat(0)));
  const outside = v128.or(f32x4.lt(x, splat(0)), f32x4.ne(x, x));
  y = v128.bitselect(splat(f32.NaN), y, outside);
  return v128.bitselect(x, y, f32x4.eq(x, splat(f32.POSITIVE_INFINITY)));
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(constant(ONE), f32x4.add(constant(ONE), exp(f32x4.neg(x))));
}

/** log(1 + t) for t in [0, 1]; t itself is never rounded away by the 1. */
// @ts-ignore: decorator
@inline
function logOnePlus(t: v128): v128 {
  const large = f32x4.gt(t, constant(SQRT_TWO_LESS_ONE));
  const r = v128.bitselect(f32x4.mul(f32x4.sub(t, constant(ONE)), constant(HALF)), t, large); // (1 + t) / 2 - 1
  return logNearOne(r, v128.and(large, constant(ONE)));
}

/** log(1 + e^x), without overflow. -softplus(-x) is log sigmoid(x). */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  const tail = logOnePlus(expOfNegative(f32x4.neg(f32x4.abs(x))));
  return f32x4.add(f32x4.pmax(x, splat(0)), tail);
}

// @ts-ignore: decorator
@inline
function sineNearZero(r: v128): v128 {
  const z = f32x4.mul(r, r);
  let p = multiplyAdd(constant(SINE_2), z, constant(SINE_1));
  p = multiplyAdd(p, z, constant(SINE_0));
  return multiplyAdd(f32x4.mul(r, z), p, r);
}

// @ts-ignore: decorator
@inline
function cosineNearZero(r: v128): v128 {
  const z = f32x4.mul(r, r);
  let p = multiplyAdd(constant(COSINE_2), z, constant(COSINE_1));
  p = multiplyAdd(p, z, constant(COSINE_0));
  return f32x4.add(f32x4.sub(f32x4.mul(f32x4.mul(z, z), p), f32x4.mul(z, constant(HALF))), constant(ONE));
}

/** Results of the last call of `sineAndCosine`. */
export let sine: v128 = f32x4.splat(0);
export let cosine: v128 = f32x4.splat(0);

/** sin and cos of 2 pi u, u in [0, 1], from the nearest quarter turn and the rest of at most pi / 4. */
// @ts-ignore: decorator
@inline
export function sineAndCosine(u: v128): void {
  const turns = f32x4.mul(u, constant(FOUR));
  const quarter = f32x4.nearest(turns);
  const q = i32x4.trunc_sat_f32x4_s(quarter);
  const r = f32x4.mul(f32x4.sub(turns, quarter), constant(HALF_PI));
  const s = sineNearZero(r), c = cosineNearZero(r);
  const odd = i32x4.ne(v128.and(q, i32x4.splat(1)), i32x4.splat(0));
  sine = v128.xor(v128.bitselect(c, s, odd), i32x4.shl(v128.and(q, i32x4.splat(2)), 30));
  cosine = v128.xor(v128.bitselect(s, c, odd), i32x4.shl(v128.and(i32x4.add(q, i32x4.splat(1)), i32x4.splat(2)), 30));
}

/** Sum of the four lanes, in a fixed order. */
// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  );
}

/** Sum of a[k] b[k] over `bytes` bytes: lanes apart, then together, then what is beyond whole vectors. */
// @ts-ignore: decorator
@inline
export function dot(bytes: usize, a: usize, b: usize): f32 {
  let sums = f32x4.splat(0);
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) sums = f32x4.add(sums, f32x4.mul(v128.load(a + k), v128.load(b + k)));
  let sum = sumLanes(sums);
  for (; k < bytes; k += 4) sum += load<f32>(a + k) * load<f32>(b + k);
  return sum;
}
