import { join } from 'node:path';
import type { Argv } from 'yargs';
import { FilesExecutor } from '../benchmarks/executors/slurm/files_executor.js';
import { outcomesOf, SlurmFolder } from '../benchmarks/executors/slurm/folder.js';
import { refuseLive, type Submitted, submitSweeps } from '../benchmarks/executors/slurm/submit.js';
import { submitJob, submitParts } from '../benchmarks/executors/slurm/submit_parts.js';
import type { Plan } from '../benchmarks/plan.js';
import type { OpenedData } from '../benchmarks/suite_data.js';
import { prepareSweep } from '../benchmarks/sweep.js';
import { UserError } from '../support/errors.js';
import { LIMITS } from '../support/limits.js';
import type { OutputFolder } from '../support/output.js';
import { withScratch } from '../support/scratch.js';
import { currentRun, note, print } from './io.js';
import { checkNumber } from './options.js';

const group = 'Machines:';

/** Options of verbs that run as jobs of Slurm. */
export function slurmOptions<T>(argv: Argv<T>) {
  return argv
    .option('slurm', {
      type: 'string',
      describe:
        'submit it as an array of jobs to Slurm, with one that joins what they came to; --slurm=print only prints',
      group,
    })
    .option('array', {
      type: 'number',
      default: 50,
      describe: 'with --slurm: most tasks to divide the work into',
      group,
    })
    .option('sbatch', {
      type: 'string',
      default: '',
      describe: 'with --slurm: options of sbatch, such as "--partition=gpu --time=4:00:00 --gres=gpu:1"',
      group,
    });
}

export interface SlurmArguments {
  readonly slurm?: string | undefined;
  readonly array?: number | undefined;
  readonly sbatch?: string | undefined;
}

/** What a command is in a run on Slurm; its jobs are told by their environment. */
export type SlurmStage = 'submit' | 'print' | 'join' | 'world' | 'part' | 'job';

const STAGES: readonly string[] = ['join', 'world', 'part', 'job'] satisfies SlurmStage[];

export function slurmStage({ slurm, array, sbatch }: SlurmArguments): SlurmStage | undefined {
  if (slurm === undefined) {
    if (sbatch) throw new UserError('--sbatch goes with --slurm');
    return undefined;
  }
  checkNumber('array', array, 1, LIMITS.parts.most, true);
  const stage = process.env['EXPOBENCH_SLURM'];
  if (stage !== undefined && STAGES.includes(stage)) return stage as SlurmStage;
  if (slurm !== '' && slurm !== 'print')
    throw new UserError(`--slurm "${slurm}" is not understood: write --slurm, or --slurm=print`);
  if (currentRun().words.includes('-'))
    throw new UserError('--slurm: jobs cannot read standard input: give a file in the place of -');
  return slurm === 'print' ? 'print' : 'submit';
}

/** A sweep that is to be submitted. */
export interface SweepToSubmit {
  readonly plan: Plan;
  readonly out: string;
  readonly inputs: readonly string[];
  open(folder: OutputFolder): Promise<readonly OpenedData[]>;
}

interface SubmitArguments extends SlurmArguments {
  readonly out: string;
  readonly overwrite: boolean;
  readonly workers?: number | undefined;
  readonly retryFailed?: boolean | undefined;
  readonly json: boolean;
}

/** Submits sweeps, or prints what would be submitted. */
export async function submitRuns(sweeps: readonly SweepToSubmit[], argv: SubmitArguments): Promise<void> {
  const { out, overwrite, workers, retryFailed = false, array = 1, sbatch = '', json } = argv;
  const isDry = argv.slurm === 'print';
  const folder = new SlurmFolder(out);
  if (!isDry) refuseLive(folder);
  const submitted = await withScratch(async (scratch) => {
    const prepared = [];
    for (const [s, { plan, out: place, inputs, open }] of sweeps.entries()) {
      const options = {
        out: isDry ? join(scratch, String(s)) : place,
        overwrite: overwrite || folder.exists,
        inputs,
        onNote: note,
      };
      const { data, jobs } = await prepareSweep(plan, open, options);
      prepared.push({ data, jobs, plan });
    }
    const options = { tasks: array, sbatch, cores: workers, words: currentRun().words, retryFailed };
    return submitSweeps(folder, prepared, options, isDry);
  });
  print(json ? JSON.stringify(submitted, null, 2) : describeSubmitted(submitted, folder, out, isDry));
}

