import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { log, sigmoid } from '../compute/math.js';

/**
 * A map of logits to logits, straight between three knots: intercept + slope l + the sum of bends[j] max(0, l - knots[j]). It rises everywhere, so
 * that what bounds a logit bounds its image.
 */
export interface Curve {
  readonly intercept: number;
  readonly slope: number;
  readonly knots: readonly [number, number, number];
  readonly bends: readonly [number, number, number];
}

/** Logits as they are. */
export const IDENTITY: Curve = { intercept: 0, slope: 1, knots: [0, 0, 0], bends: [0, 0, 0] };

/** What a logit is the sum of, each with a weight. */
export interface Weights {
  /** Of the product of factors. */
  readonly product: number;
  /** Of what belongs to the user: the bias, and the shift for the sampling of negatives. */
  readonly user: number;
  /** Of the item's bias. */
  readonly item: number;
  /** Of log(1 + ratings of the item that were trained on), which is no part of a logit as trained. */
  readonly count: number;
}

const EVEN: Weights = { product: 1, user: 1, item: 1, count: 0 };

/** Pairs that no training saw: the parts of their logits, whether they were rated, and for how many pairs each stands. */
export interface HeldPairs {
  readonly product: Float64Array;
  readonly user: Float64Array;
  readonly item: Float64Array;
  readonly count: Float64Array;
  readonly labels: Uint8Array;
  /** Of pairs that were not rated; one that was rated stands for itself. */
  readonly weight: number;
}

/** A tenth of what a model expects of held-out pairs, in the order of its probabilities: exposures that it expects, and those that were. */
export interface Tenth {
  readonly expected: number;
  readonly observed: number;
}

/** How an exposure model was calibrated. */
export interface Calibration {
  /**
   * What was chosen by held-out likelihood: the model as it is, a line on its logits (Platt 1999), a line with three bends, or such a line on logits
   * whose parts are weighted anew.
   */
  readonly form: CalibrationForm;
  readonly weights: Weights;
  readonly curve: Curve;
  /** Mean log-likelihood of a held-out pair under each form, fitted on the other half of them. */
  readonly likelihood: Readonly<Partial<Record<CalibrationForm, number>>>;
  /** Rated pairs that were held out. */
  readonly rated: number;
  /** Held-out pairs before and after, the half at hand by what the other half says. */
  readonly before: readonly Tenth[];
  readonly after: readonly Tenth[];
}

export type CalibrationForm = 'none' | 'line' | 'bends' | 'parts';

/** Rated pairs under which nothing can be learned of three knots. */
const LEAST_RATED = 50;
/** Where the knots lie among the logits of rated pairs. */
const KNOTS = [0.1, 0.4, 0.7] as const;
/** Logits nearer than this count as one. */
const STEP = 1 / 64;
const FARTHEST = 30;
/** Pairs that weights are fitted on, at most: more would change no digit that counts. */
const MOST_ROWS = 50_000;
/** Of Newton's method, of which a handful are taken. */
const MOST_STEPS = 50;
/** Strength of the prior that a curve is the identity. */
const RIDGE = 1;
/** The least slope of a curve, and the least weight. */
const LEAST_SLOPE = 0.05;

/** The image of a logit. */
export function curveAt({ intercept, slope, knots, bends }: Curve, logit: number): number {
  let sum = intercept + slope * logit;
  for (let j = 0; j < 3; j++) sum += (bends[j] as number) * Math.max(0, logit - (knots[j] as number));
  return sum;
}

/** The eight numbers of a curve as kernels take them: intercept, slope, knots, bends. */
export const curveNumbers = ({ intercept, slope, knots, bends }: Curve): Float32Array =>
  Float32Array.of(intercept, slope, ...knots, ...bends);

/**
 * Chooses what makes held-out pairs most likely: each form is fitted on one half of them and judged on the other, twice; the curve of what is chosen is then fitted on all. Logistic regression with a weak prior towards the model as it is. With few rated pairs it stays so.
 */
export function calibrate(pairs: HeldPairs): Calibration {
  const rated = pairs.labels.reduce((sum, label) => sum + label, 0);
  const halves = halvesOf(pairs);
  const forms: readonly CalibrationForm[] = rated < LEAST_RATED ? ['none'] : ['none', 'line', 'bends', 'parts'];
  const asTrained = halves.map((half) => binned(pairs, half, EVEN));
  const tried = forms.map((form) => {
    const weights = halves.map((half) => (form === 'parts' ? weightsOf(pairs, half) : EVEN));
    const judged = halves.map((half, h): Judged => {
      const others = 1 - h;
      const own = weights[others] as Weights;
      const of = (rows: Int32Array, asIs: Bins): Bins => (own === EVEN ? asIs : binned(pairs, rows, own));
      const curve = curveOf(form, of(halves[others] as Int32Array, asTrained[others] as Bins));
      return { bins: of(half, asTrained[h] as Bins), curve };
    });
    return { form, weights: meanOf(weights), judged, likelihood: meanLikelihood(judged) };
  });
  const best = tried.reduce((a, b) => (b.likelihood > a.likelihood ? b : a));
  const likelihood = Object.fromEntries(tried.map((one) => [one.form, one.likelihood])) as Calibration['likelihood'];
  const all = Int32Array.from(pairs.labels.keys());
  return {
    ...{ form: best.form, weights: best.weights, likelihood, rated },
    curve: curveOf(best.form, binned(pairs, all, best.weights)),
    before: tenths(asTrained.map((bins) => ({ bins, curve: IDENTITY }))),
    after: tenths(best.judged),
  };
}

