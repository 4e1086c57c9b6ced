import { each, grouped } from '../shader.js';
import { EXPONENTIAL, LOGARITHM, NORMAL, PHILOX, running, SOFTPLUS, total } from './maths.js';

/** Items that a workgroup looks at, and words of a mask that their bits take. */
export const ITEMS_A_GROUP = 256;
export const WORDS_A_GROUP = ITEMS_A_GROUP / 32;

/** Operands of `log_p`, of all users and items; e(x, z) of the users at hand. Behind the items' biases stand the eight numbers of the calibration. */
const WORLD = {
  users: 'read f32',
  items_turned: 'read f32',
  item_bias: 'read f32',
  shift: 'read f32',
  noise_users: 'read f32',
  noise_items: 'read f32',
  extra: 'read f32',
} as const;

/** p.second_stage: 0, 1 without e(x, z), or 2. Normal noise has a stream of its own; its scale is 0 where there is none. */
const NUMBERS = {
  first_user: 'u32',
  count: 'u32',
  items: 'u32',
  dim: 'u32',
  power: 'f32',
  scale: 'f32',
  first: 'f32',
  second: 'f32',
  second_stage: 'u32',
  noise_stream: 'u32',
  stream: 'u32',
  replicate: 'u32',
  k0: 'u32',
  k1: 'u32',
} as const;

/** log p_exp before its cap, of the r-th user at hand (paper, A.6.3). */
const LOG_P = `${EXPONENTIAL}${LOGARITHM}${SOFTPLUS}${PHILOX}${NORMAL}
fn log_p(r: u32, item: u32) -> f32 {
  let user = p.first_user + r;
  var logit = item_bias[item];
  for (var k = 0u; k < p.dim; k++) { logit += users[user * p.dim + k] * items_turned[k * p.items + item]; }
  let l = logit + shift[user];
  // The curve of the calibration: a line, its three knots, and the bends there.
  let c = p.items;
  var calibrated = item_bias[c] + item_bias[c + 1u] * l;
  for (var j = 2u; j < 5u; j++) { calibrated += item_bias[c + j + 3u] * max(0.0, l - item_bias[c + j]); }
  let fitted = p.power * -softplus(-calibrated);
  var noise = noise_users[user] + noise_items[item];
  if (p.scale > 0.0) { noise += p.scale * normal_of(words_of(item, user, p.noise_stream, 0u), item); }
  var x = (fitted + noise) + p.first;
  if (p.second_stage > 0u) {
    x = min(x, 0.0) + p.second;
    if (p.second_stage == 2u) { x += extra[r * p.items + item]; }
  }
  return x;
}
/** True with a probability, to within 2^-32. */
fn below(word: u32, probability: f32) -> bool {
  return probability >= 1.0 || word < u32(probability * 4294967296.0);
}
`;

const ITEM = `let blocks = (p.items + 255u) / 256u;
  let r = group / blocks;
  let block = group % blocks;
  let item = block * 256u + lane;`;

/** Draws O ~ Bernoulli(p_exp) for 256 items of a user, to a bit each; capped[0] counts pairs whose probability was capped. */
export const DRAW_EXPOSURES = grouped(
  'draw exposures',
  { ...WORLD, masks: 'write u32', capped: 'change atomic<u32>' },
  NUMBERS,
  `${ITEM}
  if (lane < 9u) { atomicStore(&bits[lane], 0u); }
  workgroupBarrier();
  if (r < p.count && item < p.items) {
    let x = log_p(r, item);
    let word = words_at(item, p.first_user + r)[(item >> 2u) & 3u];
    if (below(word, exp_of(min(x, 0.0)))) { atomicOr(&bits[lane / 32u], 1u << (lane % 32u)); }
    if (x >= 0.0) { atomicAdd(&bits[8], 1u); }
  }
  workgroupBarrier();
  if (r < p.count && lane < 8u) { masks[(r * blocks + block) * 8u + lane] = atomicLoad(&bits[lane]); }
  if (lane == 8u) {
    let over = atomicLoad(&bits[8]);
    if (over > 0u) { atomicAdd(&capped[0], over); }
  }`,
  { library: `${LOG_P}\nvar<workgroup> bits: array<atomic<u32>, 9>;` },
);

