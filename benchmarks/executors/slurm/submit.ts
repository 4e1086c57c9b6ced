import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeDurably } from '../../../support/durable.js';
import { UserError } from '../../../support/errors.js';
import { programBuild } from '../../../support/version.js';
import { guessSeconds } from '../../cost.js';
import type { Plan } from '../../plan.js';
import { TrialRunner } from '../../runner.js';
import type { OpenedData } from '../../suite_data.js';
import { type RowJob, repetitionsOf, runRow } from '../../sweep.js';
import type { Outcome } from '../../trial.js';
import { packData } from '../packed_data.js';
import { FilesExecutor, forgetful } from './files_executor.js';
import { outcomesOf, type SlurmFolder, type SlurmPlan, type Unit } from './folder.js';
import { arrayLimit, cancel, jobsNamed, quoted, splitWords, submit } from './scheduler.js';

/** A sweep that is to run as jobs. */
export interface PreparedSweep {
  readonly data: readonly OpenedData[];
  readonly jobs: readonly RowJob[];
  readonly plan: Pick<Plan, 'repetitions' | 'draws' | 'catalogue'>;
}

export interface SubmitOptions {
  /** Most tasks that the work is divided into. */
  readonly tasks: number;
  /** Options of sbatch, as they are written. */
  readonly sbatch: string;
  /** Cores of a task, where they are said. */
  readonly cores?: number | undefined;
  /** The words of this command, which the last job runs again to join what came of the others. */
  readonly words: readonly string[];
  readonly retryFailed: boolean;
}

/** What was, or would be, submitted. */
export interface Submitted {
  /** Trials to run, and those that are done. */
  readonly left: number;
  readonly done: number;
  readonly tasks: number;
  /** Guessed seconds of one core of the longest and the shortest task. */
  readonly seconds: readonly [longest: number, shortest: number];
  /** By path, scripts as they are written. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Commands that submit, or were run. */
  readonly commands: readonly string[];
  readonly ids?: readonly string[] | undefined;
}

/** Seconds before the time limit that a task is told of it. */
const NOTICE = 120;

const program = fileURLToPath(new URL('../../../cli/main.js', import.meta.url));

/** What every job begins with. The program takes the shell's place, so that signals reach it. */
const head = (more: readonly string[] = []): string => ['#!/bin/bash', ...more, ''].join('\n');
export const arrayHead = head(['#SBATCH --requeue', '#SBATCH --open-mode=append', `#SBATCH --signal=B:USR1@${NOTICE}`]);

/** The command of a job: this program by its full path, in the folder that the user is in. */
export const runs = (words: readonly string[], stage?: string): string =>
  [
    `cd ${quoted(process.cwd())}`,
    ...(stage === undefined ? [] : [`export EXPOBENCH_SLURM=${stage}`]),
    `exec ${[process.execPath, program, ...words].map(quoted).join(' ')}`,
    '',
  ].join('\n');

/** Throws UserError where jobs of this folder wait or run. */
export function refuseLive(folder: SlurmFolder): void {
  const live = jobsNamed(folder.jobName);
  if (live.length === 0) return;
  const some = live
    .slice(0, 5)
    .map(({ id, state, reason }) => `${id} ${state}${reason === 'None' ? '' : ` (${reason})`}`);
  throw new UserError(
    `jobs of it are still in the queue, so that nothing was submitted: ${some.join(', ')}${live.length > 5 ? ` and ${live.length - 5} more` : ''}; wait for them, or cancel them: scancel --name=${folder.jobName}`,
  );
}

/** Parts of the work that are not done, by what journals hold. */
async function unitsLeft(
  sweeps: readonly PreparedSweep[],
  outcomes: ReadonlyMap<string, Outcome>,
): Promise<{ units: Unit[]; trials: number; done: number }> {
  const units: Unit[] = [];
  let [trials, done, from] = [0, 0, 0];
  for (const { data, jobs, plan } of sweeps) {
    const { repetitions: of, draws, catalogue } = plan;
    const executor = new FilesExecutor(outcomes);
    const runner = new TrialRunner(data, forgetful, { executor }, catalogue);
    const all = repetitionsOf(plan);
    trials += jobs.length * all.length;
    for (const { place, row } of jobs) {
      // The repetitions of a row that is tuned begin where its search has ended.
      for (const part of row.tuning ? [all] : all.map((repetition) => [repetition])) {
        const before = executor.missing.length;
        await runRow(plan, place, row, part, runner);
        if (executor.missing.length === before) {
          done += part.length;
          continue;
        }
        const trainings = part.length + (row.tuning?.budget ?? 0);
        const one = data[place.first] as OpenedData;
        const seconds = trainings * guessSeconds(row.settings, one.data, catalogue);
        units.push({ data: from + place.first, row, repetitions: part, of, draws, seconds });
      }
    }
    from += data.length;
    await runner.close();
  }
  return { units, trials, done };
}

/** Divides work such that tasks take about as long: the longest first, each to the task that has the least. */
export function sharesOf(seconds: readonly number[], tasks: number): number[][] {
  const shares = Array.from({ length: Math.min(tasks, seconds.length) }, () => ({ sum: 0, units: [] as number[] }));
  const order = seconds.map((_, u) => u).sort((a, b) => (seconds[b] as number) - (seconds[a] as number) || a - b);
  for (const unit of order) {
    const least = shares.reduce((a, b) => (b.sum < a.sum ? b : a));
    least.units.push(unit);
    least.sum += seconds[unit] as number;
  }
  return shares.map(({ units }) => units);
}

