import type { Kernels } from './kernels.js';
import { WasmKernels } from './wasm/wasm_kernels.js';

/** Backends. All take the same draws; what is not `wasm` differs from it in the last bits. */
export const BACKENDS = ['wasm', 'webgpu', 'tensorflow'] as const;
export type BackendName = (typeof BACKENDS)[number];
/** Choices of a user: a backend, or whichever is faster. */
export const BACKEND_CHOICES = [...BACKENDS, 'auto'] as const;
export type BackendChoice = (typeof BACKEND_CHOICES)[number];

/** Opens a backend with a memory of its own; `close` it when done. Throws BackendUnavailableError. */
export async function openBackend(name: BackendName = 'wasm'): Promise<Kernels> {
  switch (name) {
    case 'wasm':
      return new WasmKernels();
    case 'webgpu':
      return (await import('./webgpu/webgpu_kernels.js')).WebGpuKernels.open();
    case 'tensorflow':
      return (await import('./tensorflow/tensorflow_kernels.js')).TensorFlowKernels.open();
  }
}

/** The default backend, for what is computed in place: `kernels` itself where it is that, or else one of its own. */
export function hostOf(kernels: Kernels): WasmKernels {
  return kernels instanceof WasmKernels ? kernels : new WasmKernels();
}
