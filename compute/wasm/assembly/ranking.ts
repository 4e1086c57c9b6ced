/** Places in a ranking. */

/**
 * For each of n rows of scores[n, width], of which the first is the target's and counts[r] more are candidates': how many
 * candidates score higher and how many the same. A score that is not a number makes both -1.
 */
export function countAbove(n: i32, width: i32, scores: usize, counts: usize, greater: usize, equal: usize): void {
  for (let r = 0; r < n; r++, scores += <usize>width << 2) {
    const target = load<f32>(scores);
    let above = 0, same = 0;
    let valid = target == target;
    const count = load<i32>(counts + (<usize>r << 2));
    for (let c = 1; c <= count; c++) {
      const score = load<f32>(scores + (<usize>c << 2));
      above += i32(score > target);
      same += i32(score == target);
      valid = valid && score == score;
    }
    store<i32>(greater + (<usize>r << 2), valid ? above : -1);
    store<i32>(equal + (<usize>r << 2), valid ? same : -1);
  }
}

/** Indices of the k largest of n scores, best first; equal scores by lower index. A k-place insertion list. */
export function topK(n: i32, k: i32, scores: usize, out: usize): void {
  let held = 0;
  for (let i = 0; i < n; i++) {
    const score = load<f32>(scores + (<usize>i << 2));
    if (held == k && !(score > load<f32>(scores + (<usize>load<i32>(out + (<usize>(k - 1) << 2)) << 2)))) continue;
    let place = held < k ? held++ : k - 1;
    while (place > 0) {
      const before = load<i32>(out + (<usize>(place - 1) << 2));
      if (!(score > load<f32>(scores + (<usize>before << 2)))) break;
      store<i32>(out + (<usize>place << 2), before);
      place--;
    }
    store<i32>(out + (<usize>place << 2), i);
  }
}
