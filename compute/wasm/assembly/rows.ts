/** Rows of tables: the distinct rows of a batch, and moving vectors between distinct rows and batch positions. */

/**
 * Finds the distinct values of indices[0..n). `slotOf` has one entry a table row, -1 on entry and again on return. Slots are numbered in
 * order of first appearance. Writes slots[n], rows[count] and uses[count]; returns the count.
 */
export function distinct(n: i32, indices: usize, slotOf: usize, slots: usize, rows: usize, uses: usize): i32 {
  let count = 0;
  for (let r = 0; r < n; r++) {
    const row = load<i32>(indices + (<usize>r << 2));
    const entry = slotOf + (<usize>row << 2);
    let slot = load<i32>(entry);
    if (slot < 0) {
      slot = count++;
      store<i32>(entry, slot);
      store<i32>(rows + (<usize>slot << 2), row);
      store<i32>(uses + (<usize>slot << 2), 0);
    }
    store<i32>(slots + (<usize>r << 2), slot);
    const use = uses + (<usize>slot << 2);
    store<i32>(use, load<i32>(use) + 1);
  }
  for (let s = 0; s < count; s++) store<i32>(slotOf + (<usize>load<i32>(rows + (<usize>s << 2)) << 2), -1);
  return count;
}

// @ts-ignore: decorator
@inline
function copyRow(bytes: usize, from: usize, to: usize): void {
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) v128.store(to + k, v128.load(from + k));
  for (; k < bytes; k += 4) store<f32>(to + k, load<f32>(from + k));
}

// @ts-ignore: decorator
@inline
export function addRow(bytes: usize, from: usize, to: usize): void {
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) v128.store(to + k, f32x4.add(v128.load(to + k), v128.load(from + k)));
  for (; k < bytes; k += 4) store<f32>(to + k, load<f32>(to + k) + load<f32>(from + k));
}

/** out[r] = table[indices[r]], rows of `width`. */
export function gather(n: i32, width: i32, table: usize, indices: usize, out: usize): void {
  const bytes = <usize>width << 2;
  for (let r = 0; r < n; r++, out += bytes) {
    copyRow(bytes, table + <usize>load<i32>(indices + (<usize>r << 2)) * bytes, out);
  }
}

/** out[indices[r]] += from[r], rows of `width`: the adjoint of `gather`. */
export function scatterAdd(n: i32, width: i32, from: usize, indices: usize, out: usize): void {
  const bytes = <usize>width << 2;
  for (let r = 0; r < n; r++, from += bytes) {
    addRow(bytes, from, out + <usize>load<i32>(indices + (<usize>r << 2)) * bytes);
  }
}

/** out[r] = a[ai[r]] + b[bi[r]] + bias, rows of `width`; then the larger of it and `least` (-infinity: as it is, 0: ReLU). */
export function gatherPairSum(
  n: i32, width: i32, a: usize, ai: usize, b: usize, bi: usize, bias: usize, least: f32, out: usize,
): void {
  const bytes = <usize>width << 2;
  const floor = f32x4.splat(least);
  for (let r = 0; r < n; r++, out += bytes) {
    const x = a + <usize>load<i32>(ai + (<usize>r << 2)) * bytes;
    const y = b + <usize>load<i32>(bi + (<usize>r << 2)) * bytes;
    let k: usize = 0;
    for (; k + 16 <= bytes; k += 16) {
      const sum = f32x4.add(f32x4.add(v128.load(x + k), v128.load(y + k)), v128.load(bias + k));
      v128.store(out + k, f32x4.pmax(sum, floor));
    }
    for (; k < bytes; k += 4) {
      const sum = load<f32>(x + k) + load<f32>(y + k) + load<f32>(bias + k);
      store<f32>(out + k, sum < least ? least : sum);
    }
  }
}

