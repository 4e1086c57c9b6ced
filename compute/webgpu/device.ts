import { BackendUnavailableError } from '../errors.js';
import { installedVersion } from '../packages.js';
import type { Program, Shader } from './shader.js';

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
  /** Shaders made ready on this device. */
  readonly programs: Map<Shader, Program>;
  /** Why it works no more. */
  lost?: string;
}

/** Exports of the npm package `webgpu`: Dawn, the WebGPU of Chromium. */
interface Dawn {
  create(options: string[]): GPU;
  readonly globals: object;
}

/** Bytes that a shader's numbers take at most. */
export const NUMBER_BYTES = 64;
const STORAGE_BUFFERS = 10;
/** A name that bundlers do not follow: browsers have WebGPU of their own. */
const DAWN: string = 'webgpu';
const INSTALL = 'npm install webgpu';

let adapters: GPU | undefined;

/** The browser's entry, or Dawn's, loaded once a thread. Throws BackendUnavailableError. */
async function entry(): Promise<GPU> {
  if (adapters) return adapters;
  if (globalThis.navigator?.gpu) return (adapters = navigator.gpu);
  let dawn: Dawn;
  try {
    dawn = (await import(DAWN)) as Dawn;
  } catch (error) {
    const isMissing = dawnVersion() === undefined;
    const what = isMissing ? 'is not installed' : `does not load (${firstLine(error)})`;
    throw new BackendUnavailableError(`the package "webgpu" ${what}: ${INSTALL}`);
  }
  Object.assign(globalThis, dawn.globals);
  adapters = dawn.create([]);
  return adapters;
}

/** Version of the installed package; undefined where it is missing. */
export function dawnVersion(): string | undefined {
  return installedVersion(DAWN);
}

let shared: Promise<Gpu> | undefined;

/** The GPU of this thread, opened when first asked for, and anew once it was lost. Throws as `openGpu`. */
export async function sharedGpu(): Promise<Gpu> {
  shared ??= openGpu();
  try {
    const gpu = await shared;
    if (gpu.lost === undefined) return gpu;
  } catch (error) {
    shared = undefined;
    throw error;
  }
  shared = openGpu();
  return shared;
}

/**
 * Opens the fastest GPU. Throws BackendUnavailableError where the package is missing, no GPU answers, or the one that does cannot do what
 * the kernels need.
 */
async function openGpu(): Promise<Gpu> {
  const gpu = await entry();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter)
    throw new BackendUnavailableError(
      'no GPU answers: a driver with Vulkan (on macOS Metal, on Windows D3D12) is needed, and on Linux the Vulkan loader, libvulkan1',
    );
  const { limits, info } = adapter;
  const title = [info.vendor, info.architecture, info.description || info.device].filter(Boolean).join(' ');
  if (!gpu.wgslLanguageFeatures.has('immediate_address_space'))
    throw new BackendUnavailableError(`the package "webgpu" is too old for our shaders: ${INSTALL}@latest`);
  if (limits.maxStorageBuffersPerShaderStage < STORAGE_BUFFERS)
    throw new BackendUnavailableError(
      `${title} binds ${limits.maxStorageBuffersPerShaderStage} buffers at a time, and our shaders need ${STORAGE_BUFFERS}`,
    );
  const workgroup = Math.min(1024, limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX);
  const request = adapter.requestDevice({
    requiredLimits: {
      maxStorageBuffersPerShaderStage: STORAGE_BUFFERS,
      maxImmediateSize: NUMBER_BYTES,
      maxComputeInvocationsPerWorkgroup: workgroup,
      maxComputeWorkgroupSizeX: workgroup,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
    },
  });
  const device = await request.catch((error: unknown) => {
    throw new BackendUnavailableError(`${title} does not open: ${firstLine(error)}`);
  });
  const opened: Gpu = {
    device,
    title,
    isSoftware:
      info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(`${title} ${info.device}`),
    workgroup: workgroup >= 1024 ? 1024 : 256,
    largestBuffer: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
    programs: new Map(),
  };
  // A process that ends while the GPU works would crash.
  globalThis.process?.once('exit', () => device.destroy());
  void device.lost.then(({ reason, message }) => {
    opened.lost = `the GPU was lost (${reason}): ${firstLine(message)}`;
  });
  return opened;
}

export const firstLine = (error: unknown): string => String((error as Error).message ?? error).split('\n')[0] as string;
