import jStat from 'jstat';

/** Mean and standard deviation (n - 1) over repetitions; the deviation of one value is undefined. */
export interface Summary {
  readonly n: number;
  readonly mean: number;
  readonly sd: number | undefined;
  /** 95 percent confidence interval of the mean, by Student's t; absent for one value. */
  readonly interval?: readonly [number, number] | undefined;
}

export function summarize(values: readonly number[]): Summary {
  return withInterval({
    n: values.length,
    mean: jStat.mean(values),
    sd: values.length > 1 ? jStat.stdev(values, true) : undefined,
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

/** The fewest repetitions that can tell chance from more. */
export const LEAST_REPETITIONS = 3;

/** A difference of this share of what is compared is one of rounding: it comes of the order of sums. */
const ROUNDING = 1e-9;

/** Whether two numbers differ by no more than rounding. */
export function isRounding(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= ROUNDING * Math.max(Math.abs(a), Math.abs(b));
}

/** Of what a difference is made besides repetitions. */
export interface TestOptions {
  /**
   * How many users, or equally weighted test items, the values are means over; absent where values are no means over drawn test items,
   * such as expectations under the truth. Values are then between 0 and 1.
   */
  readonly users?: number | undefined;
  /** The two are one method before and after a change, on the same users. */
  readonly sameMethod?: boolean;
}

/** A test of paired repetitions. */
export interface PairedTest {
  readonly n: number;
  /** Mean of a - b. */
  readonly difference: number;
  /** 95 percent confidence interval of the difference. */
  readonly interval: readonly [number, number];
  /** Two-sided; 1 where nothing differs. To six digits, so that the last bits of library functions do not reach results. */
  readonly p: number;
  /** Standard error over repetitions. */
  readonly error: number;
  /** Standard error and step of the difference by the chance of which users are in the test; absent where that has no part. */
  readonly users?: { readonly error: number; readonly step: number } | undefined;
}

/**
 * Tests whether a and b differ, pair by pair; undefined for fewer than three pairs, which prove nothing. p is the larger of two:
 *
 * - Student's paired t-test over repetitions, for the chance of training;
 * - where values are means over n users, the normal test with the variance over repetitions and, added, that over users. Repetitions have
 *   the same test users, so that they cannot show the latter: differences may be equal in all of them, and chance all the same. A value in
 *   [0, 1] with mean m varies by at most m (1 - m) from user to user, which hits, being 0 or 1, reach (Bhatia and Davis 2000). Two methods mostly
 *   hit the same users, so that the difference varies by at most the sum, (m_a (1 - m_a) + m_b (1 - m_b)) / n: the test is careful.
 *   Of one method before and after a change it is the least that is possible, |d| (1 - |d|) / n: a mean that differs by d takes n |d| users that
 *   differ (the variance of McNemar's test, 1947, where none differs the other way). Means move in steps of 1 / n, hence the correction
 *   for continuity (Edwards 1948): one user more proves nothing.
 */
export function pairedTest(
  a: readonly number[],
  b: readonly number[],
  options: TestOptions = {},
): PairedTest | undefined {
  const n = a.length;
  if (n < LEAST_REPETITIONS) return undefined;
  const differences = a.map((x, k) => (isRounding(x, b[k] as number) ? 0 : x - (b[k] as number)));
  const difference = jStat.mean(differences);
  const deviation = jStat.stdev(differences, true);
  // Differences that are equal differ by rounding, too.
  const error = deviation <= ROUNDING * Math.abs(difference) ? 0 : deviation / Math.sqrt(n);
  const users = usersError(jStat.mean(a), jStat.mean(b), options);
  const test = { n, difference, error, ...(users && { users }) };
  const reach = Math.max(
    error === 0 ? 0 : tReach(n, error * Math.sqrt(n)),
    users ? NORMAL_REACH * Math.hypot(error, users.error) + users.step : 0,
  );
  const p = difference === 0 ? 1 : 2 * tail(test, Math.abs(difference));
  return { ...test, interval: [difference - reach, difference + reach], p: sixDigits(Math.min(1, p)) };
}

const NORMAL_REACH = 1.959964;

function usersError(a: number, b: number, { users, sameMethod = false }: TestOptions): PairedTest['users'] {
  if (users === undefined) return undefined;
  const variance = (mean: number): number => Math.max(0, mean * (1 - mean));
  const sum = sameMethod ? variance(Math.abs(a - b)) : variance(a) + variance(b);
  return { error: Math.sqrt(sum / users), step: 1 / users };
}

/** One-sided p of the same pairs against a difference of at least `limit`: small where it is certainly less. */
export function pBelow(test: PairedTest, limit: number): number {
  const distance = test.difference - limit;
  return sixDigits(distance >= 0 ? 1 - tail(test, distance) : tail(test, -distance));
}

/** How probable it is at most that chance alone leads as far from the true difference as `distance`, in one direction. */
function tail({ n, error, users }: Pick<PairedTest, 'n' | 'error' | 'users'>, distance: number): number {
  const training = error === 0 ? Number(distance === 0) / 2 : jStat.studentt.cdf(-distance / error, n - 1);
  if (!users) return training;
  const beyond = Math.max(0, distance - users.step);
  const deviation = Math.hypot(error, users.error);
  const both = deviation === 0 ? Number(beyond === 0) / 2 : jStat.normal.cdf(-beyond / deviation, 0, 1);
  return Math.max(training, both);
}

const sixDigits = (x: number): number => Number(x.toPrecision(6));

/**
 * Holm's step-down adjustment (1979): p-values that hold for all hypotheses together, in the order given. `hypotheses` is how many there
 * are, where those given were chosen among more.
 */
export function holm(p: readonly number[], hypotheses = p.length): number[] {
  const order = p.map((_, k) => k).sort((a, b) => (p[a] as number) - (p[b] as number));
  const adjusted = new Array<number>(p.length);
  let largest = 0;
  order.forEach((k, rank) => {
    largest = Math.max(largest, Math.min(1, (hypotheses - rank) * (p[k] as number)));
    adjusted[k] = largest;
  });
  return adjusted;
}