/** out[r] = sum over k of weight[k] a[ai[r], k] b[bi[r], k]. */
export function pairProduct(n: i32, width: i32, a: usize, ai: usize, b: usize, bi: usize, weight: usize, out: usize): void {
  const bytes = <usize>width << 2;
  for (let r = 0; r < n; r++) {
    const x = a + <usize>load<i32>(ai + (<usize>r << 2)) * bytes;
    const y = b + <usize>load<i32>(bi + (<usize>r << 2)) * bytes;
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0);
    let k: usize = 0;
    for (; k + 32 <= bytes; k += 32) {
      s0 = f32x4.add(s0, f32x4.mul(f32x4.mul(v128.load(x + k), v128.load(y + k)), v128.load(weight + k)));
      s1 = f32x4.add(s1, f32x4.mul(f32x4.mul(v128.load(x + k, 16), v128.load(y + k, 16)), v128.load(weight + k, 16)));
    }
    s0 = f32x4.add(s0, s1);
    let sum = f32x4.extract_lane(s0, 0) + f32x4.extract_lane(s0, 1) + (f32x4.extract_lane(s0, 2) + f32x4.extract_lane(s0, 3));
    for (; k < bytes; k += 4) sum += load<f32>(x + k) * load<f32>(y + k) * load<f32>(weight + k);
    store<f32>(out + (<usize>r << 2), sum);
  }
}

/**
 * Adjoint of `pairProduct`: ga[ai[r]] += g w b, gb[bi[r]] += g w a, gw += g a b. Positions that follow one another with the same row of a, like a
 * click and its negatives, are taken together, so that this row, its gradient and that of w stay where they are computed.
 */
export function pairProductAdjoint(
  n: i32, width: i32, g: usize, a: usize, ai: usize, b: usize, bi: usize, weight: usize, ga: usize, gb: usize, gw: usize,
): void {
  const bytes = <usize>width << 2;
  const end = g + (<usize>n << 2);
  while (g < end) {
    const row = load<i32>(ai);
    let last = g + 4, next = ai + 4;
    for (; last < end && load<i32>(next) == row; last += 4) next += 4;
    const offset = <usize>row * bytes;
    if (next == ai + 4) pairAlone(bytes, g, a + offset, b, bi, weight, ga + offset, gb, gw);
    else pairRun(bytes, g, last, a + offset, b, bi, weight, ga + offset, gb, gw);
    bi += last - g;
    ai = next;
    g = last;
  }
}

// @ts-ignore: decorator
@inline
function pairAlone(bytes: usize, g: usize, x: usize, b: usize, bi: usize, weight: usize, gx: usize, gb: usize, gw: usize): void {
  const place = <usize>load<i32>(bi) * bytes, y = b + place, gy = gb + place;
  const upstream = load<f32>(g), d = f32x4.splat(upstream);
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) {
    const xk = v128.load(x + k), yk = v128.load(y + k), dw = f32x4.mul(d, v128.load(weight + k));
    v128.store(gx + k, f32x4.add(v128.load(gx + k), f32x4.mul(dw, yk)));
    v128.store(gy + k, f32x4.add(v128.load(gy + k), f32x4.mul(dw, xk)));
    v128.store(gw + k, f32x4.add(v128.load(gw + k), f32x4.mul(f32x4.mul(d, xk), yk)));
  }
  for (; k < bytes; k += 4) {
    const xk = load<f32>(x + k), yk = load<f32>(y + k), dw = upstream * load<f32>(weight + k);
    store<f32>(gx + k, load<f32>(gx + k) + dw * yk);
    store<f32>(gy + k, load<f32>(gy + k) + dw * xk);
    store<f32>(gw + k, load<f32>(gw + k) + upstream * xk * yk);
  }
}