/** Arrays that so many tasks are submitted as, where each may have at most `limit`. */
function arraysOf(tasks: number, limit: number): { from: number; count: number }[] {
  const arrays: { from: number; count: number }[] = [];
  for (let from = 0; from < tasks; from += limit) arrays.push({ from, count: Math.min(limit, tasks - from) });
  return arrays;
}

/** Submits arrays and the job that comes after them; where one is refused, those before it are cancelled, and nothing is submitted. */
export function submitArrays(
  folder: SlurmFolder,
  tasks: number,
  { sbatch, cores }: Pick<SubmitOptions, 'sbatch' | 'cores'>,
  wordsOf: (from: number) => readonly string[],
  { isDry = false, after }: { readonly isDry?: boolean; readonly after?: string | undefined } = {},
): { commands: string[]; ids: string[] } {
  const commands: string[] = [];
  const ids: string[] = [];
  const run = (words: readonly string[]): string => {
    commands.push(['sbatch', '--parsable', ...words].map(quoted).join(' '));
    const id = isDry ? `JOB${ids.length + 1}` : submit(words);
    ids.push(id);
    return id;
  };
  const name = `--job-name=${folder.jobName}`;
  const own = [...(cores === undefined ? [] : [`--cpus-per-task=${cores}`]), ...splitWords(sbatch)];
  try {
    for (const { from, count } of arraysOf(tasks, arrayLimit())) {
      const dependency = after === undefined ? [] : [`--dependency=afterany:${after}`];
      const log = `--output=${folder.file('logs', '%A_%a.log')}`;
      run([name, `--array=0-${count - 1}`, log, ...dependency, ...own, folder.file('task.sh'), ...wordsOf(from)]);
    }
    // afterok would wait for ever behind one task that failed.
    const log = `--output=${folder.file('logs', 'join-%j.log')}`;
    const before = ids.length > 0 ? ids : after === undefined ? [] : [after];
    run([name, log, `--dependency=afterany:${before.join(':')}`, ...partitionOf(own), folder.file('join.sh')]);
  } catch (error) {
    if (!isDry) cancel([...ids, ...(after === undefined ? [] : [after])]);
    throw error;
  }
  return { commands, ids };
}

/** Of the user's options those that say where the last job may run at all; it needs no GPU, and little time. */
const partitionOf = (words: readonly string[]): string[] =>
  words.filter((word) => /^--(partition|account|qos|cluster|clusters|reservation)=/.test(word));

/** Writes what jobs need into a folder, and submits them; `isDry` only says what would be done. Throws UserError where Slurm refuses. */
export async function submitSweeps(
  folder: SlurmFolder,
  sweeps: readonly PreparedSweep[],
  options: SubmitOptions,
  isDry = false,
): Promise<Submitted> {
  const { tasks, words, retryFailed } = options;
  const known = outcomesOf(folder.lines(), retryFailed);
  const { units, trials, done } = await unitsLeft(sweeps, known);
  const shares = sharesOf(
    units.map(({ seconds }) => seconds),
    tasks,
  );
  const round = folder.rounds;
  const scripts = {
    [folder.file('task.sh')]: arrayHead + runs(['task', folder.path]).replace(/\n$/, ' "$@"\n'),
    [folder.file('join.sh')]: head() + runs(words, 'join'),
  };
  const loads = shares.map((share) => share.reduce((sum, unit) => sum + (units[unit] as Unit).seconds, 0));
  const what = {
    left: trials - done,
    done,
    tasks: shares.length,
    seconds: [Math.max(0, ...loads), loads.length > 0 ? Math.min(...loads) : 0] as const,
    scripts,
  };
  if (units.length === 0) return { ...what, commands: [] };
  const wordsOf = (from: number): string[] => [String(round), String(from)];
  if (isDry) return { ...what, ...submitArrays(folder, shares.length, options, wordsOf, { isDry }), ids: undefined };
  folder.make();
  const data: SlurmPlan['data'] = [];
  for (const one of sweeps.flatMap((sweep) => sweep.data)) {
    const { blob, bytes } = packData(one);
    const path = folder.file('data', `${blob}.pack`);
    if (!existsSync(path)) writeDurably(path, bytes);
    data.push({ name: one.name, sha256: one.sha256, blob, ...(one.draw !== undefined && { draw: one.draw }) });
  }
  const modules = sweeps[0]?.plan.catalogue.modules.map(({ path, sha256, source }) => ({ path, sha256, source })) ?? [];
  const [build, submitted] = [programBuild(), new Date().toISOString()];
  folder.writePlan(round, { version: 1, build, submitted, trials, done, data, modules, units, shares });
  for (const [path, text] of Object.entries(scripts)) writeDurably(path, text);
  const { commands, ids } = submitArrays(folder, shares.length, options, wordsOf);
  folder.writeJobs(round, { arrays: ids.slice(0, -1), join: ids.at(-1) as string });
  return { ...what, commands, ids };
}
