import { describe, expect, test } from '@jest/globals';
import { Tape, WasmKernels } from '../compute/index.js';
import { GBeta, whyCollapsed } from './g_beta.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
describe('G', () => {
  const scores = [-12, -1, 0.5, 2, 12];
  const labels = [0, 1, 0, 1, 1];
  const G = (settings: Partial<GBeta['settings']>): number[] => {
    const kernels = new WasmKernels();
    const all = { outcome: 'y', beta: 'fixed', weights: 'raw', weighed: 'all', leastG: 0.05, ...settings } as const;
    const propensity = new GBeta(kernels, all, 0.1);
    kernels.write(propensity.beta.value, Float32Array.of(0.5, 0.8, -0.3));
    const tape = new Tape(kernels);
    const g = tape.constant(kernels.tensor(Float32Array.from(scores)));
    return Array.from(kernels.floats(propensity.of(tape, g, kernels.tensor(Float32Array.from(labels))).value));
  };

  test.each([
    ['none', (g: number) => 0.5 + 0.8 * g],
    ['y', (g: number, y: number) => 0.5 + 0.8 * g - 0.3 * y],
    ['y*g', (g: number, y: number) => 0.5 + 0.8 * g - 0.3 * y * g],
  ] as const)('with the feedback as %s, logits within 8, G at least leastG', (outcome, z) => {
    G({ outcome }).forEach((value, r) => {
      const logits = Math.min(8, Math.max(-8, z(scores[r] as number, labels[r] as number)));
      expect(value).toBeCloseTo(Math.max(0.05, sigmoid(logits)), 6);
    });
  });

  test('means of losses: 1 / G as it is, or normalised; of all rows, or of clicks alone', () => {
    const kernels = new WasmKernels();
    const mean = (weights: 'raw' | 'normalised', weighed: 'all' | 'clicks'): number => {
      const settings = { outcome: 'y', beta: 'fixed', weights, weighed, leastG: 0.01 } as const;
      const propensity = new GBeta(kernels, settings, 0.1);
      const tape = new Tape(kernels);
      const losses = tape.constant(kernels.tensor(Float32Array.of(1, 2, 4)));
      const G = tape.constant(kernels.tensor(Float32Array.of(0.5, 0.25, 1)));
      const rows = propensity.weightsOf(tape, G, kernels.tensor(Float32Array.of(1, 0, 0)));
      return kernels.floats(propensity.weightedMean(tape, losses, rows).value)[0] as number;
    };
    expect(mean('raw', 'all')).toBeCloseTo((1 / 0.5 + 2 / 0.25 + 4) / 3, 6);
    expect(mean('normalised', 'all')).toBeCloseTo((1 / 0.5 + 2 / 0.25 + 4) / (2 + 4 + 1), 6);
    expect(mean('raw', 'clicks')).toBeCloseTo((1 / 0.5 + 2 + 4) / 3, 6);
    expect(mean('normalised', 'clicks')).toBeCloseTo((1 / 0.5 + 2 + 4) / (2 + 1 + 1), 6);
  });

  test('a fitted beta finds how scores speak of the feedback', async () => {
    const kernels = new WasmKernels();
    const propensity = new GBeta(
      kernels,
      { outcome: 'y', beta: 'fitted', weights: 'raw', weighed: 'all', leastG: 0.01 },
      0.02,
    );
    // Share of clicks at score g: sigmoid(0.5 g - 1), as soft labels, so that the optimum is exact.
    const g = Float32Array.from({ length: 200 }, (_, r) => -4 + 0.04 * r);
    const labels = kernels.tensor(g.map((x) => sigmoid(0.5 * x - 1)));
    const scores = kernels.tensor(g);
    for (let step = 0; step < 1500; step++) kernels.scope(() => propensity.observe(scores, scores, labels));
    const { beta } = await propensity.read();
    expect(beta[0]).toBeCloseTo(-1, 2);
    expect(beta[1]).toBeCloseTo(0.5, 2);
    expect(beta[2]).toBe(0);
  });

  test('what the feedback alone does to G is no spread within labels, by hand', async () => {
    const kernels = new WasmKernels();
    const settings = { outcome: 'y', beta: 'fixed', weights: 'raw', weighed: 'all', leastG: 0.01 } as const;
    const record = async (values: number[], labels: number[], areClicks?: boolean) => {
      const propensity = new GBeta(kernels, settings, 0.1);
      const G = kernels.tensor(Float32Array.from(values));
      propensity.observe(G, G, kernels.tensor(Float32Array.from(labels)), areClicks);
      return propensity.read();
    };
    const byFeedback = await record([0.8, 0.8, 0.4, 0.4], [1, 1, 0, 0]);
    expect(byFeedback.sdG).toBeCloseTo(0.2, 5);
    expect(byFeedback.sdWithin).toBeCloseTo(0, 3);
    // Around .7 and .3: 4 times .1 squared, over 4.
    expect((await record([0.8, 0.6, 0.2, 0.4], [1, 1, 0, 0])).sdWithin).toBeCloseTo(0.1, 5);
    // Ratings are no labels to be within.
    expect((await record([0.8, 0.8, 0.4, 0.4], [1, 1, -1, -1], false)).sdWithin).toBeCloseTo(0.2, 5);
  });

  test('the record has mean and deviation since the last call', async () => {
    const kernels = new WasmKernels();
    const propensity = new GBeta(
      kernels,
      { outcome: 'y', beta: 'fixed', weights: 'raw', weighed: 'all', leastG: 0.01 },
      0.1,
    );
    for (const values of [
      [9, 9, 9],
      [0.2, 0.4, 0.9],
    ]) {
      const G = kernels.tensor(Float32Array.from(values));
      propensity.observe(G, G, G);
      const { meanG, sdG } = await propensity.read();
      const mean = values.reduce((a, b) => a + b, 0) / 3;
      expect(meanG).toBeCloseTo(mean, 6);
      expect(sdG).toBeCloseTo(Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 3), 2);
    }
    expect(whyCollapsed({ meanG: 0.96, sdWithin: 0.02, beta: [0, 1, 0] })).toMatch(/hardly varies among clicks/);
    expect(whyCollapsed({ meanG: 0.4, sdWithin: 0.37, beta: [0, -0.1, 0] })).toMatch(
      /falls where g rises \(b1 -0\.10\)/,
    );
    expect(whyCollapsed({ meanG: 0.4, sdWithin: 0.37, beta: [0, 1.2, 0] })).toBeUndefined();
  });
});
