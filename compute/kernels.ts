import type { ComposedKernels } from './composed.js';
import type { CoreKernels } from './core_kernels.js';

export * from './core_kernels.js';

/** All that a backend can do: the core, and what is made of it (composed.ts) or fused. */
export interface Kernels extends CoreKernels, ComposedKernels {}
