import { mean, sampleStandardDeviation } from 'simple-statistics';

/** Mean and standard deviation (n - 1) over repetitions; the deviation of one value is undefined. */
export interface Summary {
  readonly n: number;
  readonly mean: number;
  readonly sd: number | undefined;
}

export function summarize(values: readonly number[]): Summary {
  const list = values as number[];
  return { n: list.length, mean: mean(list), sd: list.length > 1 ? sampleStandardDeviation(list) : undefined };
}

/** Gini coefficient of non-negative amounts: 0 where all are equal, towards 1 where one has all. Zero for a sum of zero. */
export function gini(amounts: ArrayLike<number>): number {
  const sorted = Float64Array.from(amounts).sort();
  const n = sorted.length;
  let total = 0;
  let weighted = 0;
  for (let i = 0; i < n; i++) {
    const amount = sorted[i] as number;
    total += amount;
    weighted += (i + 1) * amount;
  }
  return total === 0 ? 0 : (2 * weighted) / (n * total) - (n + 1) / n;
}

/** Ranks from 1, ties at their mean rank. */
function ranks(values: ArrayLike<number>): Float64Array {
  const order = Int32Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => (values[a] as number) - (values[b] as number),
  );
  const out = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to++;
    for (let i = from; i < to; i++) out[order[i] as number] = (from + to + 1) / 2;
    from = to;
  }
  return out;
}

/** Spearman's rank correlation of two lists of equal length; 0 where one of them is constant. */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [x, y] = [ranks(a), ranks(b)];
  const middle = (x.length + 1) / 2;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [(x[i] as number) - middle, (y[i] as number) - middle];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}
