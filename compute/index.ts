/** Tensors, kernels, the tape and the optimizer. */
export * from './adam.js';
export * from './backends.js';
export type { ComposedKernels } from './composed.js';
export * from './errors.js';
export * from './kernels.js';
export * from './parameter.js';
export * from './random.js';
export * from './shapes.js';
export * from './tape.js';
export * from './tensor.js';
export { inRuns } from './wasm/runs.js';
export { WasmKernels, WasmTensor } from './wasm/wasm_kernels.js';
