import { each, grouped } from '../shader.js';
import { EXPONENTIAL, IS_NAN, LOGARITHM, SOFTPLUS, total } from './maths.js';

export const FILL = each('fill', { out: 'write f32' }, { value: 'f32' }, 'out[i] = p.value;');
export const EXP = each('exp', { x: 'read f32', out: 'write f32' }, {}, 'out[i] = exp_of(x[i]);', EXPONENTIAL);
/** -infinity at 0, as which a GPU may take subnormal numbers, NaN below it; constants that are no numbers are refused by WGSL, so they come as numbers of the call. */
export const LOG = each(
  'log',
  { x: 'read f32', out: 'write f32' },
  { infinity: 'f32', nothing: 'f32' },
  `let v = x[i];
  var y = log_of_normal(v);
  if (v == 0.0) { y = -p.infinity; }
  if (v < 0.0 || is_nan(v)) { y = p.nothing; }
  if (bitcast<u32>(v) == 0x7f800000u) { y = p.infinity; }
  out[i] = y;`,
  LOGARITHM + IS_NAN,
);
export const SIGMOID = each('sigmoid', { x: 'read f32', out: 'write f32' }, {}, 'out[i] = sigmoid(x[i]);', EXPONENTIAL);
export const SIGMOID_ADJOINT = each(
  'sigmoid adjoint',
  { g: 'read f32', y: 'read f32', gx: 'add f32' },
  {},
  'add_gx(i, g[i] * (y[i] * (1.0 - y[i])));',
);
export const RELU = each('relu', { x: 'read f32', out: 'write f32' }, {}, 'out[i] = max(x[i], 0.0);');
export const RELU_ADJOINT = each(
  'relu adjoint',
  { g: 'read f32', y: 'read f32', gx: 'add f32' },
  {},
  'add_gx(i, select(0.0, g[i], y[i] > 0.0));',
);
export const RELU_MASK = each(
  'relu mask',
  { y: 'read f32', g: 'change f32' },
  {},
  'g[i] = select(0.0, g[i], y[i] > 0.0);',
);
export const ADD = each('add', { a: 'read f32', b: 'read f32', out: 'write f32' }, {}, 'out[i] = a[i] + b[i];');
export const MULTIPLY = each(
  'multiply',
  { a: 'read f32', b: 'read f32', out: 'write f32' },
  {},
  'out[i] = a[i] * b[i];',
);
export const ADD_PRODUCT = each(
  'add product',
  { a: 'read f32', b: 'read f32', out: 'add f32' },
  {},
  'add_out(i, a[i] * b[i]);',
);
export const ADD_SCALED = each(
  'add scaled',
  { x: 'read f32', out: 'add f32' },
  { scale: 'f32' },
  'add_out(i, p.scale * x[i]);',
);
export const SCALED_SUM = grouped(
  'scaled sum',
  { x: 'read f32', out: 'write f32' },
  { n: 'u32', scale: 'f32' },
  `var sum = 0.0;
  for (var k = lane; k < p.n; k += 256u) { sum += x[k]; }
  let all = total(lane, sum);
  if (lane == 0u) { out[0] = all * p.scale; }`,
  { library: total(256) },
);
export const SCALED_SUM_ADJOINT = each(
  'scaled sum adjoint',
  { g: 'read f32', gx: 'add f32' },
  { scale: 'f32' },
  'add_gx(i, p.scale * g[0]);',
);
export const CROSS_ENTROPY = each(
  'cross-entropy',
  { x: 'read f32', y: 'read f32', out: 'write f32' },
  {},
  'out[i] = softplus(x[i]) - x[i] * y[i];',
  EXPONENTIAL + LOGARITHM + SOFTPLUS,
);
export const CROSS_ENTROPY_ADJOINT = each(
  'cross-entropy adjoint',
  { g: 'read f32', x: 'read f32', y: 'read f32', gx: 'add f32' },
  {},
  'add_gx(i, g[i] * (sigmoid(x[i]) - y[i]));',
  EXPONENTIAL,
);
export const SQUARED_ERROR = each(
  'squared error',
  { x: 'read f32', y: 'read f32', out: 'write f32' },
  {},
  'let d = x[i] - y[i]; out[i] = d * d;',
);
export const SQUARED_ERROR_ADJOINT = each(
  'squared error adjoint',
  { g: 'read f32', x: 'read f32', y: 'read f32', gx: 'add f32' },
  {},
  'let d = x[i] - y[i]; add_gx(i, (d + d) * g[i]);',
);
export const EVERY_NTH = each(
  'every nth',
  { x: 'read u32', out: 'write u32' },
  { step: 'u32' },
  'out[i] = x[i * p.step];',
);
export const LINEAR = each(
  'linear',
  { x: 'read f32', out: 'write f32' },
  { scale: 'f32', shift: 'f32' },
  'out[i] = p.scale * x[i] + p.shift;',
);
export const RECIPROCAL = each('reciprocal', { x: 'read f32', out: 'write f32' }, {}, 'out[i] = 1.0 / x[i];');
export const RECIPROCAL_ADJOINT = each(
  'reciprocal adjoint',
  { g: 'read f32', y: 'read f32', gx: 'add f32' },
  {},
  'add_gx(i, -g[i] * (y[i] * y[i]));',
);
export const CLAMP = each(
  'clamp',
  { x: 'read f32', out: 'write f32' },
  { least: 'f32', most: 'f32' },
  'out[i] = min(max(x[i], p.least), p.most);',
);
export const CLAMP_ADJOINT = each(
  'clamp adjoint',
  { g: 'read f32', x: 'read f32', gx: 'add f32' },
  { least: 'f32', most: 'f32' },
  'add_gx(i, select(0.0, g[i], x[i] > p.least && x[i] < p.most));',
);
