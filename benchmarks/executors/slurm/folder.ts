import { closeSync, existsSync, fdatasyncSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readState, writeDurably } from '../../../support/durable.js';
import type { MachineUse } from '../../../support/environment.js';
import { UserError } from '../../../support/errors.js';
import { hashOf } from '../../../support/hash.js';
import { makeFolder } from '../../../support/make_folder.js';
import { truePath } from '../../../support/paths.js';
import { linesText, readLines, type TrialLine } from '../../journal.js';
import type { PlannedRow } from '../../plan.js';
import type { OutcomeStore } from '../../runner.js';
import type { Outcome } from '../../trial.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const unitSchema = z.strictObject({
  /** Place among the data. */
  data: z.number().int().nonnegative(),
  row: z.custom<PlannedRow>((row) => typeof row === 'object' && row !== null && 'settings' in row),
  repetitions: z.array(z.number().int().nonnegative()),
  /** How many repetitions a draw of the clicks has, and how many draws, which follow one another among the data. */
  of: z.number().int().positive(),
  draws: z.number().int().positive(),
  /** About how long it takes on one core. */
  seconds: z.number(),
});

/** What an array of jobs does: never changed, since tasks read it whenever they begin. */
const planSchema = z.strictObject({
  version: z.literal(1),
  build: sha256,
  submitted: z.string(),
  /** Trials of all rounds, and those that were done before this one. */
  trials: z.number().int(),
  done: z.number().int(),
  data: z.array(z.strictObject({ name: z.string(), sha256, blob: sha256, draw: z.number().int().optional() })),
  modules: z.array(z.strictObject({ path: z.string(), sha256, source: z.string() })),
  units: z.array(unitSchema),
  /** For each task of the array, places among the units. */
  shares: z.array(z.array(z.number().int().nonnegative())),
});
export type SlurmPlan = z.infer<typeof planSchema>;
export type Unit = SlurmPlan['units'][number];

const jobsSchema = z.strictObject({ arrays: z.array(z.string()), join: z.string() });
export type SlurmJobs = z.infer<typeof jobsSchema>;

/** What jobs of Slurm share: scripts, plans, data, journals and logs, beside the folder that the result goes to. */
export class SlurmFolder {
  readonly path: string;

  constructor(out: string) {
    this.path = `${truePath(out)}.slurm`;
  }

  get exists(): boolean {
    return existsSync(this.path);
  }

  /** What its jobs are called: found again by it where their numbers were not written. */
  get jobName(): string {
    return `expo-${hashOf(this.path).slice(0, 12)}`;
  }

  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  make(): void {
    for (const name of ['data', 'journals', 'machines', 'logs']) makeFolder(this.file(name));
  }

  /** The number of the next plan, from 0. */
  get rounds(): number {
    if (!this.exists) return 0;
    return readdirSync(this.path).filter((name) => /^(plan|parts)-\d+\.json$/.test(name)).length;
  }

  writePlan(round: number, plan: SlurmPlan): void {
    writeDurably(this.file(`plan-${round}.json`), `${JSON.stringify(plan, null, 1)}\n`);
  }

  /** Throws UserError where it is not there, or is none of this program's. */
  readPlan(round: number): SlurmPlan {
    const path = this.file(`plan-${round}.json`);
    if (!existsSync(path))
      throw new UserError(
        `"${path}" is not seen from this machine: --out must lie on a file system that all machines of the cluster share`,
      );
    const parsed = planSchema.safeParse(readState(path));
    if (!parsed.success) throw new UserError(`"${path}" is not a plan of this version of the program: submit again`);
    return parsed.data;
  }

  writeJobs(round: number, jobs: SlurmJobs): void {
    writeDurably(this.file(`jobs-${round}.json`), `${JSON.stringify(jobs)}\n`);
  }

  readJobs(round: number): SlurmJobs | undefined {
    return jobsSchema.safeParse(readState(this.file(`jobs-${round}.json`))).data;
  }

  /** All that tasks have finished so far, of any round; the first answer counts, and what does not parse is skipped. */
  lines(): TrialLine[] {
    const folder = this.file('journals');
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .sort()
      .flatMap((name) => readLines(join(folder, name)).lines);
  }

  /** Machines that tasks ran on, with the trials that each finished. */
  machines(): MachineUse[] {
    const folder = this.file('machines');
    if (!existsSync(folder)) return [];
    const uses = new Map<string, MachineUse>();
    for (const name of readdirSync(folder).sort()) {
      const machine = readState(join(folder, name)) as Omit<MachineUse, 'trials'> | undefined;
      if (typeof machine?.name !== 'string') continue;
      const trials = readLines(this.file('journals', name.replace(/\.json$/, '.ndjson'))).lines.filter(
        ({ repetition }) => repetition !== undefined,
      ).length;
      const key = [machine.name, machine.processor, machine.build].join(' ');
      uses.set(key, { ...machine, trials: (uses.get(key)?.trials ?? 0) + trials });
    }
    return [...uses.values()];
  }
}

export function outcomesOf(lines: readonly TrialLine[], withoutFailures: boolean): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const { key, outcome } of lines)
    if (!outcomes.has(key) && !(withoutFailures && 'failure' in outcome)) outcomes.set(key, outcome);
  return outcomes;
}

/** The journal of one start of a task: a file that nobody else writes, not even an old start on a machine that was given up. */
export class TaskJournal implements OutcomeStore {
  readonly outcomes: Map<string, Outcome>;
  private readonly file: number;

  constructor(path: string, known: ReadonlyMap<string, Outcome>) {
    this.outcomes = new Map(known);
    this.file = openSync(path, 'ax');
  }

  append(line: TrialLine): void {
    writeSync(this.file, linesText([line]));
    fdatasyncSync(this.file);
    this.outcomes.set(line.key, line.outcome);
  }

  close(): void {
    closeSync(this.file);
  }
}