/** Half of the pairs, with a curve that the other half gave. */
interface Judged {
  readonly bins: Bins;
  readonly curve: Curve;
}

/** Every other pair, of the rated and of the others. */
function halvesOf({ labels }: HeldPairs): readonly [Int32Array, Int32Array] {
  const halves = [new Int32Array(labels.length), new Int32Array(labels.length)] as const;
  const [seen, filled] = [
    [0, 0],
    [0, 0],
  ];
  for (let row = 0; row < labels.length; row++) {
    const half = (seen[labels[row] as number] as number)++ & 1;
    (halves[half] as Int32Array)[(filled[half] as number)++] = row;
  }
  return [halves[0].subarray(0, filled[0]), halves[1].subarray(0, filled[1])];
}

const meanOf = (weights: readonly Weights[]): Weights => {
  const mean = (of: keyof Weights): number => weights.reduce((sum, one) => sum + one[of], 0) / weights.length;
  return { product: mean('product'), user: mean('user'), item: mean('item'), count: mean('count') };
};

/** How parts are best weighted, by some of the pairs; as they are, where one would turn round. */
function weightsOf({ product, user, item, count, labels, weight }: HeldPairs, all: Int32Array): Weights {
  const step = Math.ceil(all.length / MOST_ROWS);
  const rows = Int32Array.from({ length: Math.floor(all.length / step) }, (_, r) => all[r * step] as number);
  const features = new Float64Array(5 * rows.length).fill(1);
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r] as number;
    features[5 * r + 1] = product[row] as number;
    features[5 * r + 2] = user[row] as number;
    features[5 * r + 3] = item[row] as number;
    features[5 * r + 4] = count[row] as number;
  }
  const rated = Float64Array.from(rows, (row) => labels[row] as number);
  const counts = Float64Array.from(rows, (row) => (labels[row] === 1 ? 1 : weight));
  const [, ofProduct = 1, ofUser = 1, ofItem = 1, ofCount = 0] = logistic(features, rated, counts, [0, 1, 1, 1, 0]);
  if (Math.min(ofProduct, ofUser, ofItem) < LEAST_SLOPE) return EVEN;
  return { product: ofProduct, user: ofUser, item: ofItem, count: ofCount };
}

/** Pairs by their logits, as good as the same: how many were rated, how many stand there in all, and the mean logit. */
interface Bins {
  readonly logit: Float64Array;
  readonly rated: Float64Array;
  readonly weight: Float64Array;
}

function binned(
  { product, user, item, count: counts, labels, weight }: HeldPairs,
  rows: Int32Array,
  weights: Weights,
): Bins {
  const count = Math.round((2 * FARTHEST) / STEP) + 1;
  const out = { logit: new Float64Array(count), rated: new Float64Array(count), weight: new Float64Array(count) };
  for (const row of rows) {
    const sum =
      weights.product * (product[row] as number) +
      weights.user * (user[row] as number) +
      weights.item * (item[row] as number) +
      weights.count * (counts[row] as number);
    const logit = Math.max(-FARTHEST, Math.min(FARTHEST, sum));
    const bin = Math.round((logit + FARTHEST) / STEP);
    const label = labels[row] as number;
    const w = label === 1 ? 1 : weight;
    (out.rated[bin] as number) += label;
    (out.weight[bin] as number) += w;
    (out.logit[bin] as number) += w * logit;
  }
  out.logit.forEach((sum, bin) => {
    out.logit[bin] = (out.weight[bin] as number) > 0 ? sum / (out.weight[bin] as number) : 0;
  });
  return out;
}

/** The curve of a form that fits, or the simpler one where it would fall somewhere. */
function curveOf(form: CalibrationForm, bins: Bins): Curve {
  if (form === 'none') return IDENTITY;
  const knots = form === 'line' ? undefined : knotsOf(bins);
  const used = Array.from(bins.weight.keys()).filter((bin) => (bins.weight[bin] as number) > 0);
  const rows = used.map((bin) => {
    const logit = bins.logit[bin] as number;
    return [1, logit, ...(knots?.map((knot) => Math.max(0, logit - knot)) ?? [])];
  });
  const pick = (values: Float64Array): Float64Array => Float64Array.from(used, (bin) => values[bin] as number);
  const prior = knots ? [0, 1, 0, 0, 0] : [0, 1];
  const found = logistic(Float64Array.from(rows.flat()), pick(bins.rated), pick(bins.weight), prior);
  const [intercept = 0, slope = 1, ...bends] = found;
  let steepness = slope;
  const isRising = [0, ...bends].every((bend) => {
    steepness += bend;
    return steepness >= LEAST_SLOPE;
  });
  if (!isRising) return knots ? curveOf('line', bins) : IDENTITY;
  return { ...IDENTITY, intercept, slope, ...(knots && { knots, bends: bends as unknown as Curve['bends'] }) };
}

