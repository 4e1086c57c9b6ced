/** Training batches and evaluation candidates: items a user has not interacted with. */
import { bounded } from './random';

/** Whether `item` stands in the user's sorted run of known items. */
// @ts-ignore: decorator
@inline
function isKnown(item: i32, items: usize, from: i32, to: i32): bool {
  let low = from, high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<i32>(items + (<usize>middle << 2)) < item) low = middle + 1;
    else high = middle;
  }
  return low < to && load<i32>(items + (<usize>low << 2)) == item;
}

/** The j-th (from 0) item outside a sorted run of known items. */
function unknownAt(j: i32, items: usize, from: i32, to: i32): i32 {
  let low = 0, high = to - from; // how many known items stand before the answer
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<i32>(items + (<usize>(from + middle) << 2)) - middle <= j) low = middle + 1;
    else high = middle;
  }
  return j + low;
}

/**
 * A batch of positives with `negatives` each: for interaction e = order[first + b], rows b (1 + negatives) ... hold
 * (user, item, 1) then (user, drawn item, 0). The draw belongs to (seed, stream, epoch, e, which), uniform over the items outside
 * the user's known run: sixteen rejected tries, then, for users who know nearly everything, an exact draw by rank.
 * known: starts[users + 1], items sorted within a user. A user who knows every item gets itself repeated as a negative never:
 * the caller drops such users.
 */
export function drawBatch(
  count: i32, negatives: i32, first: i32, order: usize, userOf: usize, itemOf: usize, starts: usize, known: usize, itemCount: i32,
  stream: u32, epoch: u32, k0: u32, k1: u32, users: usize, items: usize, labels: usize,
): void {
  for (let b = 0; b < count; b++) {
    const e = <usize>load<i32>(order + (<usize>(first + b) << 2));
    const user = load<i32>(userOf + (e << 2));
    const from = load<i32>(starts + (<usize>user << 2)), to = load<i32>(starts + (<usize>user << 2), 4);
    store<i32>(users, user);
    store<i32>(items, load<i32>(itemOf + (e << 2)));
    store<f32>(labels, 1);
    for (let j = 1; j <= negatives; j++) {
      let item = 0;
      let attempt = 0;
      for (; attempt < 16; attempt++) {
        item = <i32>bounded(itemCount, <u32>e, (j << 8) | attempt, stream, epoch, k0, k1);
        if (!isKnown(item, known, from, to)) break;
      }
      if (attempt == 16) {
        item = unknownAt(<i32>bounded(itemCount - (to - from), <u32>e, (j << 8) | attempt, stream, epoch, k0, k1), known, from, to);
      }
      const at = <usize>j << 2;
      store<i32>(users + at, user);
      store<i32>(items + at, item);
      store<f32>(labels + at, 0);
    }
    const step = <usize>(negatives + 1) << 2;
    users += step;
    items += step;
    labels += step;
  }
}

/**
 * Distinct items outside each user's known run, uniform without replacement (Floyd's algorithm over ranks of unknown items).
 * Users rows[0..n): writes counts[n] = min(size, unknown) and out[n, size], in drawn order; the rest of a row is -1.
 */
export function drawCandidates(
  n: i32, size: i32, rows: usize, starts: usize, known: usize, itemCount: i32, stream: u32, k0: u32, k1: u32, counts: usize, out: usize,
): void {
  for (let r = 0; r < n; r++, out += <usize>size << 2) {
    const user = load<i32>(rows + (<usize>r << 2));
    const from = load<i32>(starts + (<usize>user << 2)), to = load<i32>(starts + (<usize>user << 2), 4);
    const unknown = itemCount - (to - from);
    const count = min(size, unknown);
    store<i32>(counts + (<usize>r << 2), count);
    for (let j = 0; j < size; j++) store<i32>(out + (<usize>j << 2), -1);
    for (let j = 0; j < count; j++) {
      const last = unknown - count + j;
      let rank = <i32>bounded(<u32>last + 1, j, user, stream, 0, k0, k1);
      for (let seen = 0; seen < j; seen++) {
        if (load<i32>(out + (<usize>seen << 2)) == rank) {
          rank = last;
          break;
        }
      }
      store<i32>(out + (<usize>j << 2), rank);
    }
    for (let j = 0; j < count; j++) {
      const at = out + (<usize>j << 2);
      store<i32>(at, unknownAt(load<i32>(at), known, from, to));
    }
  }
}
