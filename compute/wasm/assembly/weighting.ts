/** Row weights of propensity and adversarial training: G_beta's logits, clamps, weighted means, and what g is regularized by. */
import { splat } from './vector';

/** out = b0 + b1 g, plus b2 y (form 1) or b2 y g (form 2); beta holds b0, b1, b2. */
export function exposureLogits(n: i32, form: i32, g: usize, y: usize, beta: usize, out: usize): void {
  const b0 = v128.load32_splat(beta), b1 = v128.load32_splat(beta, 4), b2 = v128.load32_splat(beta, 8);
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    const x = v128.load(g + k);
    let z = f32x4.add(b0, f32x4.mul(b1, x));
    if (form == 1) z = f32x4.add(z, f32x4.mul(b2, v128.load(y + k)));
    if (form == 2) z = f32x4.add(z, f32x4.mul(b2, f32x4.mul(v128.load(y + k), x)));
    v128.store(out + k, z);
  }
}

/** Adds the gradients of `exposureLogits` for upstream d to gg[n] (where it is not 0) and gbeta[3]. */
export function exposureLogitsAdjoint(n: i32, form: i32, d: usize, g: usize, y: usize, beta: usize, gg: usize, gbeta: usize): void {
  const b1 = load<f32>(beta, 4), b2 = load<f32>(beta, 8);
  let s0: f64 = 0, s1: f64 = 0, s2: f64 = 0;
  for (let k: usize = 0; k < <usize>n << 2; k += 4) {
    const up = load<f32>(d + k), x = load<f32>(g + k), label = load<f32>(y + k);
    if (gg != 0) store<f32>(gg + k, load<f32>(gg + k) + up * (form == 2 ? b1 + b2 * label : b1));
    s0 += up;
    s1 += up * x;
    if (form == 1) s2 += up * label;
    if (form == 2) s2 += up * label * x;
  }
  store<f32>(gbeta, load<f32>(gbeta) + <f32>s0);
  store<f32>(gbeta, load<f32>(gbeta, 4) + <f32>s1, 4);
  store<f32>(gbeta, load<f32>(gbeta, 8) + <f32>s2, 8);
}

/** out = x moved into [least, most]. */
export function clampEach(n: i32, x: usize, least: f32, most: f32, out: usize): void {
  const low = splat(least), high = splat(most);
  for (let k: usize = 0; k < <usize>n << 2; k += 16) v128.store(out + k, f32x4.pmin(f32x4.pmax(v128.load(x + k), low), high));
}

/** gx += g where x lies within (least, most). */
export function clampAdjoint(n: i32, g: usize, x: usize, least: f32, most: f32, gx: usize): void {
  const low = splat(least), high = splat(most);
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    const value = v128.load(x + k);
    const passed = v128.and(v128.load(g + k), v128.and(f32x4.gt(value, low), f32x4.lt(value, high)));
    v128.store(gx + k, f32x4.add(v128.load(gx + k), passed));
  }
}

/** out = scale x + shift. */
export function linearEach(n: i32, x: usize, scale: f32, shift: f32, out: usize): void {
  const s = splat(scale), t = splat(shift);
  for (let k: usize = 0; k < <usize>n << 2; k += 16) v128.store(out + k, f32x4.add(f32x4.mul(s, v128.load(x + k)), t));
}

/** out = 1 / x. */
export function reciprocalEach(n: i32, x: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) v128.store(out + k, f32x4.div(splat(1), v128.load(x + k)));
}

/** gx -= g r^2, r the reciprocal. */
export function reciprocalAdjoint(n: i32, g: usize, r: usize, gx: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    const y = v128.load(r + k);
    v128.store(gx + k, f32x4.sub(v128.load(gx + k), f32x4.mul(v128.load(g + k), f32x4.mul(y, y))));
  }
}

/** out[0] = sum of w x / sum of w; out[1] = sum of w. */
export function weightedMean(n: i32, x: usize, w: usize, out: usize): void {
  let sum: f64 = 0, total: f64 = 0;
  for (let k: usize = 0; k < <usize>n << 2; k += 4) {
    const weight = <f64>load<f32>(w + k);
    sum += weight * <f64>load<f32>(x + k);
    total += weight;
  }
  store<f32>(out, <f32>(sum / total));
  store<f32>(out, <f32>total, 4);
}

