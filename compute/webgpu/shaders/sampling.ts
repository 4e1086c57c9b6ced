import { each, grouped } from '../shader.js';
import { IS_NAN, KEY, PHILOX } from './maths.js';

/** The place of an item in a sorted run, or one that is no place. Needs the buffer \`known\`. */
const SEARCH = `
fn lower(item: u32, begin: u32, to: u32) -> u32 {
  var low = begin;
  var high = to;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (known[middle] < item) { low = middle + 1u; } else { high = middle; }
  }
  return low;
}
fn in_run(item: u32, begin: u32, to: u32) -> bool {
  let at = lower(item, begin, to);
  return at < to && known[at] == item;
}
fn unknown_at(j: u32, begin: u32, to: u32) -> u32 {
  var low = 0u;
  var high = to - begin;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (known[begin + middle] - middle <= j) { low = middle + 1u; } else { high = middle; }
  }
  return j + low;
}
`;

/** A thread for each positive and four of its negatives; the same draws as the default backend's. */
export const DRAW_BATCH = each(
  'draw batch',
  {
    order: 'read u32',
    user_of: 'read u32',
    item_of: 'read u32',
    starts: 'read u32',
    known: 'read u32',
    bits: 'read u32',
    users: 'change u32',
    items: 'change u32',
    labels: 'change f32',
  },
  { negatives: 'u32', first: 'u32', item_count: 'u32', has_bits: 'u32', ...KEY },
  `let fours = max(1u, (p.negatives + 3u) / 4u);
  let b = i / fours;
  let j = (i % fours) * 4u;
  let e = order[p.first + b];
  let user = user_of[e];
  let at = b * (p.negatives + 1u);
  if (j == 0u) { users[at] = user; items[at] = item_of[e]; labels[at] = 1.0; }
  let words = philox(vec4u(e, 0x80000000u | j, p.stream, p.replicate), vec2u(p.k0, p.k1));
  let threshold = (0u - p.item_count) % p.item_count;
  for (var w = 0u; w < 4u && j + w < p.negatives; w++) {
    var item = high(words[w], p.item_count);
    if (words[w] * p.item_count < threshold || is_known(item, user)) { item = redraw(e, j + w, user); }
    users[at + 1u + j + w] = user;
    items[at + 1u + j + w] = item;
    labels[at + 1u + j + w] = 0.0;
  }`,
  `${PHILOX}${SEARCH}
fn is_known(item: u32, user: u32) -> bool {
  if (p.has_bits == 0u) { return in_run(item, starts[user], starts[user + 1u]); }
  let byte = user * ((p.item_count + 7u) / 8u) + item / 8u;
  return ((bits[byte / 4u] >> ((byte % 4u) * 8u + (item & 7u))) & 1u) == 1u;
}
fn redraw(e: u32, j: u32, user: u32) -> u32 {
  for (var attempt = 1u; attempt < 16u; attempt++) {
    let item = bounded(p.item_count, e, (j << 8u) | attempt);
    if (!is_known(item, user)) { return item; }
  }
  let begin = starts[user];
  let to = starts[user + 1u];
  return unknown_at(bounded(p.item_count - (to - begin), e, (j << 8u) | 16u), begin, to);
}`,
);

/** Floyd's algorithm over ranks of unknown items, a thread a user. */
export const DRAW_CANDIDATES = each(
  'draw candidates',
  {
    users: 'read u32',
    starts: 'read u32',
    known: 'read u32',
    counts: 'write u32',
    out: 'change i32',
  },
  { size: 'u32', item_count: 'u32', ...KEY },
  `let user = users[i];
  let begin = starts[user];
  let to = starts[user + 1u];
  let unknown = p.item_count - (to - begin);
  let count = min(p.size, unknown);
  let at = i * p.size;
  counts[i] = count;
  for (var j = 0u; j < p.size; j++) { out[at + j] = -1; }
  for (var j = 0u; j < count; j++) {
    let last = unknown - count + j;
    var rank = bounded(last + 1u, j, user);
    for (var seen = 0u; seen < j; seen++) {
      if (out[at + seen] == i32(rank)) { rank = last; break; }
    }
    out[at + j] = i32(rank);
  }
  for (var j = 0u; j < count; j++) { out[at + j] = i32(unknown_at(u32(out[at + j]), begin, to)); }`,
  PHILOX + SEARCH,
);

