/** Gram matrices of binary matrices, and products in double precision, for closed forms. */

/**
 * X'X of a binary matrix X, the lower triangle, from the lists of users and of items. Users' lists are sorted; `next` starts as a copy
 * of `starts`. out[n, wide] starts as zeros.
 */
export function gramLower(n: i32, itemStarts: usize, itemUsers: usize, starts: usize, known: usize, next: usize, out: usize, wide: i32): void {
  gram<f64>(n, itemStarts, itemUsers, starts, known, next, out, wide);
}

/** The same in single precision: right up to 2^24 users. */
export function gramLowerSingle(n: i32, itemStarts: usize, itemUsers: usize, starts: usize, known: usize, next: usize, out: usize, wide: i32): void {
  gram<f32>(n, itemStarts, itemUsers, starts, known, next, out, wide);
}

// @ts-ignore: decorator
@inline
function gram<T>(n: i32, itemStarts: usize, itemUsers: usize, starts: usize, known: usize, next: usize, out: usize, wide: i32): void {
  for (let i = 0; i < n; i++, out += <usize>wide * sizeof<T>()) {
    const at = itemStarts + (<usize>i << 2);
    for (let e = load<i32>(at), end = load<i32>(at, 4); e < end; e++) {
      const user = <usize>load<i32>(itemUsers + (<usize>e << 2)) << 2;
      const last = load<i32>(next + user);
      store<i32>(next + user, last + 1);
      // The user's items up to this one.
      const to = known + (<usize>last << 2);
      for (let k = known + (<usize>load<i32>(starts + user) << 2); k <= to; k += 4) {
        const cell = out + <usize>load<i32>(k) * sizeof<T>();
        store<T>(cell, load<T>(cell) + <T>1);
      }
    }
  }
}

/**
 * C += A' B of A[depth, rows] and B[depth, columns], float64; rows and columns are multiples of 4. Rows of A, B and C start aRow, bRow and cRow
 * numbers after one another.
 */
export function addTurnedProduct(
  rows: i32, columns: i32, depth: i32, a: usize, aRow: i32, b: usize, bRow: i32, c: usize, cRow: i32,
): void {
  const aStep = <usize>aRow << 3, bStep = <usize>bRow << 3, cStep = <usize>cRow << 3;
  for (let m = 0; m < rows; m += 4) {
    for (let k = 0; k < columns; k += 4) {
      block4x4(<usize>depth, a + (<usize>m << 3), aStep, b + (<usize>k << 3), bStep, c + <usize>m * cStep + (<usize>k << 3), cStep);
    }
  }
}

/** Four rows and columns of C += A' B; steps are the bytes of a row. */
// @ts-ignore: decorator
@inline
function block4x4(depth: usize, a: usize, aStep: usize, b: usize, bStep: usize, c: usize, cStep: usize): void {
  let c00 = v128.load(c), c01 = v128.load(c, 16);
  const r1 = c + cStep, r2 = r1 + cStep, r3 = r2 + cStep;
  let c10 = v128.load(r1), c11 = v128.load(r1, 16), c20 = v128.load(r2), c21 = v128.load(r2, 16), c30 = v128.load(r3), c31 = v128.load(r3, 16);
  const end = b + depth * bStep;
  for (; b < end; b += bStep, a += aStep) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const x0 = v128.load64_splat(a), x1 = v128.load64_splat(a, 8), x2 = v128.load64_splat(a, 16), x3 = v128.load64_splat(a, 24);
    c00 = f64x2.add(c00, f64x2.mul(x0, b0));
    c01 = f64x2.add(c01, f64x2.mul(x0, b1));
    c10 = f64x2.add(c10, f64x2.mul(x1, b0));
    c11 = f64x2.add(c11, f64x2.mul(x1, b1));
    c20 = f64x2.add(c20, f64x2.mul(x2, b0));
    c21 = f64x2.add(c21, f64x2.mul(x2, b1));
    c30 = f64x2.add(c30, f64x2.mul(x3, b0));
    c31 = f64x2.add(c31, f64x2.mul(x3, b1));
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(r1, c10);
  v128.store(r1, c11, 16);
  v128.store(r2, c20);
  v128.store(r2, c21, 16);
  v128.store(r3, c30);
  v128.store(r3, c31, 16);
}
