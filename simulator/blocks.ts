/** Items in blocks of near ones: block b has the items order[starts[b] .. starts[b + 1]). */
export interface Blocks {
  readonly count: number;
  readonly starts: Int32Array;
  readonly order: Int32Array;
}

/** A ball around each block's vectors, and the largest of another number in it. */
export interface Balls {
  /** [dim, blocks], transposed for products with users. */
  readonly centres: Float32Array;
  readonly radii: Float32Array;
}

/** Vectors of items, one table beside another. */
export interface Coordinates {
  readonly dim: number;
  readonly values: Float32Array;
}

/** Items that a block holds at most. */
const BLOCK = 16;

/**
 * Divides items by halves, each time along the coordinate that varies most, until no more than 16 are together. The same blocks on every
 * machine.
 */
export function makeBlocks(items: number, tables: readonly Coordinates[]): Blocks {
  const order = Int32Array.from({ length: items }, (_, item) => item);
  const ends: number[] = [];
  const keys = new Float64Array(items);
  const split = (from: number, to: number): void => {
    if (to - from <= BLOCK) {
      ends.push(to);
      return;
    }
    const { values, dim, column } = widest(order.subarray(from, to), tables);
    for (let p = from; p < to; p++) {
      const item = order[p] as number;
      keys[item] = values[item * dim + column] as number;
    }
    // Sorted by key and, for equal keys, by item.
    order.subarray(from, to).sort((a, b) => (keys[a] as number) - (keys[b] as number) || a - b);
    const middle = from + Math.ceil((to - from) / 2);
    split(from, middle);
    split(middle, to);
  };
  split(0, items);
  return { count: ends.length, starts: Int32Array.of(0, ...ends), order };
}

/** The coordinate that varies most among some items. */
function widest(items: Int32Array, tables: readonly Coordinates[]): Coordinates & { readonly column: number } {
  let best: Coordinates & { column: number } = { values: new Float32Array(), dim: 1, column: 0 };
  let most = -1;
  for (const { values, dim } of tables) {
    for (let column = 0; column < dim; column++) {
      let [sum, squares] = [0, 0];
      for (const item of items) {
        const value = values[item * dim + column] as number;
        sum += value;
        squares += value * value;
      }
      const variance = squares - (sum * sum) / items.length;
      if (variance > most) [most, best] = [variance, { values, dim, column }];
    }
  }
  return best;
}

/** The ball of each block: around its mean, with the largest distance as radius. */
export function ballsOf({ count, starts, order }: Blocks, { values, dim }: Coordinates): Balls {
  const [centres, radii] = [new Float32Array(dim * count), new Float32Array(count)];
  for (let b = 0; b < count; b++) {
    const own = order.subarray(starts[b], starts[b + 1]);
    const centre = new Float64Array(dim);
    for (const item of own) for (let k = 0; k < dim; k++) (centre[k] as number) += values[item * dim + k] as number;
    // As it is stored, so that distances are from where products are taken.
    for (let k = 0; k < dim; k++) {
      centres[k * count + b] = (centre[k] as number) / own.length;
      centre[k] = centres[k * count + b] as number;
    }
    let largest = 0;
    for (const item of own) {
      let squared = 0;
      for (let k = 0; k < dim; k++) squared += ((values[item * dim + k] as number) - (centre[k] as number)) ** 2;
      largest = Math.max(largest, squared);
    }
    radii[b] = Math.sqrt(largest) * (1 + 1e-6);
  }
  return { centres, radii };
}

/** The largest of a number in each block. */
export function largestIn({ count, starts, order }: Blocks, values: ArrayLike<number>): Float32Array {
  return Float32Array.from({ length: count }, (_, b) => {
    let most = Number.NEGATIVE_INFINITY;
    for (const item of order.subarray(starts[b], starts[b + 1])) most = Math.max(most, values[item] as number);
    return most;
  });
}
