/**
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a counter of four
 * words and a key of two give four random words, so that a number belongs to what it is drawn for, not to when.
 */

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/** Results of the last call of `philox`. */
export let word0: u32 = 0;
export let word1: u32 = 0;
export let word2: u32 = 0;
export let word3: u32 = 0;

// @ts-ignore: decorator
@inline
export function philox(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32): void {
  for (let round = 0; round < 10; round++) {
    const p0 = <u64>M0 * <u64>c0;
    const p1 = <u64>M1 * <u64>c2;
    c0 = <u32>(p1 >> 32) ^ c1 ^ k0;
    c2 = <u32>(p0 >> 32) ^ c3 ^ k1;
    c1 = <u32>p1;
    c3 = <u32>p0;
    k0 += W0;
    k1 += W1;
  }
  word0 = c0;
  word1 = c1;
  word2 = c2;
  word3 = c3;
}

/** Results of the last call of `philox4`: lane l of vector w is word w of counter l. */
export let vector0: v128 = i32x4.splat(0);
export let vector1: v128 = i32x4.splat(0);
export let vector2: v128 = i32x4.splat(0);
export let vector3: v128 = i32x4.splat(0);

/** Four counters at once, one a lane. */
// @ts-ignore: decorator
@inline
export function philox4(c0: v128, c1: v128, c2: v128, c3: v128, k0: u32, k1: u32): void {
  const m0 = i32x4.splat(M0);
  const m1 = i32x4.splat(M1);
  for (let round = 0; round < 10; round++) {
    const low0 = i64x2.extmul_low_i32x4_u(c0, m0);
    const high0 = i64x2.extmul_high_i32x4_u(c0, m0);
    const low1 = i64x2.extmul_low_i32x4_u(c2, m1);
    const high1 = i64x2.extmul_high_i32x4_u(c2, m1);
    const upper1 = v128.shuffle<u32>(low1, high1, 1, 3, 5, 7);
    const upper0 = v128.shuffle<u32>(low0, high0, 1, 3, 5, 7);
    c0 = v128.xor(v128.xor(upper1, c1), i32x4.splat(k0));
    c2 = v128.xor(v128.xor(upper0, c3), i32x4.splat(k1));
    c1 = v128.shuffle<u32>(low1, high1, 0, 2, 4, 6);
    c3 = v128.shuffle<u32>(low0, high0, 0, 2, 4, 6);
    k0 += W0;
    k1 += W1;
  }
  vector0 = c0;
  vector1 = c1;
  vector2 = c2;
  vector3 = c3;
}

/**
 * The layout of numbers drawn for a (row, column): sixteen consecutive columns take four counters. Column c has counter
 * word 0 = (c / 16) * 4 + c mod 4 and reads output word (c / 4) mod 4, so that a vector holds consecutive columns.
 */
// @ts-ignore: decorator
@inline
export function drawColumns(column: u32, row: u32, stream: u32, replicate: u32, k0: u32, k1: u32): void {
  const first = (column >> 4) << 2;
  philox4(
    i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)),
    i32x4.splat(row),
    i32x4.splat(stream),
    i32x4.splat(replicate),
    k0,
    k1,
  );
}

/** The 32 bits of one (row, column), as `drawColumns` lays them out. */
export function wordAt(column: u32, row: u32, stream: u32, replicate: u32, k0: u32, k1: u32): u32 {
  philox(((column >> 4) << 2) | (column & 3), row, stream, replicate, k0, k1);
  const which = (column >> 2) & 3;
  return which == 0 ? word0 : which == 1 ? word1 : which == 2 ? word2 : word3;
}

/** For the published test vectors: four words to `out`. */
export function philoxWords(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32, out: usize): void {
  philox(c0, c1, c2, c3, k0, k1);
  store<u32>(out, word0, 0);
  store<u32>(out, word1, 4);
  store<u32>(out, word2, 8);
  store<u32>(out, word3, 12);
}
