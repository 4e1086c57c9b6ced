/**
 * Functions of single numbers, the same fits (Cephes, S. Moshier) in the same order as the default backend's: what a GPU calls exp or sin
 * may be off by thousands of units in the last place. A GPU may still join a product and a sum, so that the last bits differ.
 */
export const EXPONENTIAL = `
fn rest_of_exp(x: f32, whole: f32) -> f32 {
  var r = x - whole * 0.693359375;
  r = r - whole * -2.12194440e-4;
  var y = 1.9875691500e-4 * r + 1.3981999507e-3;
  y = y * r + 8.3334519073e-3;
  y = y * r + 4.1665795894e-2;
  y = y * r + 1.6666665459e-1;
  y = y * r + 5.0000001201e-1;
  return (y * (r * r) + r) + 1.0;
}
fn exp_of(x: f32) -> f32 {
  let clamped = clamp(x, -88.0, 89.0);
  let whole = floor(clamped * 1.44269504088896341 + 0.5);
  let n = i32(whole);
  let half = n >> 1u;
  let y = (rest_of_exp(clamped, whole) * bitcast<f32>((half + 127) << 23u)) * bitcast<f32>((n - half + 127) << 23u);
  return select(y, 0.0, x < -87.33654);
}
fn sigmoid(x: f32) -> f32 { return 1.0 / (1.0 + exp_of(-x)); }
`;

export const LOGARITHM = `
fn log_near_one(r: f32, e: f32) -> f32 {
  let z = r * r;
  var y = 7.0376836292e-2 * r - 1.1514610310e-1;
  y = y * r + 1.1676998740e-1;
  y = y * r - 1.2420140846e-1;
  y = y * r + 1.4249322787e-1;
  y = y * r - 1.6668057665e-1;
  y = y * r + 2.0000714765e-1;
  y = y * r - 2.4999993993e-1;
  y = y * r + 3.3333331174e-1;
  y = (r * z) * y;
  y = e * -2.12194440e-4 + y;
  y = y - z * 0.5;
  return (r + y) + e * 0.693359375;
}
fn log_of_normal(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  var e = i32(bits >> 23u) - 126;
  let mantissa = bitcast<f32>((bits & 0x007fffffu) | 0x3f000000u);
  let low = mantissa < 0.707106781186547524;
  e = e - select(0, 1, low);
  let r = (mantissa - 1.0) + select(0.0, mantissa, low);
  return log_near_one(r, f32(e));
}
`;

/** Needs EXPONENTIAL and LOGARITHM. */
export const SOFTPLUS = `
fn log_one_plus(t: f32) -> f32 {
  let large = t > 0.414213562373095049;
  return log_near_one(select(t, (t - 1.0) * 0.5, large), select(0.0, 1.0, large));
}
fn softplus(x: f32) -> f32 { return max(x, 0.0) + log_one_plus(exp_of(-abs(x))); }
`;

/** Philox4x32-10 and what the default backend makes of its words. */
export const PHILOX = `
fn high(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu; let a1 = a >> 16u; let b0 = b & 0xffffu; let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  let other = a0 * b1 + (middle & 0xffffu);
  return a1 * b1 + (middle >> 16u) + (other >> 16u);
}
fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0; round < 10; round++) {
    c = vec4u(high(0xcd9e8d57u, c.z) ^ c.y ^ k.x, 0xcd9e8d57u * c.z, high(0xd2511f53u, c.x) ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
fn unit(word: u32) -> f32 { return f32(word >> 8u) * 5.9604644775390625e-8; }
fn words_of(column: u32, row: u32, stream: u32, replicate: u32) -> vec4u {
  return philox(vec4u(((column >> 4u) << 2u) | (column & 3u), row, stream, replicate), vec2u(p.k0, p.k1));
}
fn words_at(column: u32, row: u32) -> vec4u { return words_of(column, row, p.stream, p.replicate); }
fn bounded(bound: u32, column: u32, row: u32) -> u32 {
  var k1 = p.k1;
  let threshold = (0u - bound) % bound;
  loop {
    let words = philox(vec4u(column, row, p.stream, p.replicate), vec2u(p.k0, k1));
    for (var w = 0u; w < 4u; w++) {
      if (words[w] * bound >= threshold) { return high(words[w], bound); }
    }
    k1 += 0x5bd1e995u;
  }
}
`;

/** Needs PHILOX and LOGARITHM. */
export const NORMAL = `
fn radius(word: u32) -> f32 {
  // To the nearest, which a conversion of 32 bits need not be; where u is close to 1, its last bit is all there is of the logarithm.
  let nearest = f32(word >> 8u) * 256.0 + f32(word & 255u);
  let u = (nearest + 0.5) * 2.3283064365386963e-10;
  return sqrt(max(-2.0 * log_of_normal(u), 0.0));
}
fn sine_and_cosine(u: f32) -> vec2f {
  let turns = u * 4.0;
  let quarter = round(turns);
  let q = i32(quarter);
  let r = (turns - quarter) * 1.57079632679489662;
  let z = r * r;
  let s = (r * z) * ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) + r;
  let c = (z * z) * ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) - z * 0.5 + 1.0;
  let odd = (q & 1) != 0;
  return vec2f(select(s, c, odd) * select(1.0, -1.0, (q & 2) != 0), select(c, s, odd) * select(1.0, -1.0, ((q + 1) & 2) != 0));
}
fn normal_of(words: vec4u, column: u32) -> f32 {
  let which = (column >> 2u) & 3u;
  let late = which > 1u;
  let turn = sine_and_cosine(unit(select(words.y, words.w, late)));
  return radius(select(words.x, words.z, late)) * select(turn.y, turn.x, (which & 1u) == 1u);
}
`;

/** Needs of NORMAL and PHILOX among a shader's numbers. */
export const KEY = { stream: 'u32', replicate: 'u32', k0: 'u32', k1: 'u32' } as const;

/** Sums over the threads of a workgroup, in a fixed order, for workgroups of a power of two. */
export const total = (size: number): string => `
var<workgroup> sums: array<f32, ${size}>;
fn total(lane: u32, value: f32) -> f32 {
  workgroupBarrier();
  sums[lane] = value;
  workgroupBarrier();
  for (var half = ${size / 2}u; half > 0u; half >>= 1u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  return sums[0];
}
`;

/** Running sums over the threads of a workgroup: of all threads before this one; \`counted\` is then that of all. */
export const running = (size: number): string => `
var<workgroup> tallies: array<u32, ${size}>;
fn before(lane: u32, value: u32) -> u32 {
  workgroupBarrier();
  tallies[lane] = value;
  workgroupBarrier();
  for (var step = 1u; step < ${size}u; step <<= 1u) {
    var added = 0u;
    if (lane >= step) { added = tallies[lane - step]; }
    workgroupBarrier();
    tallies[lane] += added;
    workgroupBarrier();
  }
  return tallies[lane] - value;
}
fn counted() -> u32 { return tallies[${size - 1}]; }
`;

/** Whether a number is none; comparisons may be optimized away, bits may not. */
export const IS_NAN = `fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }`;