/** How many bits stand before each word of a user's mask, and in all. A workgroup a user. */
export const COUNT_EXPOSURES = grouped(
  'count exposures',
  { masks: 'read u32', before_word: 'write u32', counts: 'write u32' },
  { count: 'u32', words: 'u32' },
  `if (group >= p.count) { return; }
  let share = (p.words + 255u) / 256u;
  let begin = group * p.words + min(lane * share, p.words);
  let end = group * p.words + min((lane + 1u) * share, p.words);
  var ones = 0u;
  for (var w = begin; w < end; w++) { ones += countOneBits(masks[w]); }
  var passed = before(lane, ones);
  for (var w = begin; w < end; w++) { before_word[w] = passed; passed += countOneBits(masks[w]); }
  if (lane == 0u) { counts[group] = counted(); }`,
  { library: running(256) },
);

/** Lists the pairs whose bits are set, in order; a thread a word. */
export const LIST_EXPOSURES = each(
  'list exposures',
  {
    masks: 'read u32',
    before_word: 'read u32',
    starts: 'read u32',
    list_users: 'write u32',
    list_items: 'write u32',
  },
  { words: 'u32', first_user: 'u32' },
  `let r = i / p.words;
  var at = starts[r] + before_word[i];
  var mask = masks[i];
  while (mask != 0u) {
    let bit = countTrailingZeros(mask);
    mask &= mask - 1u;
    list_users[at] = p.first_user + r;
    list_items[at] = (i % p.words) * 32u + bit;
    at++;
  }`,
);

/** p_exp of listed pairs. */
export const LISTED_EXPOSURES = each(
  'listed exposures',
  { ...WORLD, list_users: 'read u32', list_items: 'read u32', out: 'write f32' },
  NUMBERS,
  'out[i] = exp_of(min(log_p(list_users[i] - p.first_user, list_items[i]), 0.0));',
  LOG_P,
);

/**
 * Outcomes of listed pairs: out[5, n] of relevance (its bits), clicked, time, part of the split, item. Numbers of the draw as in the default
 * backend.
 */
export const DRAW_OUTCOMES = each(
  'draw outcomes',
  {
    users: 'read f32',
    items: 'read f32',
    user_bias: 'read f32',
    item_bias: 'read f32',
    noise_users: 'read f32',
    noise_items: 'read f32',
    list_users: 'read u32',
    list_items: 'read u32',
    out: 'write u32',
  },
  {
    dim: 'u32',
    scale: 'f32',
    noise_stream: 'u32',
    span: 'u32',
    stream: 'u32',
    replicate: 'u32',
    k0: 'u32',
    k1: 'u32',
  },
  `let user = list_users[i];
  let item = list_items[i];
  var score = user_bias[user] + item_bias[item];
  for (var k = 0u; k < p.dim; k++) { score += users[user * p.dim + k] * items[item * p.dim + k]; }
  var noise = noise_users[user] + noise_items[item];
  if (p.scale > 0.0) { noise += p.scale * normal_of(words_of(item, user, p.noise_stream, 0u), item); }
  let relevance = sigmoid(score - noise);
  let words = philox(vec4u(item, user, p.stream, p.replicate), vec2u(p.k0, p.k1));
  out[i] = bitcast<u32>(relevance);
  out[p.n + i] = select(0u, 1u, relevance >= 1.0 || words.x < u32(relevance * 4294967296.0));
  out[2u * p.n + i] = high(words.y, p.span);
  out[3u * p.n + i] = words.z >> 8u;
  out[4u * p.n + i] = item;`,
  EXPONENTIAL + LOGARITHM + PHILOX + NORMAL,
);

/** For each user expected exposures, all and those below the cap. A workgroup a user. */
export const EXPECT_EXPOSURES = grouped(
  'expect exposures',
  { ...WORLD, out: 'write f32' },
  NUMBERS,
  `if (group >= p.count) { return; }
  var s = vec2f();
  for (var item = lane; item < p.items; item += 256u) {
    let x = log_p(group, item);
    let probability = exp_of(min(x, 0.0));
    s += vec2f(probability, select(0.0, probability, x < 0.0));
  }
  let all = total(lane, s.x);
  let free = total(lane, s.y);
  if (lane == 0u) { out[2u * group] = all; out[2u * group + 1u] = free; }`,
  { library: LOG_P + total(256) },
);
