import { describe, expect, test } from '@jest/globals';
import { WasmKernels } from '../compute/index.js';
import {
  type Curve,
  calibrate,
  curveAt,
  curveNumbers,
  describeCalibration,
  type HeldPairs,
  IDENTITY,
} from './calibration.js';

/** Pairs of which a known function of the logit says how probable it is that they were rated. */
function pairsOf(count: number, truth: (logit: number, count: number) => number, weight = 1): HeldPairs {
  const kernels = new WasmKernels();
  const drawn = (stream: number): Float32Array => {
    const out = kernels.zeros([count]);
    kernels.drawUniform(out, { seed: 5, stream });
    return kernels.floats(out).slice();
  };
  const [where, which, other, counts] = [drawn(1), drawn(2), drawn(3), drawn(4)];
  const part = (of: (k: number) => number): Float64Array => Float64Array.from({ length: count }, (_, k) => of(k));
  const product = part((k) => 7 * (where[k] as number) - 5);
  const user = part((k) => 2 * (other[k] as number) - 1);
  const item = part(() => -0.5);
  const labels = Uint8Array.from(which, (u, k) => {
    const logit = truth((product[k] as number) + (user[k] as number) - 0.5, counts[k] as number);
    return Number(u < 1 / (1 + Math.exp(-logit)));
  });
  return { product, user, item, count: part((k) => counts[k] as number), labels, weight };
}

const ratios = (parts: readonly { expected: number; observed: number }[]): number[] =>
  parts.map(({ expected, observed }) => observed / expected);

describe('calibration', () => {
  const curve: Curve = { intercept: -0.3, slope: 0.9, knots: [-3, -1, 1], bends: [0, -0.4, 0] };

  test('finds the curve by which pairs were rated, and brings each tenth within 0.9 to 1.1', () => {
    const found = calibrate(pairsOf(30_000, (logit) => curveAt(curve, logit)));
    expect(['bends', 'parts']).toContain(found.form);
    for (const logit of [-4, -2, 0, 2])
      expect(Math.abs(curveAt(found.curve, logit) - curveAt(curve, logit))).toBeLessThan(0.15);
    expect(Math.min(...ratios(found.before))).toBeLessThan(0.7);
    for (const ratio of ratios(found.after)) expect(Math.abs(ratio - 1)).toBeLessThan(0.1);
    expect(found.likelihood[found.form]).toBeGreaterThan(found.likelihood.none as number);
  });

  test('finds what counts besides the logit', () => {
    const found = calibrate(pairsOf(30_000, (logit, count) => logit + 2 * count - 1));
    expect(found.form).toBe('parts');
    expect(found.weights.count * found.curve.slope).toBeGreaterThan(1);
  });

  test('weights stand for pairs that were left out', () => {
    const all = pairsOf(60_000, (logit) => logit - 1);
    const kept = Int32Array.from(all.labels.keys()).filter((k) => all.labels[k] === 1 || k % 4 === 0);
    const of = (values: Float64Array): Float64Array => Float64Array.from(kept, (k) => values[k] as number);
    const { product, user, item, count } = all;
    const some = { product: of(product), user: of(user), item: of(item), count: of(count), weight: 4 };
    const found = calibrate({ ...some, labels: Uint8Array.from(kept, (k) => all.labels[k] as number) });
    expect(curveAt(found.curve, 0)).toBeCloseTo(-1, 0);
    for (const ratio of ratios(found.after)) expect(Math.abs(ratio - 1)).toBeLessThan(0.1);
  });

  test('leaves a model alone of which few pairs are known', () => {
    const few = calibrate(pairsOf(60, (logit) => logit - 1));
    expect([few.form, few.curve]).toEqual(['none', IDENTITY]);
    expect(describeCalibration(few)).toMatch(/left as trained \(only \d+ rated pairs were held out\)/);
  });

  test('curves rise, whatever the pairs: one that would fall is a line, or nothing', () => {
    const found = calibrate(pairsOf(20_000, (logit) => -logit - 4));
    expect([found.curve, found.weights.product]).toEqual([IDENTITY, 1]);
  });

  test('the kernel computes the curve, in place, too', () => {
    const kernels = new WasmKernels();
    const logits = Float32Array.from({ length: 37 }, (_, k) => (k - 18) / 2.5);
    const [from, out] = [kernels.tensor(logits), kernels.zeros([37])];
    const numbers = kernels.tensor(curveNumbers({ ...curve, bends: [0.2, -0.4, 0.3] }));
    kernels.raw.calibrateLogits(37, from.address, 0.25, numbers.address, out.address);
    kernels.raw.calibrateLogits(37, from.address, 0.25, numbers.address, from.address);
    const wanted = Array.from(logits, (l) =>
      expect.closeTo(curveAt({ ...curve, bends: [0.2, -0.4, 0.3] }, l + 0.25), 5),
    );
    expect(Array.from(kernels.floats(out))).toEqual(wanted);
    expect(Array.from(kernels.floats(from))).toEqual(wanted);
  });
});