export const COUNT_ABOVE = each(
  'count above',
  { scores: 'read f32', counts: 'read u32', greater: 'write i32', equal: 'write i32' },
  { width: 'u32' },
  `let begin = i * p.width;
  let target_score = scores[begin];
  var valid = !is_nan(target_score);
  var above = 0;
  var same = 0;
  for (var c = 1u; c <= counts[i]; c++) {
    let score = scores[begin + c];
    above += select(0, 1, score > target_score);
    same += select(0, 1, score == target_score);
    valid = valid && !is_nan(score);
  }
  greater[i] = select(-1, above, valid);
  equal[i] = select(-1, same, valid);`,
  IS_NAN,
);

/** The largest that was not taken, again and again; equal scores by lower index. One workgroup. NaN is never taken before a number. */
export const TOP_K = grouped(
  'top k',
  { scores: 'read f32', out: 'change i32' },
  { n: 'u32', k: 'u32' },
  `var last = -1;
  var last_key = 0xffffffffu;
  for (var place = 0u; place < p.k; place++) {
    var best = -1;
    var best_key = 0u;
    for (var j = lane; j < p.n; j += 256u) {
      let key = order_of(scores[j]);
      let left = key < last_key || (key == last_key && i32(j) > last);
      if (left && (best < 0 || key > best_key)) { best = i32(j); best_key = key; }
    }
    workgroupBarrier();
    keys[lane] = best_key;
    indices[lane] = best;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half >>= 1u) {
      if (lane < half) {
        let other = lane + half;
        let better = indices[other] >= 0 && (indices[lane] < 0 || keys[other] > keys[lane]
          || (keys[other] == keys[lane] && indices[other] < indices[lane]));
        if (better) { keys[lane] = keys[other]; indices[lane] = indices[other]; }
      }
      workgroupBarrier();
    }
    last = indices[0];
    last_key = keys[0];
    if (lane == 0u) { out[place] = last; }
  }`,
  {
    library: `${IS_NAN}
var<workgroup> keys: array<u32, 256>;
var<workgroup> indices: array<i32, 256>;
/** Numbers as integers of the same order; NaN below all, and both zeros the same. */
fn order_of(x: f32) -> u32 {
  if (is_nan(x)) { return 0u; }
  let bits = bitcast<u32>(x + 0.0);
  if (bits == 0x80000000u) { return 0x80000000u; }
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}`,
  },
);

const PAIRS = { users: 'read u32', items: 'read u32', starts: 'read u32', known: 'read u32' } as const;
export const SIMILARITY = each(
  'similarity',
  { ...PAIRS, weights: 'read f32', out: 'write f32' },
  { item_count: 'u32' },
  `let row = items[i] * p.item_count;
  var sum = 0.0;
  for (var e = starts[users[i]]; e < starts[users[i] + 1u]; e++) { sum += weights[row + known[e]]; }
  out[i] = sum;`,
);
export const SPARSE_SIMILARITY = each(
  'sparse similarity',
  { ...PAIRS, places: 'read u32', columns: 'read u32', values: 'read f32', out: 'write f32' },
  {},
  `let begin = starts[users[i]];
  let to = starts[users[i] + 1u];
  var sum = 0.0;
  for (var e = places[items[i]]; e < places[items[i] + 1u]; e++) {
    if (in_run(columns[e], begin, to)) { sum += values[e]; }
  }
  out[i] = sum;`,
  SEARCH,
);
export const PAIR_ENTRIES = each(
  'pair entries',
  { users: 'read u32', items: 'read u32', matrix: 'read f32', out: 'write f32' },
  { item_count: 'u32' },
  'out[i] = matrix[users[i] * p.item_count + items[i]];',
);
export const MARK_KNOWN = each(
  'mark known',
  { ...PAIRS, out: 'write f32' },
  {},
  'out[i] = select(0.0, 1.0, in_run(items[i], starts[users[i]], starts[users[i] + 1u]));',
  SEARCH,
);
/** A batch from columns, three columns at once. */
export const TAKE_BATCH = each(
  'take batch',
  {
    order: 'read u32',
    from_users: 'read u32',
    from_items: 'read u32',
    from_labels: 'read f32',
    users: 'write u32',
    items: 'write u32',
    labels: 'write f32',
  },
  { first: 'u32' },
  `let e = order[p.first + i];
  users[i] = from_users[e];
  items[i] = from_items[e];
  labels[i] = from_labels[e];`,
);
