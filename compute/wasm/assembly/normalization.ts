/** Layer normalization (Ba, Kiros, Hinton 2016): rows to mean 0 and variance 1, then a gain and a bias for each column. */
import { sumLanes } from './vector';

const EPSILON: f32 = 1e-5;

/** out = (x - mean) / deviation * gain + bias; stats[rows, 2] keeps mean and 1 / deviation for the adjoint. */
export function layerNorm(rows: i32, width: i32, x: usize, gain: usize, bias: usize, out: usize, stats: usize): void {
  const bytes = <usize>width << 2;
  for (let r = 0; r < rows; r++, x += bytes, out += bytes, stats += 8) {
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