/** Submits a command as one job. */
export function submitAlone(argv: SubmitArguments): void {
  const { out, workers, sbatch = '', json } = argv;
  const isDry = argv.slurm === 'print';
  const folder = new SlurmFolder(out);
  if (!isDry) refuseLive(folder);
  const submitted = submitJob(folder, { sbatch, cores: workers, words: currentRun().words }, isDry);
  print(json ? JSON.stringify(submitted, null, 2) : describeScripts(submitted, folder, out, isDry));
}

/** Submits a simulation in parts. */
export function submitSimulation(argv: SubmitArguments & { readonly parts?: number }, left: readonly number[]): void {
  const { out, workers, parts = 1, array = 1, sbatch = '', json } = argv;
  const isDry = argv.slurm === 'print';
  const folder = new SlurmFolder(out);
  if (!isDry) refuseLive(folder);
  const options = { parts, tasks: array, sbatch, cores: workers, words: currentRun().words };
  const submitted = submitParts(folder, left, options, isDry);
  print(json ? JSON.stringify(submitted, null, 2) : describeScripts(submitted, folder, out, isDry));
}

function describeScripts(
  { scripts, commands, ids }: Pick<Submitted, 'scripts' | 'commands' | 'ids'>,
  { path }: SlurmFolder,
  out: string,
  isDry: boolean,
): string {
  if (isDry)
    return [
      ...Object.entries(scripts).map(([name, text]) => `# ${name}\n${text}`),
      ...commands,
      '# nothing was written or submitted',
    ].join('\n');
  return `submitted jobs ${ids?.join(', ')}; the last one writes ${out}\nscripts and logs: ${path}\nhow far they are: expobench status ${out}`;
}

/** The executor of the job that joins, with what it takes from files. */
export function joining(out: string, retryFailed = false): FilesExecutor {
  const folder = new SlurmFolder(out);
  return new FilesExecutor(outcomesOf(folder.lines(), retryFailed), folder.machines());
}

/** Says what is missing after everything was joined; the exit code tells it, too. */
export function sayMissing(missing: readonly string[]): void {
  if (missing.length === 0) return;
  currentRun().code = 1;
  const names = missing.slice(0, 20).join('; ');
  note(
    `${missing.length} trainings are missing: ${names}${missing.length > 20 ? '; ...' : ''}. The same command again submits what is left`,
  );
}

function describeSubmitted(
  { left, done, tasks, seconds, scripts, commands, ids }: Submitted,
  { path }: SlurmFolder,
  out: string,
  isDry: boolean,
): string {
  if (commands.length === 0) return `nothing is left to submit: ${done} trials are done; see ${out}`;
  const work = `${left} trials in ${tasks} ${tasks === 1 ? 'task' : 'tasks'}${done > 0 ? `, ${done} are done` : ''}; the longest task has about ${(seconds[0] / Math.max(1e-9, seconds[1])).toFixed(1)} times the work of the shortest`;
  if (isDry)
    return [
      ...Object.entries(scripts).map(([name, text]) => `# ${name}\n${text}`),
      ...commands,
      `# ${work}; nothing was written or submitted`,
    ].join('\n');
  return `submitted ${work}\njobs ${ids?.slice(0, -1).join(', ')}, then ${ids?.at(-1)}, which writes ${out}\nscripts, plan, data and logs: ${path}\nhow far it is: expobench status ${out}`;
}
