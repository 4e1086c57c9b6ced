import { bySize, each, grouped } from '../shader.js';
import { running, total } from './maths.js';

/** No position yet. */
export const NONE = 0xffffffff;

/**
 * The distinct rows of a batch, in order of first appearance, in four steps. First: for each row the first position that uses it.
 */
export const FIRST_POSITIONS = each(
  'first positions',
  { indices: 'read u32', first: 'change atomic<u32>' },
  {},
  'atomicMin(&first[indices[i]], i);',
);
/** Second: numbers the positions that are their row's first. One workgroup; places beyond the last distinct row are of row 0, unused. */
export const numberFirst = bySize((size) =>
  grouped(
    'number first positions',
    {
      indices: 'read u32',
      first: 'read u32',
      slot_of: 'write u32',
      rows: 'write u32',
      uses: 'write u32',
    },
    { n: 'u32', most: 'u32' },
    `let share = (p.n + ${size - 1}u) / ${size}u;
    let begin = min(lane * share, p.n);
    let to = min(begin + share, p.n);
    var count = 0u;
    for (var r = begin; r < to; r++) { if (first[indices[r]] == r) { count++; } }
    var slot = before(lane, count);
    for (var r = begin; r < to; r++) {
      let row = indices[r];
      if (first[row] == r) { slot_of[r] = slot; rows[slot] = row; slot++; }
    }
    for (var k = lane; k < p.most; k += ${size}u) { uses[k] = 0u; }
    for (var k = counted() + lane; k < p.most; k += ${size}u) { rows[k] = 0u; }`,
    { library: running(size), size },
  ),
);
/** Third: each position's place among the distinct rows. */
export const ASSIGN_SLOTS = each(
  'assign slots',
  {
    indices: 'read u32',
    first: 'read u32',
    slot_of: 'read u32',
    slots: 'write u32',
    uses: 'change atomic<u32>',
  },
  {},
  'let slot = slot_of[first[indices[i]]]; slots[i] = slot; atomicAdd(&uses[slot], 1u);',
);
/** Fourth, with the placing of positions: forgets the first positions. */
export const FORGET_FIRST = each(
  'forget first positions',
  { indices: 'read u32', first: 'write u32' },
  {},
  `first[indices[i]] = ${NONE}u;`,
);

/** How often each row is used. */
export const COUNT_USES = each(
  'count uses',
  { indices: 'read u32', uses: 'change atomic<u32>' },
  {},
  'atomicAdd(&uses[indices[i]], 1u);',
);
/** starts[k] = uses before row k, starts[n] = all. One workgroup. */
export const startsOf = bySize((size) =>
  grouped(
    'starts of runs',
    { uses: 'read u32', starts: 'write u32', cursor: 'write u32' },
    { n: 'u32' },
    `let share = (p.n + ${size - 1}u) / ${size}u;
    let begin = min(lane * share, p.n);
    let to = min(begin + share, p.n);
    var count = 0u;
    for (var k = begin; k < to; k++) { count += uses[k]; }
    var at = before(lane, count);
    for (var k = begin; k < to; k++) { starts[k] = at; cursor[k] = at; at += uses[k]; }
    if (lane == 0u) { starts[p.n] = counted(); }`,
    { library: running(size), size },
  ),
);
export const PLACE_POSITIONS = each(
  'place positions',
  { slots: 'read u32', cursor: 'change atomic<u32>', positions: 'write u32' },
  {},
  'positions[atomicAdd(&cursor[slots[i]], 1u)] = i;',
);
/** Orders each run, which was filled in whatever order threads came: by insertion, or as a heap where it is long. */
export const SORT_RUNS = each(
  'sort runs',
  { starts: 'read u32', positions: 'change u32' },
  {},
  `let begin = starts[i];
  let count = starts[i + 1u] - begin;
  if (count <= 24u) {
    for (var k = 1u; k < count; k++) {
      let value = positions[begin + k];
      var at = k;
      while (at > 0u && positions[begin + at - 1u] > value) { positions[begin + at] = positions[begin + at - 1u]; at--; }
      positions[begin + at] = value;
    }
    return;
  }
  for (var root = count / 2u; root > 0u; root--) { sift(begin, root - 1u, count); }
  for (var end = count - 1u; end > 0u; end--) {
    let top = positions[begin];
    positions[begin] = positions[begin + end];
    positions[begin + end] = top;
    sift(begin, 0u, end);
  }`,
  `fn sift(begin: u32, start: u32, count: u32) {
    var root = start;
    let value = positions[begin + root];
    loop {
      var child = 2u * root + 1u;
      if (child >= count) { break; }
      if (child + 1u < count && positions[begin + child + 1u] > positions[begin + child]) { child++; }
      if (positions[begin + child] <= value) { break; }
      positions[begin + root] = positions[begin + child];
      root = child;
    }
    positions[begin + root] = value;
  }`,
);

