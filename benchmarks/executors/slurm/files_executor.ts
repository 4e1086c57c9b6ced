import type { MachineUse } from '../../../support/environment.js';
import type { OutcomeStore } from '../../runner.js';
import type { Outcome } from '../../trial.js';
import { type Executor, LostError, type Task } from '../executor.js';

/** Runs nothing: takes what jobs left in files, and notes what is missing. */
export class FilesExecutor implements Executor {
  readonly name = 'slurm';
  readonly capacity = Number.POSITIVE_INFINITY;
  readonly isLocal = false;
  /** What nobody has run. */
  readonly missing: string[] = [];

  constructor(
    private readonly outcomes: ReadonlyMap<string, Outcome>,
    private readonly used: readonly MachineUse[] = [],
  ) {}

  async provide(): Promise<void> {}

  async run({ key, title }: Task): Promise<Outcome> {
    const known = this.outcomes.get(key);
    if (known) return known;
    this.missing.push(title);
    throw new LostError('no job has run it yet: the same command again submits what is left');
  }

  async close(): Promise<void> {}

  machines(): readonly MachineUse[] {
    return this.used;
  }
}

/** Keeps nothing: what is asked only to know whether it is there. */
export const forgetful: OutcomeStore = { outcomes: new Map(), append() {} };
