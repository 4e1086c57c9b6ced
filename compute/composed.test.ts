import { describe, expect, test } from '@jest/globals';
import { expectParity, PARITY_CASES } from '../support/test_parity.js';
import { composedOf } from './composed.js';
import { WasmKernels } from './wasm/wasm_kernels.js';

/** Single precision, sums in another order, relative to the largest number of a result. */
const TOLERANCE = 4e-6;

/** The default backend with none of what it fuses: all that can be composed is. */
function composedAlone(): WasmKernels {
  const core = new WasmKernels();
  return Object.assign(core, composedOf(core));
}

describe('composed kernels give what the fused ones of the default backend give', () => {
  test.each(PARITY_CASES.map((one) => [one.name, one] as const))('%s', async (_name, { run }) => {
    await expectParity(composedAlone(), run, TOLERANCE);
  });

  test('every one is reached by a case', () => {
    const kernels = composedAlone();
    const missed = new Set(Object.keys(composedOf(kernels)));
    for (const name of missed) {
      const kernel = Reflect.get(kernels, name) as (...operands: unknown[]) => unknown;
      const counted = (...operands: unknown[]): unknown => {
        missed.delete(name);
        return kernel(...operands);
      };
      Object.assign(kernels, { [name]: counted });
    }
    for (const { run } of PARITY_CASES) run(kernels);
    expect([...missed]).toEqual([]);
  });

  test('they leave nothing behind but their results', () => {
    const kernels = composedAlone();
    const everything = (): void => {
      kernels.scope(() => {
        for (const { run } of PARITY_CASES) run(kernels);
      });
    };
    everything();
    const taken = kernels.bytes;
    everything();
    expect(kernels.bytes).toBe(taken);
  });

  test('where there is no spread there is no correlation, and nothing flows back', () => {
    const kernels = composedAlone();
    const [x, y] = [kernels.tensor(Float32Array.of(2, 2, 2)), kernels.tensor(Float32Array.of(1, 2, 4))];
    const uses = kernels.tensor(Int32Array.of(1, 1, 1));
    for (const [a, b] of [
      [x, y],
      [y, x],
    ] as const) {
      const result = kernels.correlation(a, b, uses);
      const gradient = kernels.zeros([3]);
      kernels.correlationAdjoint(kernels.tensor(Float32Array.of(1)), a, b, uses, result, gradient);
      expect(Math.abs(kernels.floats(result)[0] as number)).toBe(0);
      expect([...kernels.floats(gradient)].map(Math.abs)).toEqual([0, 0, 0]);
    }
  });
});
