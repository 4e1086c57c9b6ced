import { stream, WasmKernels } from '../../compute/index.js';
import { sharedFloat32 } from '../../datasets/interactions.js';

/** Normal numbers in shared memory, by a name. */
export function normalFactors(name: string, size: number, scale: number, location = 0): Float32Array {
  const kernels = new WasmKernels();
  const out = kernels.zeros([size]);
  kernels.drawNormal(out, { seed: 1, stream: stream(`bench ${name}`) }, location, scale);
  const shared = sharedFloat32(size);
  shared.set(kernels.floats(out));
  return shared;
}
