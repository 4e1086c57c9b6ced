import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testGpu } from '../../support/test_gpu.js';
import { PARITY_CASES } from '../parity.js';
import { WasmKernels } from '../wasm/wasm_kernels.js';
import type { WebGpuKernels } from './webgpu_kernels.js';

/**
 * Single precision, sums in another order, products and sums that may be joined: relative to the largest number of a result, differences of a few
 * units of the last place, and more where sums are long.
 */
const TOLERANCE = 2e-6;

describe('every kernel on the GPU gives what the default backend gives', () => {
  let gpu: WebGpuKernels | undefined;
  beforeAll(async () => {
    gpu = await testGpu();
  });
  afterAll(() => gpu?.close());

  test.each(PARITY_CASES.map((one) => [one.name, one] as const))('%s', async (_name, { run }) => {
    if (!gpu) return;
    const wasm = new WasmKernels();
    const expected = run(wasm);
    const found = run(gpu);
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [name, tensor] of Object.entries(expected)) {
      const [own, other] = [wasm.view(tensor), await gpu.read(found[name] as never)];
      expect({ name, size: other.length }).toEqual({ name, size: own.length });
      if (tensor.dtype === 'int32') {
        expect({ name, values: Array.from(other) }).toEqual({ name, values: Array.from(own) });
        continue;
      }
      const finite = own.filter(Number.isFinite) as Float32Array;
      const largest = finite.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-30);
      own.forEach((x, k) => {
        const y = other[k] as number;
        if (!Number.isFinite(x)) expect({ name, k, y }).toEqual({ name, k, y: x });
        else if (!(Math.abs(x - y) <= TOLERANCE * largest)) throw new Error(`${name}[${k}]: ${y}, expected ${x}`);
      });
    }
  });
});