export const GATHER = each(
  'gather',
  { source: 'read u32', indices: 'read u32', out: 'write u32' },
  { width: 'u32' },
  'out[i] = source[indices[i / p.width] * p.width + i % p.width];',
);
/** Each number of each row sums over the row's positions, in their order. */
export const SUM_RUNS = each(
  'sum runs',
  { begin: 'read f32', starts: 'read u32', positions: 'read u32', to: 'add f32' },
  { width: 'u32' },
  `let row = i / p.width;
  let k = i % p.width;
  var sum = 0.0;
  for (var e = starts[row]; e < starts[row + 1u]; e++) { sum += begin[positions[e] * p.width + k]; }
  add_to(i, sum);`,
);
export const MEAN_RUNS = each(
  'mean of runs',
  { x: 'read f32', starts: 'read u32', positions: 'read u32', out: 'write f32' },
  {},
  `let uses = starts[i + 1u] - starts[i];
  var sum = 0.0;
  for (var e = starts[i]; e < starts[i + 1u]; e++) { sum += x[positions[e]]; }
  out[i] = select(sum / f32(uses), 0.0, uses == 0u);`,
);
export const MEAN_RUNS_ADJOINT = each(
  'mean of runs adjoint',
  { g: 'read f32', slots: 'read u32', uses: 'read u32', gx: 'add f32' },
  {},
  'add_gx(i, g[slots[i]] / f32(uses[slots[i]]));',
);

export const PAIR_SUM = each(
  'pair sum',
  { a: 'read f32', ai: 'read u32', b: 'read f32', bi: 'read u32', bias: 'read f32', out: 'write f32' },
  { width: 'u32', relu: 'u32' },
  `let r = i / p.width;
  let k = i % p.width;
  let sum = (a[ai[r] * p.width + k] + b[bi[r] * p.width + k]) + bias[k];
  out[i] = select(sum, max(sum, 0.0), p.relu == 1u);`,
);
export const PAIR_PRODUCT = each(
  'pair product',
  { a: 'read f32', ai: 'read u32', b: 'read f32', bi: 'read u32', weight: 'read f32', out: 'write f32' },
  { width: 'u32' },
  `let x = ai[i] * p.width;
  let y = bi[i] * p.width;
  var sum = 0.0;
  for (var k = 0u; k < p.width; k++) { sum += (a[x + k] * b[y + k]) * weight[k]; }
  out[i] = sum;`,
);
/** The gradient of one side of \`pair product\`: row s sums g w other over its positions. */
export const PAIR_PRODUCT_SIDE = each(
  'pair product side',
  {
    g: 'read f32',
    other: 'read f32',
    oi: 'read u32',
    weight: 'read f32',
    starts: 'read u32',
    positions: 'read u32',
    gs: 'add f32',
  },
  { width: 'u32' },
  `let row = i / p.width;
  let k = i % p.width;
  var sum = 0.0;
  for (var e = starts[row]; e < starts[row + 1u]; e++) {
    let r = positions[e];
    sum += (g[r] * weight[k]) * other[oi[r] * p.width + k];
  }
  add_gs(i, sum);`,
);
/** A workgroup a column. */
export const PAIR_PRODUCT_WEIGHT = grouped(
  'pair product weight',
  { g: 'read f32', a: 'read f32', ai: 'read u32', b: 'read f32', bi: 'read u32', gw: 'add f32' },
  { n: 'u32', width: 'u32' },
  `var sum = 0.0;
  for (var r = lane; r < p.n; r += 256u) { sum += (g[r] * a[ai[r] * p.width + group]) * b[bi[r] * p.width + group]; }
  let all = total(lane, sum);
  if (lane == 0u) { add_gw(group, all); }`,
  { library: total(256) },
);

/** A workgroup a column. */
export const COLUMN_SUMS = grouped(
  'column sums',
  { x: 'read f32', out: 'add f32' },
  { rows: 'u32', width: 'u32' },
  `var sum = 0.0;
  for (var r = lane; r < p.rows; r += 256u) { sum += x[r * p.width + group]; }
  let all = total(lane, sum);
  if (lane == 0u) { add_out(group, all); }`,
  { library: total(256) },
);
export const ADD_BIAS = each(
  'add bias',
  { bias: 'read f32', x: 'change f32' },
  { width: 'u32', relu: 'u32' },
  'let sum = x[i] + bias[i % p.width]; x[i] = select(sum, max(sum, 0.0), p.relu == 1u);',
);
const COLUMNS = { count: 'u32', source_width: 'u32', source_column: 'u32', to_width: 'u32', to_column: 'u32' } as const;
const PLACES = `let r = i / p.count;
  let k = i % p.count;
  let value = begin[r * p.source_width + p.source_column + k];
  let at = r * p.to_width + p.to_column + k;`;
export const COPY_COLUMNS = each(
  'copy columns',
  { begin: 'read f32', to: 'change f32' },
  COLUMNS,
  `${PLACES} to[at] = value;`,
);
export const ADD_COLUMNS = each(
  'add columns',
  { begin: 'read f32', to: 'change f32' },
  COLUMNS,
  `${PLACES} to[at] += value;`,
);
/** All columns of \`to\`, which may then count as zeros. */
export const ADD_ALL_COLUMNS = each(
  'add all columns',
  { begin: 'read f32', to: 'add f32' },
  COLUMNS,
  `${PLACES} add_to(at, value);`,
);
