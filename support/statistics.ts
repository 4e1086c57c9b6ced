import jStat from 'jstat';
import { mean, sampleStandardDeviation } from 'simple-statistics';

/** Mean and standard deviation (n - 1) over repetitions; the deviation of one value is undefined. */
export interface Summary {
  readonly n: number;
  readonly mean: number;
  readonly sd: number | undefined;
  /** 95 percent confidence interval of the mean, by Student's t; absent for one value. */
  readonly interval?: readonly [number, number] | undefined;
}

export function summarize(values: readonly number[]): Summary {
  const list = values as number[];
  return withInterval({
    n: list.length,
    mean: mean(list),
    sd: list.length > 1 ? sampleStandardDeviation(list) : undefined,
  });
}

/** A summary with the interval that its other numbers give. */
export function withInterval({ n, mean, sd }: Omit<Summary, 'interval'>): Summary {
  if (sd === undefined || n < 2) return { n, mean, sd };
  const reach = tReach(n, sd);
  return { n, mean, sd, interval: [mean - reach, mean + reach] };
}

/** Half the width of a mean's 95 percent interval. */
const tReach = (n: number, sd: number): number =>
  sd === 0 ? 0 : (sixDigits(jStat.studentt.inv(0.975, n - 1)) * sd) / Math.sqrt(n);

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

/** Student's paired t-test of two lists of equal length. */
export interface PairedTest {
  readonly n: number;
  /** Mean of a - b. */
  readonly difference: number;
  /** 95 percent confidence interval of the difference. */
  readonly interval: readonly [number, number];
  /** Two-sided; 1 where nothing differs. To six digits, so that the last bits of library functions do not reach results. */
  readonly p: number;
}

/** Tests whether a and b differ, pair by pair; undefined for fewer than two pairs. Differences that are all equal and not 0 have p = 0. */
export function pairedTest(a: readonly number[], b: readonly number[]): PairedTest | undefined {
  const n = a.length;
  if (n < 2) return undefined;
  const differences = a.map((x, k) => x - (b[k] as number));
  const difference = mean(differences);
  const deviation = sampleStandardDeviation(differences);
  const error = deviation / Math.sqrt(n);
  const reach = tReach(n, deviation);
  const p = error === 0 ? Number(difference === 0) : 2 * jStat.studentt.cdf(-Math.abs(difference / error), n - 1);
  return { n, difference, interval: [difference - reach, difference + reach], p: sixDigits(Math.min(1, p)) };
}

/** One-sided p of the same pairs against a difference of at least `limit`: small where it is certainly less. */
export function pBelow({ n, difference, interval }: PairedTest, limit: number): number {
  const error = (interval[1] - interval[0]) / 2 / sixDigits(jStat.studentt.inv(0.975, n - 1));
  if (error === 0) return Number(difference >= limit);
  return sixDigits(jStat.studentt.cdf((difference - limit) / error, n - 1));
}

const sixDigits = (x: number): number => Number(x.toPrecision(6));

/** Holm's step-down adjustment (1979): p-values that hold for all hypotheses together, in the order given. */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, k) => k).sort((a, b) => (p[a] as number) - (p[b] as number));
  const adjusted = new Array<number>(p.length);
  let largest = 0;
  order.forEach((k, rank) => {
    largest = Math.max(largest, Math.min(1, (p.length - rank) * (p[k] as number)));
    adjusted[k] = largest;
  });
  return adjusted;
}
