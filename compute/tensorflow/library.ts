import type * as TensorFlow from '@tensorflow/tfjs';
import { BackendUnavailableError } from '../errors.js';
import { installedVersion } from '../packages.js';

/** The library's functions, whichever package they come from. */
export type Library = typeof TensorFlow;

/** TensorFlow that was loaded. */
export interface LoadedTensorFlow {
  readonly tf: Library;
  readonly packageName: string;
  readonly version: string;
  /** The processor or GPU that computes in it. */
  readonly computes: string;
}

/** Packages with the same functions, the fastest first. */
export const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node', '@tensorflow/tfjs'] as const;

/** The means that each package computes with, by the library's name for it and for people. */
const COMPUTES: Readonly<Record<(typeof PACKAGES)[number], readonly [name: string, computes: string]>> = {
  '@tensorflow/tfjs-node-gpu': ['tensorflow', 'CUDA through libtensorflow'],
  '@tensorflow/tfjs-node': ['tensorflow', 'the processor through libtensorflow'],
  '@tensorflow/tfjs': ['cpu', 'the processor in plain JavaScript, for checks alone: it is slow'],
};

let loaded: Promise<LoadedTensorFlow> | undefined;

/** The first package that loads and computes, loaded once a thread. Throws BackendUnavailableError with what kept each away. */
export function loadTensorFlow(): Promise<LoadedTensorFlow> {
  loaded ??= loadFirst();
  return loaded;
}

async function loadFirst(): Promise<LoadedTensorFlow> {
  const reasons: string[] = [];
  for (const name of PACKAGES) {
    try {
      return await load(name);
    } catch (error) {
      reasons.push(`${name}: ${reasonOf(name, error)}`);
    }
  }
  loaded = undefined;
  throw new BackendUnavailableError(
    `no TensorFlow loads; install one with "npm install ${PACKAGES.join('", or with "npm install ')}" (${reasons.join('; ')})`,
  );
}

/** Loads one package. Throws whatever is wrong with it. */
export async function load(name: (typeof PACKAGES)[number]): Promise<LoadedTensorFlow> {
  const module = (await import(name)) as { default?: Library } & Library;
  const tf = module.default ?? module;
  tf.enableProdMode(); // or else it advertises its other packages
  const [own, computes] = COMPUTES[name];
  // By name: packages share one core, in which another may have come first.
  if (!(await tf.setBackend(own))) throw new Error(`it has no "${own}" to compute with`);
  const [sum] = tf.tidy(() => tf.add(tf.tensor1d([1]), tf.tensor1d([2])).dataSync());
  if (sum !== 3) throw new Error(`it adds 1 and 2 to ${sum}`);
  return { tf, packageName: name, version: installedVersion(name) ?? tf.version['tfjs-core'], computes };
}

export const NOT_INSTALLED = 'not installed';

/** Why a package did not load, for people. */
export function reasonOf(name: string, error: unknown): string {
  const text = String((error as Error).message ?? error).split('\n')[0] as string;
  if (new RegExp(`Cannot find (package|module) '${name}'`).test(text)) return NOT_INSTALLED;
  if (/isNullOrUndefined/.test(text)) return `does not work with Node ${process.versions.node}: use Node 20 or 22`;
  return text;
}
