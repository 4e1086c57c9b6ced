import { dawnVersion } from '../compute/webgpu/device.js';
import { WebGpuKernels } from '../compute/webgpu/webgpu_kernels.js';

/**
 * For tests: a GPU, which on Linux `npm test` has the processor play where there is no other. Undefined, with the reason on stderr, where there
 * is none.
 */
export async function testGpu(): Promise<WebGpuKernels | undefined> {
  try {
    return await WebGpuKernels.open();
  } catch (error) {
    const isPromised = process.env['VK_ICD_FILENAMES'] && process.platform === 'linux' && process.arch === 'x64';
    if (isPromised && dawnVersion() !== undefined) throw error;
    process.stderr.write(`No GPU here, so nothing is tested on one: ${(error as Error).message}.\n`);
    return undefined;
  }
}
