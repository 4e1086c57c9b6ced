import { type BackendName, BackendUnavailableError, openBackend } from '../compute/index.js';
import { load, PACKAGES } from '../compute/tensorflow/library.js';
import { sharedGpu } from '../compute/webgpu/device.js';
import { parseMethod } from '../methods/registry.js';
import { builtIn, type Catalogue } from './catalogue.js';
import { measureSeconds } from './estimate.js';
import { trainingSpeed } from './probe.js';
import type { TrialData } from './suites/suite.js';
import type { TrialSettings } from './trial.js';

/** What a GPU must gain over the default backend, so that a choice does not hang on noise. */
const LEAST_GAIN = 1.2;

/** The backend of a real GPU, if this machine has one: one that the processor plays gains nothing. */
export async function fastBackend(): Promise<Exclude<BackendName, 'wasm'> | undefined> {
  try {
    if (!(await sharedGpu()).isSoftware) return 'webgpu';
  } catch (error) {
    if (!(error instanceof BackendUnavailableError)) throw error;
  }
  try {
    await load(PACKAGES[0]);
    return 'tensorflow';
  } catch {
    return undefined;
  }
}

/** The backend that trains faster on this machine, by a probe of half a second of each. */
export async function fasterBackend(): Promise<BackendName> {
  const fast = await fastBackend();
  if (!fast) return 'wasm';
  const speeds: number[] = [];
  for (const name of ['wasm', fast] as const) {
    const kernels = await openBackend(name);
    speeds.push(await trainingSpeed(kernels, 0.5));
    kernels.close();
  }
  return (speeds[1] as number) > LEAST_GAIN * (speeds[0] as number) ? fast : 'wasm';
}

interface BackendSearch {
  /** Trials that run at once. */
  readonly beside?: number;
  readonly catalogue?: Catalogue;
  readonly find?: typeof fastBackend;
}

/**
 * Settings whose backend is known: `auto` becomes the faster one at this work, by short trainings on both that are timed. `beside` trials run at
 * once on the processor's cores, and would share one GPU, which `find` finds.
 */
export async function withChosenBackend(
  one: TrialData,
  settings: TrialSettings,
  { beside = 1, catalogue = builtIn, find = fastBackend }: BackendSearch = {},
): Promise<TrialSettings> {
  const { backend, ...plain } = settings;
  if (backend !== 'auto') return settings;
  const fast = parseMethod(settings.method, catalogue).players[0]?.trained ? await find() : undefined;
  if (!fast) return plain;
  const gpu = { ...plain, backend: fast };
  const [own, other] = [await measureSeconds(one, plain, catalogue), await measureSeconds(one, gpu, catalogue)];
  return other * LEAST_GAIN < own / beside ? gpu : plain;
}

/** Devices of the backends that were asked for by name. Throws BackendUnavailableError where one is not there. */
export async function devicesOf(wanted: readonly TrialSettings[]): Promise<string[]> {
  const devices: string[] = [];
  for (const name of new Set(wanted.map(({ backend }) => backend))) {
    if (name === undefined || name === 'auto') continue;
    const kernels = await openBackend(name);
    devices.push(`${name}: ${kernels.device}`);
    kernels.close();
  }
  return devices;
}
