/** Scores of pairs that are read from a matrix: of items with items, or of users with items. */

/** Whether [low, high) of a sorted list holds an item; its place, or -1. */
// @ts-ignore: decorator
@inline
function placeOf(item: i32, items: usize, from: i32, to: i32): i32 {
  let low = from, high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<i32>(items + (<usize>middle << 2)) < item) low = middle + 1;
    else high = middle;
  }
  return low < to && load<i32>(items + (<usize>low << 2)) == item ? low : -1;
}

/** out[r] = sum over the items j that users[r] knows of weights[items[r], j], weights[itemCount, itemCount]. */
export function similarityDense(
  n: i32, users: usize, items: usize, starts: usize, known: usize, itemCount: i32, weights: usize, out: usize,
): void {
  for (let r: usize = 0; r < <usize>n << 2; r += 4) {
    const user = starts + (<usize>load<i32>(users + r) << 2);
    const row = weights + ((<usize>load<i32>(items + r) * <usize>itemCount) << 2);
    const end = known + (<usize>load<i32>(user, 4) << 2);
    let sum: f32 = 0;
    for (let e = known + (<usize>load<i32>(user) << 2); e < end; e += 4) sum += load<f32>(row + (<usize>load<i32>(e) << 2));
    store<f32>(out + r, sum);
  }
}

/** The same for few neighbours: those of item i are columns[places[i] .. places[i + 1]) with their weights. */
export function similaritySparse(
  n: i32, users: usize, items: usize, starts: usize, known: usize, places: usize, columns: usize, weights: usize, out: usize,
): void {
  for (let r: usize = 0; r < <usize>n << 2; r += 4) {
    const user = starts + (<usize>load<i32>(users + r) << 2);
    const from = load<i32>(user), to = load<i32>(user, 4);
    const item = places + (<usize>load<i32>(items + r) << 2);
    let sum: f32 = 0;
    for (let e = load<i32>(item); e < load<i32>(item, 4); e++) {
      const at = <usize>e << 2;
      if (placeOf(load<i32>(columns + at), known, from, to) >= 0) sum += load<f32>(weights + at);
    }
    store<f32>(out + r, sum);
  }
}

/** out[r] = matrix[users[r], items[r]] of a matrix [users, itemCount]. */
export function pairEntries(n: i32, users: usize, items: usize, itemCount: i32, matrix: usize, out: usize): void {
  for (let r: usize = 0; r < <usize>n << 2; r += 4) {
    const at = <usize>load<i32>(users + r) * <usize>itemCount + <usize>load<i32>(items + r);
    store<f32>(out + r, load<f32>(matrix + (at << 2)));
  }
}

/** out[r] = 1 where users[r] knows items[r], else 0. */
export function markKnown(n: i32, users: usize, items: usize, starts: usize, known: usize, out: usize): void {
  for (let r: usize = 0; r < <usize>n << 2; r += 4) {
    const user = starts + (<usize>load<i32>(users + r) << 2);
    store<f32>(out + r, <f32>i32(placeOf(load<i32>(items + r), known, load<i32>(user), load<i32>(user, 4)) >= 0));
  }
}
