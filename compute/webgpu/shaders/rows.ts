import { bySize, each, grouped } from '../shader.js';
import { running, total } from './maths.js';

/** No position yet. */
export const NONE = 0xffffffff;

/** Both columns of a batch are looked up together, a one side and b the other; of a single column, b is empty. */
const SIDES = { na: 'u32', nb: 'u32', rows_a: 'u32' } as const;

/**
 * The distinct rows of a batch, in order of first appearance, in four steps. First: for each row the first position that uses it. Rows of b
 * stand behind the rows_a rows of a.
 */
export const FIRST_POSITIONS = each(
  'first positions',
  { a: 'read u32', b: 'read u32', first: 'change atomic<u32>' },
  SIDES,
  'if (i < p.na) { atomicMin(&first[a[i]], i); } else { atomicMin(&first[p.rows_a + b[i - p.na]], i - p.na); }',
);
/**
 * Second: numbers the positions that are their row's first, a workgroup a side. Places beyond the last distinct row are of row 0, and unused.
 */
export const numberFirst = bySize((size) =>
  grouped(
    'number first positions',
    {
      a: 'read u32',
      b: 'read u32',
      first: 'read u32',
      slot_of: 'write u32',
      distinct_a: 'write u32',
      distinct_b: 'write u32',
      uses_a: 'write u32',
      uses_b: 'write u32',
    },
    { ...SIDES, most_a: 'u32', most_b: 'u32' },
    `let n = select(p.na, p.nb, group == 1u);
    let most = select(p.most_a, p.most_b, group == 1u);
    let share = (n + ${size - 1}u) / ${size}u;
    let begin = min(lane * share, n);
    let to = min(begin + share, n);
    var count = 0u;
    for (var r = begin; r < to; r++) { if (is_first(group, r)) { count++; } }
    var slot = before(lane, count);
    for (var r = begin; r < to; r++) {
      if (is_first(group, r)) {
        slot_of[group * p.na + r] = slot;
        put_row(group, slot, row_at(group, r));
        slot++;
      }
    }
    for (var k = lane; k < most; k += ${size}u) {
      if (group == 0u) { uses_a[k] = 0u; } else { uses_b[k] = 0u; }
    }
    for (var k = counted() + lane; k < most; k += ${size}u) { put_row(group, k, 0u); }`,
    {
      library: `${running(size)}
fn row_at(side: u32, r: u32) -> u32 { if (side == 0u) { return a[r]; } return b[r]; }
fn is_first(side: u32, r: u32) -> bool { return first[side * p.rows_a + row_at(side, r)] == r; }
fn put_row(side: u32, k: u32, row: u32) { if (side == 0u) { distinct_a[k] = row; } else { distinct_b[k] = row; } }`,
      size,
    },
  ),
);
/** Third: each position's place among the distinct rows. */
export const ASSIGN_SLOTS = each(
  'assign slots',
  {
    a: 'read u32',
    b: 'read u32',
    first: 'read u32',
    slot_of: 'read u32',
    slots_a: 'write u32',
    slots_b: 'write u32',
    uses_a: 'change atomic<u32>',
    uses_b: 'change atomic<u32>',
  },
  SIDES,
  `if (i < p.na) {
    let slot = slot_of[first[a[i]]];
    slots_a[i] = slot;
    atomicAdd(&uses_a[slot], 1u);
  } else {
    let slot = slot_of[p.na + first[p.rows_a + b[i - p.na]]];
    slots_b[i - p.na] = slot;
    atomicAdd(&uses_b[slot], 1u);
  }`,
);
/** Fourth: forgets the first positions. */
export const FORGET_FIRST = each(
  'forget first positions',
  { a: 'read u32', b: 'read u32', first: 'write u32' },
  SIDES,
  `if (i < p.na) { first[a[i]] = ${NONE}u; } else { first[p.rows_a + b[i - p.na]] = ${NONE}u; }`,
);

/** How often each row is used. */
export const COUNT_USES = each(
  'count uses',
  { indices: 'read u32', uses: 'change atomic<u32>' },
  {},
  'atomicAdd(&uses[indices[i]], 1u);',
);
/** starts[k] = uses before row k, those of a before those of b; starts[ma + mb] = all. One workgroup. */
export const startsOf = bySize((size) =>
  grouped(
    'starts of runs',
    { uses_a: 'read u32', uses_b: 'read u32', starts: 'write u32', cursor: 'write u32' },
    { ma: 'u32', mb: 'u32' },
    `let n = p.ma + p.mb;
    let share = (n + ${size - 1}u) / ${size}u;
    let begin = min(lane * share, n);
    let to = min(begin + share, n);
    var count = 0u;
    for (var k = begin; k < to; k++) { count += uses_of(k); }
    var at = before(lane, count);
    for (var k = begin; k < to; k++) { starts[k] = at; cursor[k] = at; at += uses_of(k); }
    if (lane == 0u) { starts[n] = counted(); }`,
    {
      library: `${running(size)}
fn uses_of(k: u32) -> u32 { if (k < p.ma) { return uses_a[k]; } return uses_b[k - p.ma]; }`,
      size,
    },
  ),
);
export const PLACE_POSITIONS = each(
  'place positions',
  { slots_a: 'read u32', slots_b: 'read u32', cursor: 'change atomic<u32>', positions: 'write u32' },
  { na: 'u32', ma: 'u32' },
  `if (i < p.na) { positions[atomicAdd(&cursor[slots_a[i]], 1u)] = i; }
  else { positions[atomicAdd(&cursor[p.ma + slots_b[i - p.na]], 1u)] = i - p.na; }`,
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
/** Rows of runs begin at `first_row` of their starts. Each number of each row sums over the row's positions, in their order. */
export const SUM_RUNS = each(
  'sum runs',
  { begin: 'read f32', starts: 'read u32', positions: 'read u32', to: 'add f32' },
  { width: 'u32', first_row: 'u32' },
  `let row = p.first_row + i / p.width;
  let k = i % p.width;
  var sum = 0.0;
  for (var e = starts[row]; e < starts[row + 1u]; e++) { sum += begin[positions[e] * p.width + k]; }
  add_to(i, sum);`,
);
export const MEAN_RUNS = each(
  'mean of runs',
  { x: 'read f32', starts: 'read u32', positions: 'read u32', out: 'write f32' },
  { first_row: 'u32' },
  `let row = p.first_row + i;
  let uses = starts[row + 1u] - starts[row];
  var sum = 0.0;
  for (var e = starts[row]; e < starts[row + 1u]; e++) { sum += x[positions[e]]; }
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
  { width: 'u32', first_row: 'u32' },
  `let row = p.first_row + i / p.width;
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
