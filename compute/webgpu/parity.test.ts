import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { gpuTests } from '../../support/test_gpu.js';
import { expectParity, PARITY_CASES } from '../../support/test_parity.js';
import { WebGpuKernels } from './webgpu_kernels.js';

/**
 * Single precision, sums in another order, products and sums that may be joined: relative to the largest number of a result, differences of a few
 * units of the last place, and more where sums are long.
 */
const TOLERANCE = 2e-6;

const { onGpu, named } = await gpuTests();

describe(named('every kernel on the GPU gives what the default backend gives'), () => {
  let gpu: WebGpuKernels;
  beforeAll(async () => {
    if (onGpu === test) gpu = await WebGpuKernels.open();
  });
  afterAll(() => gpu?.close());

  onGpu.each(PARITY_CASES.map((one) => [one.name, one] as const))('%s', async (_name, { run }) => {
    await expectParity(gpu, run, TOLERANCE);
  });

  onGpu('however many threads work together', async () => {
    for (const workgroup of [32, 128]) {
      const smaller = new WebGpuKernels({ ...gpu.gpu, workgroup });
      for (const { name, run } of PARITY_CASES)
        if (name.startsWith('lookup') || name.startsWith('rows')) await expectParity(smaller, run, TOLERANCE);
      smaller.close();
    }
  });
});
