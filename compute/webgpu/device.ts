import { createRequire } from 'node:module';

/** Thrown where no GPU can be had: says why, and what would help. */
export class GpuUnavailableError extends Error {
  override readonly name = 'GpuUnavailableError';
}

/** Thrown where a GPU stops working: it was lost, ran out of memory, or refused work. */
export class GpuError extends Error {
  override readonly name = 'GpuError';
}

/** A GPU that is open, and what it may be asked for. */
export interface Gpu {
  readonly device: GPUDevice;
  /** Vendor and model, for people. */
  readonly title: string;
  /** True where a processor plays the GPU: right answers, no speed. */
  readonly isSoftware: boolean;
  /** Threads that may work together. */
  readonly workgroup: number;
  /** Most bytes of one tensor. */
  readonly largestBuffer: number;
}

/** What the npm package `webgpu` exports: Dawn, the WebGPU of Chromium. */
interface Dawn {
  create(options: string[]): GPU;
  readonly globals: object;
}

/** Bytes that a shader's numbers take at most. */
export const NUMBER_BYTES = 64;
const STORAGE_BUFFERS = 10;
const INSTALL = 'npm install webgpu';

let adapters: GPU | undefined;

/** Dawn's entry, loaded once a thread. Throws GpuUnavailableError. */
async function entry(): Promise<GPU> {
  if (adapters) return adapters;
  let dawn: Dawn;
  try {
    dawn = (await import('webgpu')) as Dawn;
  } catch (error) {
    throw new GpuUnavailableError(
      `the package "webgpu" does not load (${firstLine(error)}): install it with "${INSTALL}"`,
    );
  }
  Object.assign(globalThis, dawn.globals);
  adapters = dawn.create([]);
  return adapters;
}

/** Version of the installed package; undefined where it is missing. */
export function dawnVersion(): string | undefined {
  try {
    return (createRequire(import.meta.url)('webgpu/package.json') as { version: string }).version;
  } catch {
    return undefined;
  }
}

/**
 * Opens the fastest GPU. Throws GpuUnavailableError where the package is missing, no GPU answers, or the one that does cannot do what
 * the kernels need.
 */
export async function openGpu(): Promise<Gpu> {
  const gpu = await entry();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter)
    throw new GpuUnavailableError(
      'no GPU answers: a driver with Vulkan (on macOS Metal, on Windows D3D12) is needed, and on Linux the Vulkan loader, libvulkan1',
    );
  const { limits, info } = adapter;
  const title = [info.vendor, info.architecture, info.description || info.device].filter(Boolean).join(' ');
  if (!gpu.wgslLanguageFeatures.has('immediate_address_space'))
    throw new GpuUnavailableError(
      `the package "webgpu" is too old for our shaders: update it with "${INSTALL}@latest"`,
    );
  if (limits.maxStorageBuffersPerShaderStage < STORAGE_BUFFERS)
    throw new GpuUnavailableError(
      `${title} binds ${limits.maxStorageBuffersPerShaderStage} buffers at a time, and our shaders need ${STORAGE_BUFFERS}`,
    );
  const workgroup = Math.min(1024, limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX);
  const device = await adapter.requestDevice({
    requiredLimits: {
      maxStorageBuffersPerShaderStage: STORAGE_BUFFERS,
      maxImmediateSize: NUMBER_BYTES,
      maxComputeInvocationsPerWorkgroup: workgroup,
      maxComputeWorkgroupSizeX: workgroup,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
    },
  });
  return {
    device,
    title,
    isSoftware: /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(`${title} ${info.device}`),
    workgroup: workgroup >= 1024 ? 1024 : 256,
    largestBuffer: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
  };
}

const firstLine = (error: unknown): string => String((error as Error).message ?? error).split('\n')[0] as string;
