/** Item neighbourhoods: the most similar others of every item, from the lists of users alone. */

/**
 * Shrunk cosine n_ij / (sqrt(n_i n_j) + shrink) of all pairs of items that someone knows both of, each pair counted once, and for each item the
 * `most` largest, equal ones by lower item. Users' lists are sorted. `next` starts as a copy of `starts`; together[items] (i32)
 * are zeros, and are left so. Items first to end are gone through, after those before them. values[item * most ..] (f64) and others are heaps of sizes[item], the least in front.
 */
export function nearestItems(
  first: i32, end: i32, count: i32, itemStarts: usize, itemUsers: usize, starts: usize, known: usize, next: usize, together: usize,
  shrink: f64, most: i32, values: usize, others: usize, sizes: usize,
): void {
  for (let i = first; i < end; i++) {
    const at = <usize>i << 2;
    const from = load<i32>(itemStarts + at), to = load<i32>(itemStarts + at, 4);
    for (let e = from; e < to; e++) {
      const user = <usize>load<i32>(itemUsers + (<usize>e << 2)) << 2;
      // The user's items after this one: those before have met it already.
      const after = load<i32>(next + user) + 1;
      store<i32>(next + user, after);
      const last = known + (<usize>load<i32>(starts + user, 4) << 2);
      for (let k = known + (<usize>after << 2); k < last; k += 4) {
        const cell = together + (<usize>load<i32>(k) << 2);
        store<i32>(cell, load<i32>(cell) + 1);
      }
    }
    const own = <f64>(to - from);
    for (let j = i + 1; j < count; j++) {
      const place = <usize>j << 2;
      const n = load<i32>(together + place);
      if (n == 0) continue;
      store<i32>(together + place, 0);
      const other = <f64>(load<i32>(itemStarts + place, 4) - load<i32>(itemStarts + place));
      const value = <f64>n / (Math.sqrt(own * other) + shrink);
      offer(i, j, value, most, values, others, sizes);
      offer(j, i, value, most, values, others, sizes);
    }
  }
}

/** Whether (a, i) is less than (b, j): less similar, or as similar with a higher item. */
// @ts-ignore: decorator
@inline
function isLess(a: f64, i: i32, b: f64, j: i32): bool {
  return a < b || (a == b && i > j);
}

// @ts-ignore: decorator
@inline
function offer(item: i32, other: i32, value: f64, most: i32, values: usize, others: usize, sizes: usize): void {
  const at = sizes + (<usize>item << 2);
  const size = load<i32>(at);
  const v = values + (<usize>item * <usize>most << 3), o = others + (<usize>item * <usize>most << 2);
  if (size < most) {
    store<i32>(at, size + 1);
    rise(size, other, value, v, o);
  } else if (isLess(load<f64>(v), load<i32>(o), value, other)) sink(most, other, value, v, o);
}

function rise(place: i32, other: i32, value: f64, v: usize, o: usize): void {
  let k = <usize>place;
  while (k > 0) {
    const up: usize = (k - 1) >> 1;
    const above = load<f64>(v + (up << 3));
    const item = load<i32>(o + (up << 2));
    if (!isLess(value, other, above, item)) break;
    store<f64>(v + (k << 3), above);
    store<i32>(o + (k << 2), item);
    k = up;
  }
  store<f64>(v + (k << 3), value);
  store<i32>(o + (k << 2), other);
}

function sink(size: i32, other: i32, value: f64, v: usize, o: usize): void {
  let k: usize = 0;
  while (true) {
    let down: usize = 2 * k + 1;
    if (down >= <usize>size) break;
    if (down + 1 < <usize>size && isLess(load<f64>(v + (down << 3), 8), load<i32>(o + (down << 2), 4), load<f64>(v + (down << 3)), load<i32>(o + (down << 2)))) down++;
    const below = load<f64>(v + (down << 3));
    const item = load<i32>(o + (down << 2));
    if (!isLess(below, item, value, other)) break;
    store<f64>(v + (k << 3), below);
    store<i32>(o + (k << 2), item);
    k = down;
  }
  store<f64>(v + (k << 3), value);
  store<i32>(o + (k << 2), other);
}