/** Logits of rated pairs at which so many of them lie below. */
function knotsOf({ logit, rated }: Bins): Curve['knots'] {
  const all = rated.reduce((sum, count) => sum + count, 0);
  const knots: number[] = [];
  let below = 0;
  rated.forEach((count, bin) => {
    below += count;
    while (knots.length < KNOTS.length && count > 0 && below >= (KNOTS[knots.length] as number) * all)
      knots.push(logit[bin] as number);
  });
  return knots as unknown as Curve['knots'];
}

/**
 * Coefficients of a logistic regression by Newton's method, with a prior that draws all but the first towards the given ones. `features` has a row
 * for each of the counts, of which `rated` were rated.
 */
function logistic(
  features: Float64Array,
  rated: Float64Array,
  counts: Float64Array,
  prior: readonly number[],
): number[] {
  const size = prior.length;
  const coefficients = [...prior];
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = prior.map((p, j) => (j === 0 ? 0 : RIDGE * (p - (coefficients[j] as number))));
    const curvature = new Float64Array(size * size);
    for (let j = 1; j < size; j++) curvature[j * size + j] = RIDGE;
    for (let r = 0; r < counts.length; r++) {
      const at = r * size;
      let logit = 0;
      for (let j = 0; j < size; j++) logit += (features[at + j] as number) * (coefficients[j] as number);
      const p = sigmoid(logit);
      const n = counts[r] as number;
      const [rest, spread] = [(rated[r] as number) - n * p, n * p * (1 - p)];
      for (let j = 0; j < size; j++) {
        const x = features[at + j] as number;
        (gradient[j] as number) += rest * x;
        for (let k = 0; k <= j; k++) (curvature[j * size + k] as number) += spread * x * (features[at + k] as number);
      }
    }
    const matrix = Matrix.zeros(size, size);
    for (let j = 0; j < size; j++)
      for (let k = 0; k < size; k++) matrix.set(j, k, curvature[Math.max(j, k) * size + Math.min(j, k)] as number);
    const moved = new CholeskyDecomposition(matrix).solve(Matrix.columnVector(gradient)).to1DArray();
    moved.forEach((by, j) => {
      (coefficients[j] as number) += Math.max(-2, Math.min(2, by));
    });
    if (moved.every((by) => Math.abs(by) < 1e-7)) break;
  }
  return coefficients;
}

/** Mean log-likelihood of a pair, each half by what the other half gave. */
function meanLikelihood(halves: readonly Judged[]): number {
  let [sum, count] = [0, 0];
  for (const { bins, curve } of halves)
    bins.weight.forEach((n, bin) => {
      if (n === 0) return;
      const image = curveAt(curve, bins.logit[bin] as number);
      const y = bins.rated[bin] as number;
      sum += y * logSigmoid(image) + (n - y) * logSigmoid(-image);
      count += n;
    });
  return sum / count;
}

const logSigmoid = (x: number): number => (x > 0 ? log(sigmoid(x)) : x + log(sigmoid(-x)));

/** Held-out pairs in the order of their probabilities, in ten parts that are expected to hold the same number of exposures. */
function tenths(halves: readonly Judged[]): Tenth[] {
  const bins = halves.flatMap(({ bins: { logit, rated, weight }, curve }) =>
    Array.from(weight.keys())
      .filter((bin) => (weight[bin] as number) > 0)
      .map((bin) => {
        const p = sigmoid(curveAt(curve, logit[bin] as number));
        return { p, expected: p * (weight[bin] as number), observed: rated[bin] as number };
      }),
  );
  bins.sort((a, b) => a.p - b.p);
  const all = bins.reduce((sum, { expected }) => sum + expected, 0);
  const out: { expected: number; observed: number }[] = Array.from({ length: 10 }, () => ({
    expected: 0,
    observed: 0,
  }));
  let passed = 0;
  for (const { expected, observed } of bins) {
    const tenth = out[Math.min(9, Math.floor((10 * (passed + expected / 2)) / all))] as (typeof out)[number];
    tenth.expected += expected;
    tenth.observed += observed;
    passed += expected;
  }
  return out;
}

/** The calibration in words. */
export function describeCalibration({ form, before, after, rated }: Calibration): string {
  const spread = (parts: readonly Tenth[]): string => {
    const ratios = parts.filter(({ expected }) => expected > 0).map(({ expected, observed }) => observed / expected);
    return `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  };
  const said = {
    none: `left as trained (${rated < LEAST_RATED ? `only ${rated} rated pairs were held out` : 'nothing made held-out pairs likelier'})`,
    line: 'calibrated by a line on its log-odds (Platt)',
    bends: 'calibrated by a line with three bends on its log-odds',
    parts: 'calibrated by weights of its parts and a line with three bends on their sum',
  }[form];
  const was = form === 'none' ? '' : `; ${spread(before)} before`;
  return `exposure model: ${said}; observed over expected in tenths of held-out exposures: ${spread(after)}${was}`;
}
