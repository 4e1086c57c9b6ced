import { execFileSync } from 'node:child_process';
import { UserError } from '../../../support/errors.js';

/** Milliseconds that a command of Slurm's may take: a controller that is away is said after nine seconds. */
const PATIENCE = 60_000;

/** Runs a command of Slurm's. Throws UserError with its own words where it refuses, or is not there. */
function call(name: string, words: readonly string[]): string {
  try {
    return execFileSync(name, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE }).trim();
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: unknown };
    if (code === 'ENOENT')
      throw new UserError(
        `${name} is not on this machine: run this where Slurm is, or "--slurm=print" to see what would be submitted`,
      );
    throw new UserError(
      `${name} refused: ${
        String(stderr ?? '')
          .trim()
          .replace(/\s*\n\s*/g, '; ') || message
      }`,
    );
  }
}

/** A job, or a task of an array, as the queue shows it. */
export interface JobState {
  readonly id: string;
  readonly state: string;
  /** Why it waits, in Slurm's words. */
  readonly reason: string;
}

/** Jobs of a name that wait or run. */
export function jobsNamed(name: string): JobState[] {
  return call('squeue', ['-h', '-r', '--me', `--name=${name}`, '-o', '%i|%T|%r'])
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [id = '', state = '', reason = ''] = line.split('|');
      return { id, state, reason };
    });
}

/** Slurm's own default. */
const USUAL_LIMIT = 1001;

/** How many tasks an array may have here. */
export function arrayLimit(): number {
  try {
    return Number(/MaxArraySize\s*=\s*(\d+)/.exec(call('scontrol', ['show', 'config']))?.[1] ?? USUAL_LIMIT);
  } catch {
    return USUAL_LIMIT;
  }
}

/** Submits a job, and returns its number. */
export function submit(words: readonly string[]): string {
  return call('sbatch', ['--parsable', ...words]).split(';')[0] as string;
}

export function cancel(ids: readonly string[]): void {
  if (ids.length > 0) call('scancel', ids);
}

/** Puts the task that runs here back into the queue. Array and task are both named, since else the whole array is meant. */
export function requeue(env: NodeJS.ProcessEnv): void {
  const { SLURM_ARRAY_JOB_ID: array, SLURM_ARRAY_TASK_ID: task, SLURM_JOB_ID: job = '' } = env;
  call('scontrol', ['requeue', array !== undefined && task !== undefined ? `${array}_${task}` : job]);
}

/** Splits options as a shell would, quotes included. */
export function splitWords(text: string): string[] {
  return (text.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? []).map((word) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  );
}

/** A word as a shell takes it literally. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
