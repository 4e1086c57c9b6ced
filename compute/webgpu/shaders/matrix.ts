import { each, grouped } from '../shader.js';

const OPERANDS = {
  rows: 'u32',
  columns: 'u32',
  depth: 'u32',
  a_row: 'u32',
  a_step: 'u32',
  b_row: 'u32',
  b_step: 'u32',
} as const;

/** Edge of a workgroup's block of the result, and how deep it looks at a time. */
export const EDGE = 32;

/**
 * Blocks of 32 x 32, four numbers a thread. Element (m, k) of A lies at m a_row + k a_step, (k, n) of B at k b_row + n b_step. Operands are read along the
 * direction in which they lie. Sums go over k in order, from first to last.
 */
const BLOCK = `
var<workgroup> left: array<f32, 512>;
var<workgroup> right: array<f32, 512>;
fn load_block(lane: u32, m0: u32, n0: u32, k0: u32, end: u32) {
  for (var l = lane; l < 512u; l += 256u) {
    let am = select(l / 16u, l % 32u, p.a_row == 1u);
    let ak = select(l % 16u, l / 32u, p.a_row == 1u);
    left[am * 16u + ak] = 0.0;
    if (m0 + am < p.rows && k0 + ak < end) { left[am * 16u + ak] = a[(m0 + am) * p.a_row + (k0 + ak) * p.a_step]; }
    let bk = select(l % 16u, l / 32u, p.b_step == 1u);
    let bn = select(l / 16u, l % 32u, p.b_step == 1u);
    right[bk * 32u + bn] = 0.0;
    if (n0 + bn < p.columns && k0 + bk < end) { right[bk * 32u + bn] = b[(k0 + bk) * p.b_row + (n0 + bn) * p.b_step]; }
  }
}
fn multiply_block(lane: u32, m0: u32, n0: u32, begin: u32, end: u32) -> vec4f {
  var sum = vec4f();
  let m = 2u * (lane / 16u);
  let n = 2u * (lane % 16u);
  for (var k0 = begin; k0 < end; k0 += 16u) {
    load_block(lane, m0, n0, k0, end);
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      let x = vec2f(left[m * 16u + k], left[m * 16u + 16u + k]);
      let y = vec2f(right[k * 32u + n], right[k * 32u + n + 1u]);
      sum += vec4f(x.x * y.x, x.x * y.y, x.y * y.x, x.y * y.y);
    }
    workgroupBarrier();
  }
  return sum;
}
`;

const PLACE = `let wide = (p.columns + 31u) / 32u;
  let m0 = (group / wide) * 32u;
  let n0 = (group % wide) * 32u;
  if (m0 >= p.rows) { return; }`;

const STORE = (store: string): string => `for (var q = 0u; q < 4u; q++) {
    let m = m0 + 2u * (lane / 16u) + q / 2u;
    let n = n0 + 2u * (lane % 16u) + q % 2u;
    if (m < p.rows && n < p.columns) { ${store} }
  }`;

export const MATMUL = grouped(
  'matmul',
  { a: 'read f32', b: 'read f32', out: 'add f32' },
  OPERANDS,
  `${PLACE}
  let sum = multiply_block(lane, m0, n0, 0u, p.depth);
  ${STORE('add_out(m * p.columns + n, sum[q]);')}`,
  { library: BLOCK },
);

/** Long sums over few results: each depth of the grid takes a part, and \`ADD_PARTS\` adds them up. */
export const MATMUL_PARTS = grouped(
  'matmul in parts',
  { a: 'read f32', b: 'read f32', out: 'write f32' },
  { ...OPERANDS, share: 'u32' },
  `${PLACE}
  let begin = place.z * p.share;
  let sum = multiply_block(lane, m0, n0, begin, min(p.depth, begin + p.share));
  ${STORE('out[(place.z * p.rows + m) * p.columns + n] = sum[q];')}`,
  { library: BLOCK },
);

export const ADD_PARTS = each(
  'add parts',
  { parts: 'read f32', out: 'add f32' },
  { count: 'u32' },
  `var sum = 0.0;
  for (var k = 0u; k < p.count; k++) { sum += parts[k * p.n + i]; }
  add_out(i, sum);`,
);

/** Binary matrix in compressed rows, times a dense one. */
export const SPARSE_TIMES_DENSE = each(
  'sparse times dense',
  { starts: 'read u32', columns: 'read u32', dense: 'read f32', out: 'add f32' },
  { width: 'u32' },
  `let row = i / p.width;
  let k = i % p.width;
  var sum = 0.0;
  for (var e = starts[row]; e < starts[row + 1u]; e++) { sum += dense[columns[e] * p.width + k]; }
  add_out(i, sum);`,
);

/** (base + penalty I + sum of v v')^-1 (sum of v) by Cholesky's decomposition, a workgroup of 64 a row; scratch[dim (dim + 1)] each. */
export const RIDGE_ROWS = grouped(
  'ridge rows',
  {
    starts: 'read u32',
    columns: 'read u32',
    others: 'read f32',
    base: 'read f32',
    penalties: 'read f32',
    out: 'change f32',
    scratch: 'change f32',
  },
  { first: 'u32', dim: 'u32' },
  `let row = p.first + group;
  let d = p.dim;
  let matrix = group * d * (d + 1u);
  let side = matrix + d * d;
  for (var k = lane; k < d * d; k += 64u) {
    let x = k / d;
    let y = k % d;
    var sum = base[k] + select(0.0, penalties[row], x == y);
    for (var e = starts[row]; e < starts[row + 1u]; e++) { sum += others[columns[e] * d + x] * others[columns[e] * d + y]; }
    scratch[matrix + k] = sum;
  }
  for (var k = lane; k < d; k += 64u) {
    var sum = 0.0;
    for (var e = starts[row]; e < starts[row + 1u]; e++) { sum += others[columns[e] * d + k]; }
    scratch[side + k] = sum;
  }
  storageBarrier();
  for (var j = 0u; j < d; j++) {
    if (lane == 0u) {
      var pivot = scratch[matrix + j * d + j];
      for (var k = 0u; k < j; k++) { pivot -= scratch[matrix + j * d + k] * scratch[matrix + j * d + k]; }
      scratch[matrix + j * d + j] = sqrt(max(pivot, 1e-12));
    }
    storageBarrier();
    for (var i = j + 1u + lane; i < d; i += 64u) {
      var sum = scratch[matrix + i * d + j];
      for (var k = 0u; k < j; k++) { sum -= scratch[matrix + i * d + k] * scratch[matrix + j * d + k]; }
      scratch[matrix + i * d + j] = sum / scratch[matrix + j * d + j];
    }
    storageBarrier();
  }
  if (lane != 0u) { return; }
  for (var i = 0u; i < d; i++) {
    var sum = scratch[side + i];
    for (var k = 0u; k < i; k++) { sum -= scratch[matrix + i * d + k] * scratch[side + k]; }
    scratch[side + i] = sum / scratch[matrix + i * d + i];
  }
  for (var back = 0u; back < d; back++) {
    let i = d - 1u - back;
    var sum = scratch[side + i];
    for (var k = i + 1u; k < d; k++) { sum -= scratch[matrix + k * d + i] * scratch[side + k]; }
    scratch[side + i] = sum / scratch[matrix + i * d + i];
    out[row * d + i] = scratch[side + i];
  }`,
  { size: 64 },
);
