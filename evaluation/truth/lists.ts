import type { UserItems } from '../../datasets/interactions.js';

/**
 * Finds a user's best `size` items outside of what they had: best first, equal scores by lower item. The list is a view, valid until the next
 * call, and shorter where fewer items are left. Throws nothing; a score that is no number is never better.
 */
export class BestItems {
  private readonly items: Int32Array;
  private readonly scores: Float32Array;

  constructor(
    readonly size: number,
    private readonly had: UserItems,
  ) {
    this.items = new Int32Array(size);
    this.scores = new Float32Array(size);
  }

  /** scores[items] of a user. */
  of(user: number, scores: Float32Array): Int32Array {
    const { items: best, scores: values, size, had } = this;
    let count = 0;
    let least = Number.NEGATIVE_INFINITY;
    let next = had.starts[user] as number;
    const end = had.starts[user + 1] as number;
    let known = next < end ? (had.items[next] as number) : -1;
    for (let item = 0; item < scores.length; item++) {
      if (item === known) {
        next++;
        known = next < end ? (had.items[next] as number) : -1;
        continue;
      }
      const score = scores[item] as number;
      if (count === size && !(score > least)) continue;
      let place = count < size ? count++ : size - 1;
      for (; place > 0 && score > (values[place - 1] as number); place--) {
        values[place] = values[place - 1] as number;
        best[place] = best[place - 1] as number;
      }
      values[place] = score;
      best[place] = item;
      if (count === size) least = values[size - 1] as number;
    }
    return best.subarray(0, count);
  }
}
