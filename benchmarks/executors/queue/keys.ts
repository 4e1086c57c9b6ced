import { programBuild } from '../../../support/version.js';

/** Braces keep all keys in one slot of a cluster. */
export const prefixOf = (name = 'expo'): string => `{${name}}`;

/** One queue a build: a worker of another build never sees the trial. */
export const queueName = (build = programBuild()): string => `trials-${build.slice(0, 16)}`;

/** Seconds that answers and data are kept. */
export const KEPT_SECONDS = 7 * 86_400;

/** Keys besides those of BullMQ. */
export interface Keys {
  /** The answer to a task: the first one wins. */
  result(id: string): string;
  /** Set of the sweeps that wait for a task. */
  want(id: string): string;
  /** Set of the tasks that a sweep waits for. */
  sweep(name: string): string;
  /** Hash of the pieces of data, by the SHA-256 of the whole. */
  blob(sha256: string): string;
  /** Hash of the workers' signs of life, by their names, and of the sweeps'. */
  readonly machines: string;
  readonly sweeps: string;
}

export const keysOf = (prefix: string): Keys => ({
  result: (id) => `${prefix}:result:${id}`,
  want: (id) => `${prefix}:want:${id}`,
  sweep: (name) => `${prefix}:sweep:${name}`,
  blob: (sha256) => `${prefix}:blob:${sha256}`,
  machines: `${prefix}:machines`,
  sweeps: `${prefix}:sweeps`,
});

/** BullMQ refuses ids of digits alone, and colons. */
export const jobId = (key: string): string => `t${key}`;

const LEAST_PRIORITY = 2_097_150;

/** The longest task is the first: 1, the least number, goes before all others. */
export const priorityOf = (seconds: number, most: number): number =>
  1 + Math.floor((1 - (most > 0 ? Math.min(1, seconds / most) : 1)) * LEAST_PRIORITY);
