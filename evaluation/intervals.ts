import { type Kernels, stream } from '../compute/index.js';
import type { ItemValues } from './averages.js';

/** Bounds of a confidence interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = stream('bootstrap over users');

/**
 * 95 percent confidence intervals of the standard metrics by the percentile bootstrap over users (Efron 1979): users are drawn with
 * replacement, each with all of its test items, so that a user's items need not be independent.
 */
export async function bootstrapIntervals(
  kernels: Kernels,
  values: ItemValues,
  userOf: (row: number) => number,
  resamples: number,
  seed: number,
): Promise<Record<string, Interval>> {
  const names = Object.keys(values);
  const rows = values[names[0] as string]?.length ?? 0;
  const place = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    if (!place.has(userOf(row))) place.set(userOf(row), place.size);
  }
  const users = place.size;
  const counts = new Float64Array(users);
  const sums = names.map(() => new Float64Array(users));
  for (let row = 0; row < rows; row++) {
    const user = place.get(userOf(row)) as number;
    (counts[user] as number)++;
    names.forEach((name, m) => {
      ((sums[m] as Float64Array)[user] as number) += (values[name] as Float64Array)[row] as number;
    });
  }
  const means = names.map(() => new Float64Array(resamples));
  const drawn = kernels.zeros([users], 'int32');
  for (let resample = 0; resample < resamples; resample++) {
    kernels.drawBounded(drawn, { seed, stream: RESAMPLES, replicate: resample }, users);
    const chosen = (await kernels.read(drawn)) as Int32Array;
    let total = 0;
    for (const user of chosen) total += counts[user] as number;
    sums.forEach((sum, m) => {
      let value = 0;
      for (const user of chosen) value += sum[user] as number;
      (means[m] as Float64Array)[resample] = value / total;
    });
  }
  kernels.free(drawn);
  const quantile = (sorted: Float64Array, q: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] as number;
  return Object.fromEntries(
    names.map((name, m) => {
      const sorted = (means[m] as Float64Array).sort();
      return [name, { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) }];
    }),
  );
}
