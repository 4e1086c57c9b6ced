/** Layer normalization (Ba, Kiros, Hinton 2016): rows to mean 0 and variance 1, then a gain and a bias for each column. */
import { sumLanes } from './vector';

const EPSILON: f32 = 1e-5;

/** out = (x - mean) / deviation * gain + bias; stats[rows, 2] keeps mean and 1 / deviation for the adjoint. */
export function layerNorm(rows: i32, width: i32, x: usize, gain: usize, bias: usize, out: usize, stats: usize): void {
  const bytes = <usize>width << 2;
  let r = 0;
  if ((width & 3) == 0) {
    for (; r + 4 <= rows; r += 4, x += 4 * bytes, out += 4 * bytes, stats += 32) fourRows(width, bytes, x, gain, bias, out, stats);
  }
  for (; r < rows; r++, x += bytes, out += bytes, stats += 8) {
    const mean = sumOf(bytes, x) / <f32>width;
    const inverse: f32 = <f32>1 / sqrt<f32>(squaresOf(bytes, x, mean) / <f32>width + EPSILON);
    store<f32>(stats, mean);
    store<f32>(stats, inverse, 4);
    const m = f32x4.splat(mean), s = f32x4.splat(inverse);
    let k: usize = 0;
    for (; k + 16 <= bytes; k += 16) {
      const normal = f32x4.mul(f32x4.sub(v128.load(x + k), m), s);
      v128.store(out + k, f32x4.add(f32x4.mul(normal, v128.load(gain + k)), v128.load(bias + k)));
    }
    for (; k < bytes; k += 4) store<f32>(out + k, (load<f32>(x + k) - mean) * inverse * load<f32>(gain + k) + load<f32>(bias + k));
  }
}

/** `layerNorm` of four rows of whole vectors, whose roots and divisions are taken together; the same bits. */
// @ts-ignore: decorator
@inline
function fourRows(width: i32, bytes: usize, x: usize, gain: usize, bias: usize, out: usize, stats: usize): void {
  const x1 = x + bytes, x2 = x1 + bytes, x3 = x2 + bytes;
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (let k: usize = 0; k < bytes; k += 16) {
    s0 = f32x4.add(s0, v128.load(x + k));
    s1 = f32x4.add(s1, v128.load(x1 + k));
    s2 = f32x4.add(s2, v128.load(x2 + k));
    s3 = f32x4.add(s3, v128.load(x3 + k));
  }
  const count = f32x4.splat(<f32>width);
  const mean = f32x4.div(sumsOfLanes(s0, s1, s2, s3), count);
  const m0 = v128.shuffle<u32>(mean, mean, 0, 0, 0, 0), m1 = v128.shuffle<u32>(mean, mean, 1, 1, 1, 1);
  const m2 = v128.shuffle<u32>(mean, mean, 2, 2, 2, 2), m3 = v128.shuffle<u32>(mean, mean, 3, 3, 3, 3);
  s0 = s1 = s2 = s3 = f32x4.splat(0);
  for (let k: usize = 0; k < bytes; k += 16) {
    const d0 = f32x4.sub(v128.load(x + k), m0), d1 = f32x4.sub(v128.load(x1 + k), m1);
    const d2 = f32x4.sub(v128.load(x2 + k), m2), d3 = f32x4.sub(v128.load(x3 + k), m3);
    s0 = f32x4.add(s0, f32x4.mul(d0, d0));
    s1 = f32x4.add(s1, f32x4.mul(d1, d1));
    s2 = f32x4.add(s2, f32x4.mul(d2, d2));
    s3 = f32x4.add(s3, f32x4.mul(d3, d3));
  }
  const variance = f32x4.div(sumsOfLanes(s0, s1, s2, s3), count);
  const inverse = f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(variance, f32x4.splat(EPSILON))));
  v128.store(stats, v128.shuffle<u32>(mean, inverse, 0, 4, 1, 5));
  v128.store(stats, v128.shuffle<u32>(mean, inverse, 2, 6, 3, 7), 16);
  const i0 = v128.shuffle<u32>(inverse, inverse, 0, 0, 0, 0), i1 = v128.shuffle<u32>(inverse, inverse, 1, 1, 1, 1);
  const i2 = v128.shuffle<u32>(inverse, inverse, 2, 2, 2, 2), i3 = v128.shuffle<u32>(inverse, inverse, 3, 3, 3, 3);
  const o1 = out + bytes, o2 = o1 + bytes, o3 = o2 + bytes;
  for (let k: usize = 0; k < bytes; k += 16) {
    const w = v128.load(gain + k), b = v128.load(bias + k);
    v128.store(out + k, f32x4.add(f32x4.mul(f32x4.mul(f32x4.sub(v128.load(x + k), m0), i0), w), b));
    v128.store(o1 + k, f32x4.add(f32x4.mul(f32x4.mul(f32x4.sub(v128.load(x1 + k), m1), i1), w), b));
    v128.store(o2 + k, f32x4.add(f32x4.mul(f32x4.mul(f32x4.sub(v128.load(x2 + k), m2), i2), w), b));
    v128.store(o3 + k, f32x4.add(f32x4.mul(f32x4.mul(f32x4.sub(v128.load(x3 + k), m3), i3), w), b));
  }
}

