/** Adam (Kingma and Ba 2015) and its lazy form for tables, which touches only the rows of the batch. */
import { splat } from './vector';

// @ts-ignore: decorator
@inline
function update(w: usize, m: usize, v: usize, gradient: v128, step: v128, epsilon: v128): void {
  const first = f32x4.add(f32x4.mul(splat(0.9), v128.load(m)), f32x4.mul(splat(0.1), gradient));
  const second = f32x4.add(f32x4.mul(splat(0.999), v128.load(v)), f32x4.mul(splat(0.001), f32x4.mul(gradient, gradient)));
  v128.store(m, first);
  v128.store(v, second);
  v128.store(w, f32x4.sub(v128.load(w), f32x4.div(f32x4.mul(step, first), f32x4.add(f32x4.sqrt(second), epsilon))));
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
    const offset = <usize>load<i32>(rows + (<usize>r << 2)) * bytes;
    const rowDecay = decay * <f32>load<i32>(uses + (<usize>r << 2));
    const d = splat(rowDecay);
    let k: usize = 0;
    for (; k + 16 <= bytes; k += 16) {
      const at = offset + k;
      const gradient = f32x4.add(v128.load(g + k), f32x4.mul(d, v128.load(w + at)));
      update(w + at, m + at, v + at, gradient, s, e);
    }
    for (; k < bytes; k += 4) {
      const at = offset + k;
      const gradient = load<f32>(g + k) + rowDecay * load<f32>(w + at);
      const first: f32 = <f32>0.9 * load<f32>(m + at) + <f32>0.1 * gradient;
      const second: f32 = <f32>0.999 * load<f32>(v + at) + <f32>0.001 * (gradient * gradient);
      store<f32>(m + at, first);
      store<f32>(v + at, second);
      store<f32>(w + at, load<f32>(w + at) - (step * first) / (sqrt<f32>(second) + epsilon));
    }
  }
}