/** gx += g w / W and gw += g (x - mean) / W, each where it is not 0; mean and W as `weightedMean` left them. */
export function weightedMeanAdjoint(n: i32, g: usize, x: usize, w: usize, result: usize, gx: usize, gw: usize): void {
  const mean = splat(load<f32>(result)), up = splat(load<f32>(g) / load<f32>(result, 4));
  for (let k: usize = 0; k < <usize>n << 2; k += 16) {
    if (gx != 0) v128.store(gx + k, f32x4.add(v128.load(gx + k), f32x4.mul(up, v128.load(w + k))));
    if (gw != 0) v128.store(gw + k, f32x4.add(v128.load(gw + k), f32x4.mul(up, f32x4.sub(v128.load(x + k), mean))));
  }
}

/** out[b, j] = x[b, 0] - x[b, j + 1] for groups of `wide` numbers: a positive's score over each of its negatives'. */
export function differences(groups: i32, wide: i32, x: usize, out: usize): void {
  for (let b = 0; b < groups; b++, x += <usize>wide << 2) {
    const first = load<f32>(x);
    for (let j = 1; j < wide; j++, out += 4) store<f32>(out, first - load<f32>(x + (<usize>j << 2)));
  }
}

export function differencesAdjoint(groups: i32, wide: i32, g: usize, gx: usize): void {
  for (let b = 0; b < groups; b++, gx += <usize>wide << 2) {
    let sum: f32 = 0;
    for (let j = 1; j < wide; j++, g += 4) {
      const up = load<f32>(g);
      sum += up;
      store<f32>(gx + (<usize>j << 2), load<f32>(gx + (<usize>j << 2)) - up);
    }
    store<f32>(gx, load<f32>(gx) + sum);
  }
}

/** out[slot] = mean of x over the positions of each distinct row. */
export function meanByRow(n: i32, count: i32, x: usize, slots: usize, uses: usize, out: usize): void {
  memory.fill(out, 0, <usize>count << 2);
  for (let k: usize = 0; k < <usize>n << 2; k += 4) {
    const at = out + (<usize>load<i32>(slots + k) << 2);
    store<f32>(at, load<f32>(at) + load<f32>(x + k));
  }
  for (let c: usize = 0; c < <usize>count << 2; c += 4) store<f32>(out + c, load<f32>(out + c) / <f32>load<i32>(uses + c));
}

export function meanByRowAdjoint(n: i32, g: usize, slots: usize, uses: usize, gx: usize): void {
  for (let k: usize = 0; k < <usize>n << 2; k += 4) {
    const slot = <usize>load<i32>(slots + k) << 2;
    store<f32>(gx + k, load<f32>(gx + k) + load<f32>(g + slot) / <f32>load<i32>(uses + slot));
  }
}

/** out = Pearson's correlation of x and y, then the means and deviations of both; 0 where one of them is constant. */
export function correlation(n: i32, x: usize, y: usize, out: usize): void {
  let mx: f64 = 0, my: f64 = 0;
  for (let k: usize = 0; k < <usize>n << 2; k += 4) {
    mx += load<f32>(x + k);
    my += load<f32>(y + k);
  }
  mx /= <f64>n;
  my /= <f64>n;
  let xx: f64 = 0, yy: f64 = 0, xy: f64 = 0;
  for (let k: usize = 0; k < <usize>n << 2; k += 4) {
    const dx = <f64>load<f32>(x + k) - mx, dy = <f64>load<f32>(y + k) - my;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  const sx = sqrt<f64>(xx / <f64>n), sy = sqrt<f64>(yy / <f64>n);
  const free = sx > 1e-12 && sy > 1e-12;
  store<f32>(out, free ? <f32>(xy / <f64>n / (sx * sy)) : 0);
  store<f32>(out, <f32>mx, 4);
  store<f32>(out, <f32>my, 8);
  store<f32>(out, free ? <f32>sx : 0, 12);
  store<f32>(out, free ? <f32>sy : 0, 16);
}

/** gx += g / n ((y - my) / (sx sy) - correlation (x - mx) / sx^2). */
export function correlationAdjoint(n: i32, g: usize, x: usize, y: usize, result: usize, gx: usize): void {
  const r = load<f32>(result), mx = load<f32>(result, 4), my = load<f32>(result, 8), sx = load<f32>(result, 12), sy = load<f32>(result, 16);
  if (sx == 0) return;
  const up = load<f32>(g) / <f32>n;
  for (let k: usize = 0; k < <usize>n << 2; k += 4) {
    const slope = (load<f32>(y + k) - my) / (sx * sy) - (r * (load<f32>(x + k) - mx)) / (sx * sx);
    store<f32>(gx + k, load<f32>(gx + k) + up * slope);
  }
}
