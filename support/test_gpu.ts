import { test } from '@jest/globals';
import { dawnVersion } from '../compute/webgpu/device.js';
import { WebGpuKernels } from '../compute/webgpu/webgpu_kernels.js';

/** For tests: a GPU, which on Linux `npm test` has the processor play where there is no other. Undefined where there is none. */
export async function testGpu(): Promise<WebGpuKernels | undefined> {
  const opened = await open();
  return typeof opened === 'string' ? undefined : opened;
}

/**
 * What tests of a GPU are written with, at the head of a file: `test` where there is one; elsewhere they are skipped, and `named` puts the reason
 * into the name of what they stand in.
 */
export async function gpuTests(): Promise<{
  readonly onGpu: typeof test | typeof test.skip;
  named(name: string): string;
}> {
  const opened = await open();
  if (typeof opened === 'string') return { onGpu: test.skip, named: (name) => `${name} (skipped: ${opened})` };
  opened.close();
  return { onGpu: test, named: (name) => name };
}

/** A GPU, or why there is none. */
async function open(): Promise<WebGpuKernels | string> {
  try {
    return await WebGpuKernels.open();
  } catch (error) {
    const isPromised = process.env['VK_ICD_FILENAMES'] && process.platform === 'linux' && process.arch === 'x64';
    if (isPromised && dawnVersion() !== undefined) throw error;
    return (error as Error).message;
  }
}
