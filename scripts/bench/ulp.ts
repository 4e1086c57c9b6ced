import { WasmKernels } from '../../compute/index.js';
import type { Benchmark, Figure } from './measure.js';

const CHUNK = 1 << 16;

/** Every seventh float: some 300 million for each function. */
const STRIDE = 7;

/** Distance of a float from the true value in units of the true value's last place. */
function ulps(found: number, truth: number): number {
  const magnitude = Math.abs(truth);
  const exponent = Math.max(-126, Math.floor(Math.log2(magnitude)));
  return Math.abs(found - truth) / 2 ** (exponent - 23);
}

/** Largest error of a kernel over every `stride`-th float from `low` to `high`, against double precision. */
export function largestError(
  name: 'exp' | 'log' | 'sigmoid',
  truth: (x: number) => number,
  low: number,
  high: number,
  stride: number,
): { error: number; at: number } {
  const kernels = new WasmKernels();
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  // Floats of one sign are ordered as their bits.
  const order = (x: number): number => {
    float[0] = x;
    return (bits[0] as number) >>> 0;
  };
  let worst = { error: 0, at: 0 };
  const input = new Float32Array(CHUNK);
  const scan = (from: number, to: number): void => {
    for (let start = from; start <= to; start += CHUNK * stride) {
      let count = 0;
      for (let b = start; b <= to && count < CHUNK; b += stride) {
        bits[0] = b;
        input[count++] = float[0] as number;
      }
      kernels.scope(() => {
        const out = kernels.floats(kernels[name](kernels.tensor(input)));
        for (let k = 0; k < count; k++) {
          const error = ulps(out[k] as number, truth(input[k] as number));
          if (error > worst.error) worst = { error, at: input[k] as number };
        }
      });
    }
  };
  if (high > 0) scan(order(Math.max(low, 0)), order(high));
  if (low < 0) scan(order(-0), order(low));
  return worst;
}

/** Ranges in which results are normal floats. */
export const RANGES = {
  exp: { truth: Math.exp, low: -87.3, high: 88.7 },
  log: { truth: Math.log, low: 1.1754943508222875e-38, high: 3.4028234663852886e38 },
  sigmoid: { truth: (x: number) => 1 / (1 + Math.exp(-x)), low: -87.3, high: 88.7 },
} as const;

/** Errors of exp, log and sigmoid in units of the last place, over every seventh float of their range. Takes minutes. */
export const ulp: Benchmark = {
  name: 'ulp',
  summary: 'errors of exp, log and sigmoid over every seventh float (minutes)',
  always: false,
  async run() {
    return (Object.keys(RANGES) as (keyof typeof RANGES)[]).map((name): Figure => {
      const { truth, low, high } = RANGES[name];
      const { error, at } = largestError(name, truth, low, high, STRIDE);
      return {
        name: `${name}, at ${at}`,
        value: error,
        unit: 'ulp',
        reference: undefined,
        referenceName: 'Math, double precision',
        ratio: undefined,
        goal: '-',
      };
    });
  },
};
