import { bySize, each, grouped, type Shader } from '../shader.js';
import { EXPONENTIAL, LOGARITHM, total } from './maths.js';

export const LAYER_NORM = each(
  'layer norm',
  { x: 'read f32', gain: 'read f32', bias: 'read f32', out: 'write f32', stats: 'write f32' },
  { width: 'u32' },
  `let begin = i * p.width;
  var sum = 0.0;
  for (var k = 0u; k < p.width; k++) { sum += x[begin + k]; }
  let mean = sum / f32(p.width);
  var squares = 0.0;
  for (var k = 0u; k < p.width; k++) { let d = x[begin + k] - mean; squares += d * d; }
  let inverse = 1.0 / sqrt(squares / f32(p.width) + 1e-5);
  stats[2u * i] = mean;
  stats[2u * i + 1u] = inverse;
  for (var k = 0u; k < p.width; k++) { out[begin + k] = (x[begin + k] - mean) * inverse * gain[k] + bias[k]; }`,
);
export const LAYER_NORM_TO_X = each(
  'layer norm to x',
  { g: 'read f32', x: 'read f32', gain: 'read f32', stats: 'read f32', gx: 'add f32' },
  { width: 'u32' },
  `let begin = i * p.width;
  let mean = stats[2u * i];
  let inverse = stats[2u * i + 1u];
  var s = vec2f();
  for (var k = 0u; k < p.width; k++) {
    let d = g[begin + k] * gain[k];
    s += vec2f(d, d * ((x[begin + k] - mean) * inverse));
  }
  s /= f32(p.width);
  for (var k = 0u; k < p.width; k++) {
    let normal = (x[begin + k] - mean) * inverse;
    add_gx(begin + k, inverse * (g[begin + k] * gain[k] - s.x - normal * s.y));
  }`,
);
/** A workgroup a column. */
export const LAYER_NORM_TO_PARAMETERS = grouped(
  'layer norm to parameters',
  { g: 'read f32', x: 'read f32', stats: 'read f32', ggain: 'add f32', gbias: 'add f32' },
  { rows: 'u32', width: 'u32' },
  `var s = vec2f();
  for (var r = lane; r < p.rows; r += 256u) {
    let up = g[r * p.width + group];
    s += vec2f(up * ((x[r * p.width + group] - stats[2u * r]) * stats[2u * r + 1u]), up);
  }
  let gain = total(lane, s.x);
  let bias = total(lane, s.y);
  if (lane == 0u) { add_ggain(group, gain); add_gbias(group, bias); }`,
  { library: total(256) },
);

/** The sequence that a row belongs to, by bisection: the last one that starts at or before it and is not empty there. */
const SEQUENCE_OF = `
fn sequence_of(row: u32) -> u32 {
  var low = 0u;
  var high = p.sequences;
  while (high - low > 1u) {
    let middle = (low + high) / 2u;
    if (starts[middle] <= row) { low = middle; } else { high = middle; }
  }
  return low;
}
`;
const SHAPE = { sequences: 'u32', heads: 'u32', scale: 'f32' } as const;

/** Causal attention for heads of so many numbers, and its adjoint: a thread for each row and head. Made once for each width. */
export interface AttentionShaders {
  readonly forward: Shader;
  /** d loss / d queries. */
  readonly toQueries: Shader;
  /** d loss / d keys and values. */
  readonly toKeys: Shader;
}

