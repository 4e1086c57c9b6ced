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
  const reach = tReach(sd / Math.sqrt(n), [{ share: 1, freedom: n - 1 }]);
  return { n, mean, sd, interval: [mean - reach, mean + reach] };
}

/**
 * The least true difference that a test of such an error would find in four of five cases, at a two-sided level: (t of 1 - level / 2 + t of .8) errors.
 */
export const seenBy = ({ error, shares }: Pick<PairedTest, 'error' | 'shares'>, level: number): number =>
  error === 0 ? 0 : sixDigits(error * (critical(shares, level / 2) + critical(shares, 0.2)));

/** Half the width of a 95 percent interval, by its standard error and what that is made of. */
export const tReach = (error: number, shares: readonly Share[]): number =>
  error === 0 ? 0 : critical(shares, 0.025) * error;

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

/** A test of paired repetitions. */
export interface PairedTest {
  readonly n: number;
  /** Mean of a - b. */
  readonly difference: number;
  /** 95 percent confidence interval of the difference. */
  readonly interval: readonly [number, number];
  /** Two-sided; 1 where nothing differs. To six digits, so that the last bits of library functions do not reach results. */
  readonly p: number;
  /** Standard error of the difference, over every layer of chance that is counted. */
  readonly error: number;
  /** What its square is made of, by which interval and p are told. */
  readonly shares: readonly Share[];
  /** Which chance the test counts. */
  readonly layers: readonly Layer[];
}

/** What a number may owe to chance: the seeds of training, which users are in the test, and which clicks the world drew. */
export const LAYERS = ['training', 'users', 'draws'] as const;
export type Layer = (typeof LAYERS)[number];

/** A part of a mean's variance. */
export interface VariancePart {
  readonly variance: number;
  readonly freedom: number;
}

/**
 * A test of a difference whose variance has the given parts. Its p is the mean of those of the parts' degrees of freedom, weighted by their
 * variances, as Cochran and Cox (1950) weight critical values: it keeps to the level whatever the parts are in truth, far out as well. `step`: values move in steps of
 * so much, hence a correction for continuity.
 */
export function testOfParts(
  n: number,
  difference: number,
  parts: readonly VariancePart[],
  {
    layers,
    step = 0,
    variance,
  }: { readonly layers: readonly Layer[]; readonly step?: number; readonly variance?: number },
): PairedTest {
  const error = Math.sqrt(variance ?? parts.reduce((sum, part) => sum + part.variance, 0));
  const shares = sharesOf(parts);
  const reach = tReach(error, shares) + step;
  const test = { n, difference, error, shares, layers };
  const p = difference === 0 ? 1 : 2 * tail(test, Math.max(0, Math.abs(difference) - step));
  return { ...test, interval: [difference - reach, difference + reach], p: sixDigits(Math.min(1, p)) };
}

/** A part's share of a variance, with its degrees of freedom. */
export interface Share {
  readonly share: number;
  readonly freedom: number;
}

/** What share of a variance each part has; of none, the part with the fewest degrees of freedom has all. */
export function sharesOf(parts: readonly VariancePart[]): Share[] {
  const total = parts.reduce((sum, { variance }) => sum + variance, 0);
  if (total === 0) return [{ share: 1, freedom: Math.min(...parts.map(({ freedom }) => freedom)) }];
  return parts
    .filter(({ variance }) => variance > 0)
    .map(({ variance, freedom }) => ({ share: variance / total, freedom }));
}

/** One-sided tail of a t whose variance has parts: the mean of Student's tails of their degrees of freedom, weighted by their shares. */
const jointTail = (shares: readonly Share[], t: number): number =>
  shares.reduce((sum, { share, freedom }) => sum + share * jStat.studentt.cdf(-t, freedom), 0);

const criticals = new Map<string, number>();

/** The t whose tail in one direction has a probability below a half. To six digits. */
function critical(shares: readonly Share[], probability: number): number {
  const all = shares.map(({ freedom }) => {
    const key = `${freedom} ${probability}`;
    const known = criticals.get(key) ?? sixDigits(jStat.studentt.inv(1 - probability, freedom));
    criticals.set(key, known);
    return known;
  });
  let [low, high] = [Math.min(...all), Math.max(...all)];
  for (let halving = 0; halving < 40 && low < high; halving++) {
    const middle = (low + high) / 2;
    if (jointTail(shares, middle) > probability) low = middle;
    else high = middle;
  }
  return sixDigits(high);
}

/** Student's paired t-test over repetitions; undefined for fewer than three pairs, which prove nothing. */
export function pairedTest(a: readonly number[], b: readonly number[]): PairedTest | undefined {
  const differences = differencesOf(a, b);
  if (differences.length < LEAST_REPETITIONS) return undefined;
  return testOfParts(differences.length, jStat.mean(differences), [varianceOfMean(differences)], {
    layers: ['training'],
  });
}

/**
 * The same of one method before and after a change, whose values are means over `users` of values between 0 and 1, where no more is known of the users.
 * The variance over users is at least |d| (1 - |d|) / n: a mean that differs by d takes n |d| users that differ (the variance of McNemar's
 * test, 1947, where none differs the other way). Means move in steps of 1 / n (Edwards 1948): one user more proves nothing.
 */
export function changeTest(after: readonly number[], before: readonly number[], users: number): PairedTest | undefined {
  const differences = differencesOf(after, before);
  if (differences.length < LEAST_REPETITIONS) return undefined;
  const difference = jStat.mean(differences);
  const size = Math.min(1, Math.abs(difference));
  const parts = [
    varianceOfMean(differences),
    { variance: (size * (1 - size)) / users, freedom: Math.max(1, users - 1) },
  ];
  return testOfParts(differences.length, difference, parts, { layers: ['training', 'users'], step: 1 / users });
}

/** a - b, pair by pair; what differs by rounding does not. */
const differencesOf = (a: readonly number[], b: readonly number[]): number[] =>
  a.map((x, k) => (isRounding(x, b[k] as number) ? 0 : x - (b[k] as number)));

/** Of the mean of independent values, two or more. Values that differ by rounding do not. */
export function varianceOfMean(values: readonly number[]): VariancePart {
  const deviation = jStat.stdev(values, true);
  const isConstant = deviation <= ROUNDING * Math.abs(jStat.mean(values));
  return { variance: isConstant ? 0 : deviation ** 2 / values.length, freedom: values.length - 1 };
}

/** One-sided p of the same pairs against a difference of at least `limit`: small where it is certainly less. */
export function pBelow(test: PairedTest, limit: number): number {
  const distance = test.difference - limit;
  return sixDigits(distance >= 0 ? 1 - tail(test, distance) : tail(test, -distance));
}

/** How probable it is that chance alone leads as far from the true difference as `distance`, in one direction. */
function tail({ error, shares }: Pick<PairedTest, 'error' | 'shares'>, distance: number): number {
  return error === 0 ? Number(distance === 0) / 2 : jointTail(shares, distance / error);
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
