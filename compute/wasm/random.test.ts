import { describe, expect, test } from '@jest/globals';
import { stream } from '../random.js';
import { WasmKernels } from './wasm_kernels.js';

const N = 200_000;
const key = { seed: 4, stream: stream('distribution') };

/** Kolmogorov-Smirnov distance of a sample from a distribution function. */
function distance(sample: Float32Array, cdf: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort();
  let most = 0;
  sorted.forEach((x, k) => {
    const p = cdf(x);
    most = Math.max(most, Math.abs(p - k / sorted.length), Math.abs(p - (k + 1) / sorted.length));
  });
  return most;
}

/** Exceeded with probability 2 exp(-2 c^2) = 1e-6 by a right sampler; the seed is fixed, so a pass stays a pass. */
const KS_BOUND = 2.69 / Math.sqrt(N);

/** Abramowitz and Stegun 7.1.26, error below 1.5e-7. */
function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - poly * Math.exp((-x * x) / 2);
  return x >= 0 ? 0.5 * (1 + erf) : 0.5 * (1 - erf);
}

describe('draws follow their distribution', () => {
  test('uniform (Kolmogorov-Smirnov, error probability 1e-6)', () => {
    const kernels = new WasmKernels();
    const out = kernels.zeros([N]);
    kernels.drawUniform(out, key);
    expect(distance(kernels.floats(out), (x) => x)).toBeLessThan(KS_BOUND);
    expect(kernels.floats(out).every((u) => u >= 0 && u < 1)).toBe(true);
  });

  test('normal (Kolmogorov-Smirnov, error probability 1e-6), with location and scale', () => {
    const kernels = new WasmKernels();
    const out = kernels.zeros([N]);
    kernels.drawNormal(out, key, 2, 3);
    expect(distance(kernels.floats(out), (x) => normalCdf((x - 2) / 3))).toBeLessThan(KS_BOUND);
  });

  test('both normals of a pair are uncorrelated (five standard errors)', () => {
    const kernels = new WasmKernels();
    const out = kernels.zeros([N]);
    kernels.drawNormal(out, key, 0, 1);
    const z = kernels.floats(out);
    let sum = 0;
    for (let k = 0; k + 4 < N; k++) sum += (z[k] as number) * (z[k + 4] as number); // cosine beside sine
    expect(Math.abs(sum / N)).toBeLessThan(5 / Math.sqrt(N));
  });

  test('normals at listed columns are those of the row', () => {
    const kernels = new WasmKernels();
    const row = kernels.zeros([100]);
    kernels.drawNormal(row, key, 1, 2, 8);
    const listed = Int32Array.from([99, 3, 0, 17, 64, 33, 5]);
    const out = kernels.zeros([listed.length]);
    kernels.raw.normalListed(
      listed.length,
      kernels.tensor(listed).address,
      8,
      key.stream,
      key.seed,
      0,
      1,
      2,
      out.address,
    );
    expect(Array.from(kernels.floats(out))).toEqual(Array.from(listed, (c) => kernels.floats(row)[c]));
  });

  test('bounded integers (chi-squared with 6 degrees of freedom, error probability 1e-6)', () => {
    const kernels = new WasmKernels();
    const out = kernels.zeros([N], 'int32');
    kernels.drawBounded(out, key, 7);
    const counts = new Array<number>(7).fill(0);
    for (const value of kernels.integers(out)) (counts[value] as number)++;
    const expected = N / 7;
    expect(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(38.3);
  });

  test('permutations hold every number once, and each place is uniform', () => {
    const kernels = new WasmKernels();
    const out = kernels.zeros([5], 'int32');
    const counts = new Array<number>(25).fill(0);
    for (let replicate = 0; replicate < 20_000; replicate++) {
      kernels.drawPermutation(out, { ...key, replicate });
      const order = Array.from(kernels.integers(out));
      order.forEach((value, place) => (counts[place * 5 + value] as number)++);
      if (replicate === 0) expect([...order].sort()).toEqual([0, 1, 2, 3, 4]);
    }
    // 25 cells of probability 1/5; six standard errors each has error probability below 1e-7 together.
    for (const count of counts) expect(Math.abs(count - 4000)).toBeLessThan(6 * Math.sqrt(20_000 * 0.2 * 0.8));
  });
});

describe('sampling of items', () => {
  const starts = Int32Array.from([0, 3, 12]);
  const items = Int32Array.from([1, 4, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8]); // user 1 knows all of ten but item 9

  const known = (kernels: WasmKernels) => ({
    itemCount: 10,
    starts: kernels.tensor(starts),
    items: kernels.tensor(items),
  });

  test.each([false, true])('negatives are uniform over unknown items (bits: %p)', (withBits) => {
    const kernels = new WasmKernels();
    const bits = new Uint8Array(4);
    for (const [user, from, to] of [
      [0, 0, 3],
      [1, 3, 12],
    ] as const) {
      for (let e = from; e < to; e++) {
        const item = items[e] as number;
        (bits[user * 2 + (item >> 3)] as number) |= 1 << (item & 7);
      }
    }
    const count = 20_000;
    const negatives = 5;
    const data = {
      users: kernels.tensor(Int32Array.from({ length: count }, (_, e) => e % 2)),
      items: kernels.tensor(new Int32Array(count).fill(1)),
      order: kernels.tensor(Int32Array.from({ length: count }, (_, e) => e)),
      known: { ...known(kernels), bits: withBits ? kernels.tensor(new Int32Array(bits.buffer)) : undefined },
    };
    const rows = count * (1 + negatives);
    const batch = {
      users: kernels.zeros([rows], 'int32'),
      items: kernels.zeros([rows], 'int32'),
      labels: kernels.zeros([rows]),
    };
    kernels.drawBatch(data, 0, count, negatives, key, batch);
    const [users, drawn, labels] = [
      kernels.integers(batch.users),
      kernels.integers(batch.items),
      kernels.floats(batch.labels),
    ];
    const counts = new Array<number>(10).fill(0);
    let wrong = 0;
    for (let r = 0; r < rows; r++) {
      const positive = r % (1 + negatives) === 0;
      if (labels[r] !== Number(positive)) wrong++;
      else if (positive) wrong += Number(drawn[r] !== 1);
      else if (users[r] === 1) wrong += Number(drawn[r] !== 9);
      else (counts[drawn[r] as number] as number)++;
    }
    expect(wrong).toBe(0);
    const total = (count / 2) * negatives;
    for (const item of [1, 4, 9]) expect(counts[item]).toBe(0);
    const chi = [0, 2, 3, 5, 6, 7, 8].reduce(
      (sum, item) => sum + ((counts[item] as number) - total / 7) ** 2 / (total / 7),
      0,
    );
    expect(chi).toBeLessThan(38.3); // 6 degrees of freedom, error probability 1e-6
  });

  test('evaluation candidates are distinct, unknown and uniform', () => {
    const kernels = new WasmKernels();
    const counts = new Array<number>(10).fill(0);
    const users = kernels.tensor(Int32Array.from([0, 1]));
    const trials = 7000;
    for (let seed = 0; seed < trials; seed++) {
      const drawn = kernels.drawCandidates(known(kernels), users, 3, { seed, stream: 1 });
      const rows = kernels.integers(drawn.items);
      expect(Array.from(kernels.integers(drawn.counts))).toEqual([3, 1]);
      expect(Array.from(rows.subarray(3))).toEqual([9, -1, -1]);
      expect(new Set(rows.subarray(0, 3)).size).toBe(3);
      for (const item of rows.subarray(0, 3)) (counts[item] as number)++;
    }
    for (const item of [1, 4, 9]) expect(counts[item]).toBe(0);
    // Each unknown item is drawn with probability 3/7; six standard errors.
    for (const item of [0, 2, 3, 5, 6, 7, 8]) {
      expect(Math.abs((counts[item] as number) - (trials * 3) / 7)).toBeLessThan(
        6 * Math.sqrt(trials * (3 / 7) * (4 / 7)),
      );
    }
  });
});