export const attentionShaders = bySize((width): AttentionShaders => {
  const own = `let row = i / p.heads;
  let h = i % p.heads;
  let wide = p.heads * ${width}u;
  let sequence = sequence_of(row);
  let first = starts[sequence];
  let end = starts[sequence + 1u];
  let head = h * ${width}u;`;
  const numbersAt = (name: string, source: string, at: string): string =>
    `var ${name}: array<f32, ${width}>; for (var k = 0u; k < ${width}u; k++) { ${name}[k] = ${source}[${at} + k]; }`;
  /** The product of NAME_of, numbers held, with as many of a buffer. */
  const dot = (name: string, source: string, at: string): string =>
    `var ${name} = 0.0; for (var k = 0u; k < ${width}u; k++) { ${name} += ${name}_of[k] * ${source}[${at} + k]; }`;
  return {
    forward: each(
      `attention of ${width}`,
      { starts: 'read u32', qkv: 'read f32', out: 'write f32', logs: 'write f32' },
      SHAPE,
      `${own}
      ${numbersAt('score_of', 'qkv', 'row * 3u * wide + head')}
      var most = -1e30;
      for (var j = first; j <= row; j++) {
        ${dot('score', 'qkv', '(j * 3u + 1u) * wide + head')}
        most = max(most, score * p.scale);
      }
      var sums: array<f32, ${width}>;
      var weight = 0.0;
      for (var j = first; j <= row; j++) {
        ${dot('score', 'qkv', '(j * 3u + 1u) * wide + head')}
        let e = exp_of(score * p.scale - most);
        weight += e;
        for (var k = 0u; k < ${width}u; k++) { sums[k] += e * qkv[(j * 3u + 2u) * wide + head + k]; }
      }
      for (var k = 0u; k < ${width}u; k++) { out[row * wide + head + k] = sums[k] / weight; }
      logs[i] = most + log_of_normal(weight);`,
      EXPONENTIAL + LOGARITHM + SEQUENCE_OF,
    ),
    toQueries: each(
      `attention of ${width} to queries`,
      {
        starts: 'read u32',
        qkv: 'read f32',
        result: 'read f32',
        logs: 'read f32',
        g: 'read f32',
        means: 'write f32',
        gqkv: 'change f32',
      },
      SHAPE,
      `${own}
      ${numbersAt('score_of', 'qkv', 'row * 3u * wide + head')}
      ${numbersAt('up_of', 'g', 'row * wide + head')}
      var mean = 0.0;
      for (var k = 0u; k < ${width}u; k++) { mean += up_of[k] * result[row * wide + head + k]; }
      means[i] = mean;
      var sums: array<f32, ${width}>;
      for (var j = first; j <= row; j++) {
        ${dot('score', 'qkv', '(j * 3u + 1u) * wide + head')}
        ${dot('up', 'qkv', '(j * 3u + 2u) * wide + head')}
        let slope = p.scale * exp_of(score * p.scale - logs[i]) * (up - mean);
        for (var k = 0u; k < ${width}u; k++) { sums[k] += slope * qkv[(j * 3u + 1u) * wide + head + k]; }
      }
      for (var k = 0u; k < ${width}u; k++) { gqkv[row * 3u * wide + head + k] += sums[k]; }`,
      EXPONENTIAL + SEQUENCE_OF,
    ),
    toKeys: each(
      `attention of ${width} to keys`,
      {
        starts: 'read u32',
        qkv: 'read f32',
        logs: 'read f32',
        g: 'read f32',
        means: 'read f32',
        gqkv: 'change f32',
      },
      SHAPE,
      `${own}
      ${numbersAt('score_of', 'qkv', '(row * 3u + 1u) * wide + head')}
      ${numbersAt('up_of', 'qkv', '(row * 3u + 2u) * wide + head')}
      var keys: array<f32, ${width}>;
      var values: array<f32, ${width}>;
      for (var t = row; t < end; t++) {
        ${dot('score', 'qkv', 't * 3u * wide + head')}
        ${dot('up', 'g', 't * wide + head')}
        let e = exp_of(score * p.scale - logs[t * p.heads + h]);
        let slope = p.scale * e * (up - means[t * p.heads + h]);
        for (var k = 0u; k < ${width}u; k++) {
          keys[k] += slope * qkv[t * 3u * wide + head + k];
          values[k] += e * g[t * wide + head + k];
        }
      }
      for (var k = 0u; k < ${width}u; k++) {
        gqkv[(row * 3u + 1u) * wide + head + k] += keys[k];
        gqkv[(row * 3u + 2u) * wide + head + k] += values[k];
      }`,
      EXPONENTIAL + SEQUENCE_OF,
    ),
  };
});
