/** Vectors in double precision, for Lanczos's method on a binary matrix in compressed rows. */

/** out[r] = sum of x[column] over the entries of row r. */
export function binaryTimes(rows: i32, starts: usize, columns: usize, x: usize, out: usize): void {
  for (let r = 0; r < rows; r++) {
    const at = starts + (<usize>r << 2);
    let e = columns + (<usize>load<i32>(at) << 2);
    const end = columns + (<usize>load<i32>(at, 4) << 2);
    let s0: f64 = 0, s1: f64 = 0, s2: f64 = 0, s3: f64 = 0;
    for (; e + 16 <= end; e += 16) {
      s0 += load<f64>(x + (<usize>load<i32>(e) << 3));
      s1 += load<f64>(x + (<usize>load<i32>(e, 4) << 3));
      s2 += load<f64>(x + (<usize>load<i32>(e, 8) << 3));
      s3 += load<f64>(x + (<usize>load<i32>(e, 12) << 3));
    }
    for (; e < end; e += 4) s0 += load<f64>(x + (<usize>load<i32>(e) << 3));
    store<f64>(out + (<usize>r << 3), s0 + s1 + (s2 + s3));
  }
}

/**
 * Takes from x[n] its parts along `count` orthonormal vectors, one row of `basis` each, and once more where much was taken, for accuracy (Daniel,
 * Gragg, Kaufman, Stewart 1976); returns the length of what is left. n is a multiple of four.
 */
export function orthogonalize(n: i32, count: i32, basis: usize, x: usize): f64 {
  const bytes = <usize>n << 3;
  let before = squares(bytes, x);
  for (let pass = 0; pass < 2; pass++) {
    for (let k = 0; k < count; k++) takePart(bytes, basis + <usize>k * bytes, x);
    const after = squares(bytes, x);
    if (after > 0.5 * before) return Math.sqrt(after);
    before = after;
  }
  return Math.sqrt(before);
}

/** x -= (x v) v. */
// @ts-ignore: decorator
@inline
function takePart(bytes: usize, v: usize, x: usize): void {
  let a = f64x2.splat(0), b = f64x2.splat(0);
  for (let i: usize = 0; i < bytes; i += 32) {
    a = f64x2.add(a, f64x2.mul(v128.load(x + i), v128.load(v + i)));
    b = f64x2.add(b, f64x2.mul(v128.load(x + i, 16), v128.load(v + i, 16)));
  }
  a = f64x2.add(a, b);
  const share = f64x2.splat(f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1));
  for (let i: usize = 0; i < bytes; i += 32) {
    v128.store(x + i, f64x2.sub(v128.load(x + i), f64x2.mul(share, v128.load(v + i))));
    v128.store(x + i, f64x2.sub(v128.load(x + i, 16), f64x2.mul(share, v128.load(v + i, 16))), 16);
  }
}

// @ts-ignore: decorator
@inline
function squares(bytes: usize, x: usize): f64 {
  let sum = f64x2.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(x + i), v128.load(x + i)));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
