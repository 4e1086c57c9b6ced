import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testGpu } from '../support/test_gpu.js';
import type { Kernels } from './kernels.js';
import { TensorFlowKernels } from './tensorflow/tensorflow_kernels.js';
import { WasmKernels } from './wasm/wasm_kernels.js';

describe.each([
  ['wasm', async (): Promise<Kernels> => new WasmKernels()],
  ['webgpu', (): Promise<Kernels | undefined> => testGpu()],
  ['tensorflow', (): Promise<Kernels> => TensorFlowKernels.open()],
] as const)('memory of %s is given back once', (_name, open) => {
  let kernels: Kernels | undefined;
  beforeAll(async () => {
    kernels = await open();
  });
  afterAll(() => kernels?.close());

  /** Two tensors made now have memory of their own: a number written to one is not in the other. */
  async function expectApart(): Promise<void> {
    const [a, b] = [kernels?.tensor(Float32Array.of(1, 2)), kernels?.tensor(Float32Array.of(3, 4))];
    if (!kernels || !a || !b) return;
    kernels.fill(a, 5);
    expect([...(await kernels.read(b))]).toEqual([3, 4]);
    expect([...(await kernels.read(a))]).toEqual([5, 5]);
  }

  test('what a scope made is not freed by hand, in it or in a scope inside it', async () => {
    const own = kernels;
    if (!own) return;
    expect(() => own.scope(() => own.free(own.zeros([2])))).toThrow(
      'the float32 tensor [2] was made inside a scope, which frees it when it ends: do not free it',
    );
    await expectApart();
    expect(() =>
      own.scope(() => {
        const outer = own.zeros([2]);
        own.scope(() => own.free(outer));
      }),
    ).toThrow('made inside a scope');
    await expectApart();
  });

  test('nothing is freed twice: by hand, or by hand after its scope', async () => {
    const own = kernels;
    if (!own) return;
    const tensor = own.zeros([2]);
    own.scope(() => own.free(tensor)); // made before the scope, so that it is no part of it
    expect(() => own.free(tensor)).toThrow('is freed already: free each tensor once');
    await expectApart();
    const kept = own.scope(() => own.zeros([2]));
    expect(() => own.free(kept)).toThrow('is freed already');
    await expectApart();
  });
});