/** `sumLanes` of four vectors. */
// @ts-ignore: decorator
@inline
function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab0 = v128.shuffle<u32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<u32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  return f32x4.add(
    f32x4.add(v128.shuffle<u32>(ab0, cd0, 0, 1, 4, 5), v128.shuffle<u32>(ab0, cd0, 2, 3, 6, 7)),
    f32x4.add(v128.shuffle<u32>(ab1, cd1, 0, 1, 4, 5), v128.shuffle<u32>(ab1, cd1, 2, 3, 6, 7)),
  );
}

/**
 * Adds the gradients for upstream g. With n the normalized row and d = g gain: gx += (d - mean d - n mean(d n)) / deviation,
 * ggain += g n, gbias += g. `scratch` holds 2 rows.
 */
export function layerNormAdjoint(
  rows: i32, width: i32, g: usize, x: usize, gain: usize, stats: usize, gx: usize, ggain: usize, gbias: usize, scratch: usize,
): void {
  const bytes = <usize>width << 2;
  const normal = scratch, d = scratch + bytes;
  for (let r = 0; r < rows; r++, g += bytes, x += bytes, gx += bytes, stats += 8) {
    const mean = load<f32>(stats), inverse = load<f32>(stats, 4);
    const m = f32x4.splat(mean), s = f32x4.splat(inverse);
    let sums = f32x4.splat(0), products = f32x4.splat(0);
    let k: usize = 0;
    for (; k + 16 <= bytes; k += 16) {
      const up = v128.load(g + k);
      const n = f32x4.mul(f32x4.sub(v128.load(x + k), m), s);
      const dk = f32x4.mul(up, v128.load(gain + k));
      v128.store(normal + k, n);
      v128.store(d + k, dk);
      sums = f32x4.add(sums, dk);
      products = f32x4.add(products, f32x4.mul(dk, n));
      v128.store(ggain + k, f32x4.add(v128.load(ggain + k), f32x4.mul(up, n)));
      v128.store(gbias + k, f32x4.add(v128.load(gbias + k), up));
    }
    let sum = sumLanes(sums), product = sumLanes(products);
    for (; k < bytes; k += 4) {
      const up = load<f32>(g + k);
      const n = (load<f32>(x + k) - mean) * inverse;
      const dk = up * load<f32>(gain + k);
      store<f32>(normal + k, n);
      store<f32>(d + k, dk);
      sum += dk;
      product += dk * n;
      store<f32>(ggain + k, load<f32>(ggain + k) + up * n);
      store<f32>(gbias + k, load<f32>(gbias + k) + up);
    }
    sum /= <f32>width;
    product /= <f32>width;
    const meanSplat = f32x4.splat(sum), productSplat = f32x4.splat(product);
    for (k = 0; k + 16 <= bytes; k += 16) {
      const rest = f32x4.sub(f32x4.sub(v128.load(d + k), meanSplat), f32x4.mul(v128.load(normal + k), productSplat));
      v128.store(gx + k, f32x4.add(v128.load(gx + k), f32x4.mul(s, rest)));
    }
    for (; k < bytes; k += 4) {
      store<f32>(gx + k, load<f32>(gx + k) + inverse * (load<f32>(d + k) - sum - load<f32>(normal + k) * product));
    }
  }
}

// @ts-ignore: decorator
@inline
function sumOf(bytes: usize, x: usize): f32 {
  let sums = f32x4.splat(0);
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) sums = f32x4.add(sums, v128.load(x + k));
  let sum = sumLanes(sums);
  for (; k < bytes; k += 4) sum += load<f32>(x + k);
  return sum;
}

/** Sum of (x - mean)^2. */
// @ts-ignore: decorator
@inline
function squaresOf(bytes: usize, x: usize, mean: f32): f32 {
  const m = f32x4.splat(mean);
  let sums = f32x4.splat(0);
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) {
    const d = f32x4.sub(v128.load(x + k), m);
    sums = f32x4.add(sums, f32x4.mul(d, d));
  }
  let sum = sumLanes(sums);
  for (; k < bytes; k += 4) sum += (load<f32>(x + k) - mean) * (load<f32>(x + k) - mean);
  return sum;
}