// @ts-ignore: decorator
@inline
function pairRun(bytes: usize, g: usize, last: usize, x: usize, b: usize, bi: usize, weight: usize, gx: usize, gb: usize, gw: usize): void {
  let k: usize = 0;
  for (; k + 32 <= bytes; k += 32) {
    const x0 = v128.load(x + k), x1 = v128.load(x + k, 16), w0 = v128.load(weight + k), w1 = v128.load(weight + k, 16);
    let gx0 = v128.load(gx + k), gx1 = v128.load(gx + k, 16), gw0 = v128.load(gw + k), gw1 = v128.load(gw + k, 16);
    for (let r = g, i = bi; r < last; r += 4, i += 4) {
      const place = <usize>load<i32>(i) * bytes + k, y = b + place, gy = gb + place;
      const d = v128.load32_splat(r), y0 = v128.load(y), y1 = v128.load(y, 16);
      const dw0 = f32x4.mul(d, w0), dw1 = f32x4.mul(d, w1);
      v128.store(gy, f32x4.add(v128.load(gy), f32x4.mul(dw0, x0)));
      v128.store(gy, f32x4.add(v128.load(gy, 16), f32x4.mul(dw1, x1)), 16);
      gx0 = f32x4.add(gx0, f32x4.mul(dw0, y0));
      gx1 = f32x4.add(gx1, f32x4.mul(dw1, y1));
      gw0 = f32x4.add(gw0, f32x4.mul(f32x4.mul(d, x0), y0));
      gw1 = f32x4.add(gw1, f32x4.mul(f32x4.mul(d, x1), y1));
    }
    v128.store(gx + k, gx0);
    v128.store(gx + k, gx1, 16);
    v128.store(gw + k, gw0);
    v128.store(gw + k, gw1, 16);
  }
  for (; k < bytes; k += 4) {
    const xk = load<f32>(x + k), w = load<f32>(weight + k);
    let sumX = load<f32>(gx + k), sumW = load<f32>(gw + k);
    for (let r = g, i = bi; r < last; r += 4, i += 4) {
      const place = <usize>load<i32>(i) * bytes + k, upstream = load<f32>(r), yk = load<f32>(b + place), dw = upstream * w;
      store<f32>(gb + place, load<f32>(gb + place) + dw * xk);
      sumX += dw * yk;
      sumW += upstream * xk * yk;
    }
    store<f32>(gx + k, sumX);
    store<f32>(gw + k, sumW);
  }
}

/** out[k] += sum over r of x[r, k]. */
export function addColumnSums(rows: i32, width: i32, x: usize, out: usize): void {
  const bytes = <usize>width << 2;
  let k: usize = 0;
  for (; k + 64 <= bytes; k += 64) {
    let s0 = v128.load(out + k), s1 = v128.load(out + k, 16), s2 = v128.load(out + k, 32), s3 = v128.load(out + k, 48);
    for (let r = 0, p = x + k; r < rows; r++, p += bytes) {
      s0 = f32x4.add(s0, v128.load(p));
      s1 = f32x4.add(s1, v128.load(p, 16));
      s2 = f32x4.add(s2, v128.load(p, 32));
      s3 = f32x4.add(s3, v128.load(p, 48));
    }
    v128.store(out + k, s0);
    v128.store(out + k, s1, 16);
    v128.store(out + k, s2, 32);
    v128.store(out + k, s3, 48);
  }
  for (; k + 16 <= bytes; k += 16) {
    let sums = v128.load(out + k);
    for (let r = 0, p = x + k; r < rows; r++, p += bytes) sums = f32x4.add(sums, v128.load(p));
    v128.store(out + k, sums);
  }
  for (; k < bytes; k += 4) {
    let sum = load<f32>(out + k);
    for (let r = 0, p = x + k; r < rows; r++, p += bytes) sum += load<f32>(p);
    store<f32>(out + k, sum);
  }
}

/** Copies columns: to[r, toColumn..] = from[r, fromColumn..] for `count` columns; adds instead where `accumulate`. */
export function copyColumns(
  rows: i32, count: i32, from: usize, fromWidth: i32, fromColumn: i32, to: usize, toWidth: i32, toColumn: i32, accumulate: bool,
): void {
  const bytes = <usize>count << 2;
  let source = from + (<usize>fromColumn << 2), target = to + (<usize>toColumn << 2);
  for (let r = 0; r < rows; r++, source += <usize>fromWidth << 2, target += <usize>toWidth << 2) {
    if (accumulate) addRow(bytes, source, target);
    else copyRow(bytes, source, target);
  }
}

/** x[r] += bias, rows of `width`; then the larger of it and `least`, as in `gatherPairSum`. */
export function addBias(rows: i32, width: i32, bias: usize, least: f32, x: usize): void {
  const bytes = <usize>width << 2;
  const floor = f32x4.splat(least);
  for (let r = 0; r < rows; r++, x += bytes) {
    let k: usize = 0;
    for (; k + 16 <= bytes; k += 16) v128.store(x + k, f32x4.pmax(f32x4.add(v128.load(x + k), v128.load(bias + k)), floor));
    for (; k < bytes; k += 4) {
      const sum = load<f32>(x + k) + load<f32>(bias + k);
      store<f32>(x + k, sum < least ? least : sum);
    }
  }
}
