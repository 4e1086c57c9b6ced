import { each, grouped } from '../shader.js';
import { total } from './maths.js';

/** b0 + b1 g, plus b2 y (form 1) or b2 y g (form 2). */
export const EXPOSURE_LOGITS = each(
  'exposure logits',
  { g: 'read f32', y: 'read f32', beta: 'read f32', out: 'write f32' },
  { form: 'u32' },
  `var z = beta[0] + beta[1] * g[i];
  if (p.form == 1u) { z += beta[2] * y[i]; }
  if (p.form == 2u) { z += beta[2] * (y[i] * g[i]); }
  out[i] = z;`,
);
export const EXPOSURE_LOGITS_TO_G = each(
  'exposure logits to g',
  { d: 'read f32', y: 'read f32', beta: 'read f32', gg: 'add f32' },
  { form: 'u32' },
  'add_gg(i, d[i] * select(beta[1], beta[1] + beta[2] * y[i], p.form == 2u));',
);
export const EXPOSURE_LOGITS_TO_BETA = grouped(
  'exposure logits to beta',
  { d: 'read f32', g: 'read f32', y: 'read f32', gbeta: 'add f32' },
  { n: 'u32', form: 'u32' },
  `var s = vec3f();
  for (var k = lane; k < p.n; k += 256u) {
    let up = d[k];
    s += vec3f(up, up * g[k], select(select(0.0, up * y[k], p.form == 1u), up * y[k] * g[k], p.form == 2u));
  }
  let s0 = total(lane, s.x);
  let s1 = total(lane, s.y);
  let s2 = total(lane, s.z);
  if (lane == 0u) { add_gbeta(0u, s0); add_gbeta(1u, s1); add_gbeta(2u, s2); }`,
  { library: total(256) },
);

/** out[0] = sum of w x over sum of w, out[1] = sum of w. */
export const WEIGHTED_MEAN = grouped(
  'weighted mean',
  { x: 'read f32', w: 'read f32', out: 'write f32' },
  { n: 'u32' },
  `var sum = 0.0;
  var weight = 0.0;
  for (var k = lane; k < p.n; k += 256u) { sum += w[k] * x[k]; weight += w[k]; }
  let all = total(lane, sum);
  let weights = total(lane, weight);
  if (lane == 0u) { out[0] = all / weights; out[1] = weights; }`,
  { library: total(256) },
);
export const WEIGHTED_MEAN_TO_X = each(
  'weighted mean to x',
  { g: 'read f32', w: 'read f32', result: 'read f32', gx: 'add f32' },
  {},
  'add_gx(i, (g[0] / result[1]) * w[i]);',
);
export const WEIGHTED_MEAN_TO_WEIGHTS = each(
  'weighted mean to weights',
  { g: 'read f32', x: 'read f32', result: 'read f32', gw: 'add f32' },
  {},
  'add_gw(i, (g[0] / result[1]) * (x[i] - result[0]));',
);

export const DIFFERENCES = each(
  'differences',
  { x: 'read f32', out: 'write f32' },
  { wide: 'u32' },
  `let group_of = i / (p.wide - 1u);
  let first = group_of * p.wide;
  out[i] = x[first] - x[first + 1u + i % (p.wide - 1u)];`,
);
export const DIFFERENCES_ADJOINT = each(
  'differences adjoint',
  { g: 'read f32', gx: 'add f32' },
  { wide: 'u32' },
  `let first = (i / p.wide) * (p.wide - 1u);
  let j = i % p.wide;
  if (j > 0u) { add_gx(i, -g[first + j - 1u]); return; }
  var sum = 0.0;
  for (var k = 0u; k + 1u < p.wide; k++) { sum += g[first + k]; }
  add_gx(i, sum);`,
);

/** Pearson's correlation, then means and deviations, of the rows that are used. */
export const CORRELATION = grouped(
  'correlation',
  { x: 'read f32', y: 'read f32', uses: 'read u32', out: 'write f32' },
  { n: 'u32' },
  `var s = vec3f();
  for (var k = lane; k < p.n; k += 256u) { if (uses[k] != 0u) { s += vec3f(x[k], y[k], 1.0); } }
  let n = total(lane, s.z);
  let mx = total(lane, s.x) / n;
  let my = total(lane, s.y) / n;
  var c = vec3f();
  for (var k = lane; k < p.n; k += 256u) {
    if (uses[k] != 0u) { let d = vec2f(x[k] - mx, y[k] - my); c += vec3f(d.x * d.x, d.y * d.y, d.x * d.y); }
  }
  let sx = sqrt(total(lane, c.x) / n);
  let sy = sqrt(total(lane, c.y) / n);
  let xy = total(lane, c.z) / n;
  if (lane != 0u) { return; }
  let free = sx > 1e-12 && sy > 1e-12;
  out[0] = select(0.0, xy / (sx * sy), free);
  out[1] = mx;
  out[2] = my;
  out[3] = select(0.0, sx, free);
  out[4] = select(0.0, sy, free);
  out[5] = n;`,
  { library: total(256) },
);
export const CORRELATION_ADJOINT = each(
  'correlation adjoint',
  { g: 'read f32', x: 'read f32', y: 'read f32', uses: 'read u32', result: 'read f32', gx: 'add f32' },
  {},
  `let sx = result[3];
  if (sx == 0.0 || uses[i] == 0u) { add_gx(i, 0.0); return; }
  let slope = (y[i] - result[2]) / (sx * result[4]) - (result[0] * (x[i] - result[1])) / (sx * sx);
  add_gx(i, (g[0] / result[5]) * slope);`,
);
