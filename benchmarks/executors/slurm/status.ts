import type { MachineUse } from '../../../support/environment.js';
import { UserError } from '../../../support/errors.js';
import { SlurmFolder } from './folder.js';
import { type JobState, jobsNamed } from './scheduler.js';

/** How far jobs of Slurm are, from their files and the queue. */
export interface SlurmStatus {
  readonly folder: string;
  readonly trials: number;
  readonly done: number;
  readonly failed: number;
  /** Trainings of searches for settings. */
  readonly tuned: number;
  /** Jobs that wait or run, by state and reason. */
  readonly jobs: readonly JobState[];
  readonly machines: readonly MachineUse[];
  /** By what was done since the last submission; null before anything was, or where nothing is left. */
  readonly secondsLeft: number | null;
  /** Where the queue cannot be asked, why. */
  readonly trouble?: string | undefined;
}

/** Reads a folder that jobs were submitted for. Throws UserError where there is none. */
export function slurmStatus(out: string, now = Date.now()): SlurmStatus {
  const folder = new SlurmFolder(out);
  if (!folder.exists || folder.rounds === 0)
    throw new UserError(`"${out}" was not submitted with --slurm: there is no "${folder.path}"`);
  const { trials, done: before, submitted } = folder.readPlan(folder.rounds - 1);
  const seen = new Set<string>();
  let [done, failed, tuned] = [0, 0, 0];
  for (const { key, repetition, outcome } of folder.lines()) {
    if (seen.has(key)) continue;
    seen.add(key);
    if (repetition === undefined) tuned++;
    else {
      done++;
      if ('failure' in outcome) failed++;
    }
  }
  let jobs: JobState[] = [];
  let trouble: string | undefined;
  try {
    jobs = jobsNamed(folder.jobName);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    trouble = error.message;
  }
  const seconds = (now - Date.parse(submitted)) / 1000;
  const [since, left] = [done - before, trials - done];
  return {
    ...{ folder: folder.path, trials, done, failed, tuned, jobs, machines: folder.machines() },
    secondsLeft: since > 0 && left > 0 && jobs.length > 0 ? Math.round((seconds * left) / since) : null,
    ...(trouble !== undefined && { trouble }),
  };
}
