import { beforeAll, describe, expect, test } from '@jest/globals';
import { expectParity, PARITY_CASES } from '../../support/test_parity.js';
import { trainSmall } from '../../support/test_training.js';
import { TensorFlowKernels } from './tensorflow_kernels.js';

/** Single precision with TensorFlow's own functions, relative to the largest number of a result. */
const TOLERANCE = 4e-6;

describe('every kernel on TensorFlow gives what the default backend gives', () => {
  let kernels: TensorFlowKernels;
  beforeAll(async () => {
    kernels = await TensorFlowKernels.open();
  });

  test.each(PARITY_CASES.map((one) => [one.name, one] as const))('%s', async (_name, { run }) => {
    await expectParity(kernels, run, TOLERANCE);
  });

  test('an epoch leaves as many tensors as it found', async () => {
    const counts: number[] = [];
    await trainSmall(kernels, () => counts.push(kernels.library.tf.memory().numTensors));
    expect(counts.length).toBe(4);
    expect(new Set(counts).size).toBe(1);
  });

  test('what a scope makes is gone after it, and everything after closing', async () => {
    const { memory } = kernels.library.tf;
    kernels.close();
    const before = memory().numTensors;
    const outer = await TensorFlowKernels.open();
    outer.scope(() => {
      for (const { run } of PARITY_CASES) run(outer);
    });
    expect(memory().numTensors).toBe(before);
    outer.zeros([3]);
    expect(memory().numTensors).toBe(before + 1);
    outer.close();
    expect(memory().numTensors).toBe(before);
  });
});
