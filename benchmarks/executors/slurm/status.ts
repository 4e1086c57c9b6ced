import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineUse } from '../../../support/environment.js';
import { UserError } from '../../../support/errors.js';
import { leftPath } from '../../../support/output.js';
import { SlurmFolder } from './folder.js';
import { type JobState, jobsNamed } from './scheduler.js';
import { readPartsPlan } from './submit_parts.js';

/** How far jobs of Slurm are, from their files and the queue. */
export interface SlurmStatus {
  readonly folder: string;
  /** What is counted. */
  readonly unit: 'trials' | 'parts' | 'jobs';
  readonly all: number;
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
  if (!folder.exists) throw new UserError(`"${out}" was not submitted with --slurm: there is no "${folder.path}"`);
  const { unit, all, before, submitted, done, failed, tuned } = workOf(folder, out);
  let jobs: JobState[] = [];
  let trouble: string | undefined;
  try {
    jobs = jobsNamed(folder.jobName);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    trouble = error.message;
  }
  const seconds = (now - Date.parse(submitted)) / 1000;
  const [since, left] = [done - before, all - done];
  return {
    ...{ folder: folder.path, unit, all, done, failed, tuned, jobs, machines: folder.machines() },
    secondsLeft: since > 0 && left > 0 && jobs.length > 0 ? Math.round((seconds * left) / since) : null,
    ...(trouble !== undefined && { trouble }),
  };
}

/** What was submitted, and what is done of it. */
function workOf(
  folder: SlurmFolder,
  out: string,
): Pick<SlurmStatus, 'unit' | 'all' | 'done' | 'failed' | 'tuned'> & { before: number; submitted: string } {
  const round = folder.rounds - 1;
  const none = { before: 0, failed: 0, tuned: 0, submitted: new Date().toISOString() };
  if (round < 0) return { ...none, unit: 'jobs', all: 1, done: existsSync(out) ? 1 : 0 };
  const parts = readPartsPlan(folder, round);
  if (parts) {
    const drawn = (number: number): boolean => existsSync(leftPath(out, join('parts', String(number), 'part.json')));
    const numbers = Array.from({ length: parts.parts }, (_, k) => k + 1);
    const done = existsSync(out) ? numbers.length : numbers.filter(drawn).length;
    const before = numbers.length - parts.shares.flat().length;
    return { ...none, before, submitted: parts.submitted, unit: 'parts', all: numbers.length, done };
  }
  const { trials, done: before, submitted } = folder.readPlan(round);
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
  return { unit: 'trials', all: trials, before, submitted, done, failed, tuned };
}
