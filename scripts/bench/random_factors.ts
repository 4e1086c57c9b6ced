import { stream, WasmKernels } from '../../compute/index.js';
import { sharedFloat32 } from '../../datasets/interactions.js';
import type { Factors } from '../../simulator/factors.js';

/** Normal numbers in shared memory, by a name. */
function normal(name: string, size: number, scale: number, location = 0): Float32Array {
  const kernels = new WasmKernels();
  const out = kernels.zeros([size]);
  kernels.drawNormal(out, { seed: 1, stream: stream(`bench ${name}`) }, location, scale);
  const shared = sharedFloat32(size);
  shared.set(kernels.floats(out));
  return shared;
}

/** Factors as training might leave them: normal numbers, by a name. */
export function randomFactors(users: number, items: number, dim: number, name: string, bias: number): Factors {
  return {
    dim,
    user: normal(`${name} user`, users * dim, 0.3),
    item: normal(`${name} item`, items * dim, 0.3),
    userBias: normal(`${name} user bias`, users, 0.5, bias),
    itemBias: normal(`${name} item bias`, items, 1),
  };
}
