/**
 * One number in, one number out. Buffers are padded to sixteen bytes, so loops run over whole vectors; sums stop at n.
 */
import { exp, log, sigmoid, softplus, splat, sumLanes } from './vector';

export function expEach(n: i32, x: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) v128.store(out + k, exp(v128.load(x + k)));
}

export function logEach(n: i32, x: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) v128.store(out + k, log(v128.load(x + k)));
}

export function sigmoidEach(n: i32, x: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) v128.store(out + k, sigmoid(v128.load(x + k)));
}

/** gx += g s (1 - s), s the sigmoid's result. */
export function sigmoidAdjoint(n: i32, g: usize, s: usize, gx: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    const y = v128.load(s + k);
    const slope = f32x4.mul(y, f32x4.sub(splat(1), y));
    v128.store(gx + k, f32x4.add(v128.load(gx + k), f32x4.mul(v128.load(g + k), slope)));
  }
}

export function reluEach(n: i32, x: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) v128.store(out + k, f32x4.pmax(v128.load(x + k), splat(0)));
}

/** gx += g where y > 0, y the ReLU's result. */
export function reluAdjoint(n: i32, g: usize, y: usize, gx: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    const passed = v128.and(v128.load(g + k), f32x4.gt(v128.load(y + k), splat(0)));
    v128.store(gx + k, f32x4.add(v128.load(gx + k), passed));
  }
}

/** g = 0 where y is not above 0, in place: what goes back through a ReLU whose result is y. */
export function reluMask(n: i32, y: usize, g: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    v128.store(g + k, v128.and(v128.load(g + k), f32x4.gt(v128.load(y + k), splat(0))));
  }
}

/** out = a + b. */
export function addEach(n: i32, a: usize, b: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) v128.store(out + k, f32x4.add(v128.load(a + k), v128.load(b + k)));
}

/** out = a b. */
export function multiplyEach(n: i32, a: usize, b: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) v128.store(out + k, f32x4.mul(v128.load(a + k), v128.load(b + k)));
}

/** out = x + a b. */
export function addMaskedEach(n: i32, x: usize, a: usize, b: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    v128.store(out + k, f32x4.add(v128.load(x + k), f32x4.mul(v128.load(a + k), v128.load(b + k))));
  }
}

/** out += a b. */
export function addProduct(n: i32, a: usize, b: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    v128.store(out + k, f32x4.add(v128.load(out + k), f32x4.mul(v128.load(a + k), v128.load(b + k))));
  }
}

/** out += scale x. */
export function addScaled(n: i32, scale: f32, x: usize, out: usize): void {
  const s = splat(scale);
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    v128.store(out + k, f32x4.add(v128.load(out + k), f32x4.mul(s, v128.load(x + k))));
  }
}

/** Every element = scale * g[0]: the adjoint of a sum, added to gx. */
export function addSpreadScalar(n: i32, scale: f32, g: usize, gx: usize): void {
  const value = splat(scale * load<f32>(g));
  for (let k: usize = 0; k < <usize>n << 2; k += 16) v128.store(gx + k, f32x4.add(v128.load(gx + k), value));
}

/** out[0] = scale * sum of x, in runs of 1,024 so that rounding does not grow with n. */
export function scaledSum(n: i32, scale: f32, x: usize, out: usize): void {
  let total: f64 = 0;
  for (let from = 0; from < n; from += 1024) {
    const count = min(1024, n - from);
    const p = x + (<usize>from << 2);
    let lanes = splat(0);
    let k = 0;
    for (; k + 4 <= count; k += 4) lanes = f32x4.add(lanes, v128.load(p + (<usize>k << 2)));
    let run = sumLanes(lanes);
    for (; k < count; k++) run += load<f32>(p + (<usize>k << 2));
    total += run;
  }
  store<f32>(out, <f32>(total * <f64>scale));
}

/** out[r] = cross-entropy of label y in [0, 1] on a logit: softplus(x) - x y. */
export function crossEntropyEach(n: i32, logits: usize, labels: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    const x = v128.load(logits + k);
    v128.store(out + k, f32x4.sub(softplus(x), f32x4.mul(x, v128.load(labels + k))));
  }
}

/** gx += g (sigmoid(x) - y). */
export function crossEntropyAdjoint(n: i32, g: usize, logits: usize, labels: usize, gx: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    const slope = f32x4.sub(sigmoid(v128.load(logits + k)), v128.load(labels + k));
    v128.store(gx + k, f32x4.add(v128.load(gx + k), f32x4.mul(v128.load(g + k), slope)));
  }
}

/** out[r] = (x - y)^2. */
export function squaredErrorEach(n: i32, x: usize, y: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    const d = f32x4.sub(v128.load(x + k), v128.load(y + k));
    v128.store(out + k, f32x4.mul(d, d));
  }
}

/** gx += 2 g (x - y). */
export function squaredErrorAdjoint(n: i32, g: usize, x: usize, y: usize, gx: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    const d = f32x4.sub(v128.load(x + k), v128.load(y + k));
    const slope = f32x4.mul(f32x4.add(d, d), v128.load(g + k));
    v128.store(gx + k, f32x4.add(v128.load(gx + k), slope));
  }
}
