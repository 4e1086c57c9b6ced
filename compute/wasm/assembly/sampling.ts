/** Training batches and evaluation candidates: items a user has not interacted with. */
import { philox, word0, word1, word2, word3 } from './philox';
import { bounded } from './random';

/**
 * Whether `item` is known to the user: a look into the user's row of bits where there are bits (one access of memory, which is
 * what counts here), else a binary search of the sorted run.
 */
// @ts-ignore: decorator
@inline
function isKnown(item: i32, bits: usize, items: usize, from: i32, to: i32): bool {
  if (bits != 0) return ((load<u8>(bits + (<usize>item >> 3)) >>> (item & 7)) & 1) != 0;
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
 * The j-th negative of interaction e when its first word was no use: fifteen more tries, then, for users who know nearly
 * everything, an exact draw by rank.
 */
function redraw(e: u32, j: u32, bits: usize, known: usize, from: i32, to: i32, itemCount: i32, stream: u32, epoch: u32, k0: u32, k1: u32): i32 {
  for (let attempt: u32 = 1; attempt < 16; attempt++) {
    const item = <i32>bounded(itemCount, e, (j << 8) | attempt, stream, epoch, k0, k1);
    if (!isKnown(item, bits, known, from, to)) return item;
  }
  return unknownAt(<i32>bounded(itemCount - (to - from), e, (j << 8) | 16, stream, epoch, k0, k1), known, from, to);
}

// @ts-ignore: decorator
@inline
function putNegative(users: usize, items: usize, labels: usize, user: i32, item: i32): void {
  store<i32>(users, user);
  store<i32>(items, item);
  store<f32>(labels, 0);
}

/**
 * A batch of positives with `negatives` each: for interaction e = order[first + b], rows b (1 + negatives) ... hold
 * (user, item, 1) then (user, drawn item, 0). The draw belongs to (seed, stream, epoch, e, which), and is uniform over the items
 * outside the user's known run: one counter gives the words of four negatives, and a word that is rejected is drawn anew.
 * known: starts[users + 1], items sorted within a user; bits: a row of itemCount bits a user, bytes padded, or 0. No user may know every item: the caller leaves such users out.
 */
export function drawBatch(
  count: i32, negatives: i32, first: i32, order: usize, userOf: usize, itemOf: usize, starts: usize, known: usize, bits: usize, itemCount: i32,
  stream: u32, epoch: u32, k0: u32, k1: u32, users: usize, items: usize, labels: usize,
): void {
  const threshold: u32 = (0 - <u32>itemCount) % <u32>itemCount; // of Lemire's exact test
  for (let b = 0; b < count; b++) {
    const e = load<i32>(order + (<usize>(first + b) << 2));
    const user = load<i32>(userOf + (<usize>e << 2));
    const from = load<i32>(starts + (<usize>user << 2)), to = load<i32>(starts + (<usize>user << 2), 4);
    const row: usize = bits == 0 ? 0 : bits + <usize>user * <usize>((itemCount + 7) >> 3);
    store<i32>(users, user);
    store<i32>(items, load<i32>(itemOf + (<usize>e << 2)));
    store<f32>(labels, 1);
    for (let j = 0; j < negatives; j += 4) {
      philox(e, 0x80000000 | <u32>j, stream, epoch, k0, k1);
      const m0 = <u64>word0 * <u64>itemCount, m1 = <u64>word1 * <u64>itemCount;
      const m2 = <u64>word2 * <u64>itemCount, m3 = <u64>word3 * <u64>itemCount;
      let item0 = <i32>(m0 >> 32), item1 = <i32>(m1 >> 32), item2 = <i32>(m2 >> 32), item3 = <i32>(m3 >> 32);
      const biased =
        i32(<u32>m0 < threshold) | (i32(<u32>m1 < threshold) << 1) | (i32(<u32>m2 < threshold) << 2) | (i32(<u32>m3 < threshold) << 3);
      const rejected = biased
        | i32(isKnown(item0, row, known, from, to)) | (i32(isKnown(item1, row, known, from, to)) << 1)
        | (i32(isKnown(item2, row, known, from, to)) << 2) | (i32(isKnown(item3, row, known, from, to)) << 3);
      if (rejected != 0) {
        if (rejected & 1) item0 = redraw(e, j, row, known, from, to, itemCount, stream, epoch, k0, k1);
        if (rejected & 2) item1 = redraw(e, j + 1, row, known, from, to, itemCount, stream, epoch, k0, k1);
        if (rejected & 4) item2 = redraw(e, j + 2, row, known, from, to, itemCount, stream, epoch, k0, k1);
        if (rejected & 8) item3 = redraw(e, j + 3, row, known, from, to, itemCount, stream, epoch, k0, k1);
      }
      const at = <usize>(j + 1) << 2;
      putNegative(users + at, items + at, labels + at, user, item0);
      if (j + 1 < negatives) putNegative(users + at + 4, items + at + 4, labels + at + 4, user, item1);
      if (j + 2 < negatives) putNegative(users + at + 8, items + at + 8, labels + at + 8, user, item2);
      if (j + 3 < negatives) putNegative(users + at + 12, items + at + 12, labels + at + 12, user, item3);
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
