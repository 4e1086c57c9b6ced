import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { withChosenBackend } from '../benchmarks/backend_choice.js';
import { countPart } from '../benchmarks/cost.js';
import { measureSeconds } from '../benchmarks/estimate.js';
import { TrialCache } from '../benchmarks/journal.js';
import type { Plan } from '../benchmarks/plan.js';
import type { RunnerState } from '../benchmarks/runner.js';
import { type ChosenData, type OpenedData, openSuiteData } from '../benchmarks/suite_data.js';
import { suitedRows } from '../benchmarks/suited_rows.js';
import { type SweepResult, sweep } from '../benchmarks/sweep.js';
import { TRAIN } from '../datasets/interactions.js';
import { needsExposures, parseMethod } from '../methods/registry.js';
import { plainTable, terminalTable } from '../results/table.js';
import { duration } from '../support/duration.js';
import { commandLine } from '../support/environment.js';
import type { OutputFolder } from '../support/output.js';
import { stopGently } from './interrupt.js';
import { currentRun, note, print, resultWidth } from './io.js';
import { logger } from './logging.js';
import { type QueueArguments, queueExecutor, stopSentence } from './machines.js';
import { checkCandidates } from './method_options.js';
import { plantedOptionsOf, type ReadingArguments, readOptionsOf } from './options.js';
import { terminalProgress } from './progress.js';
import { joining, type SlurmArguments, sayMissing, slurmStage } from './slurm.js';

/** What verbs that run a suite take. */
export interface RunArguments extends ReadingArguments, QueueArguments, SlurmArguments {
  /** What jobs of Slurm were submitted for, where that is not `out`. */
  readonly submitted?: string | undefined;
  readonly out: string;
  readonly overwrite: boolean;
  readonly workers?: number | undefined;
  readonly retryFailed?: boolean | undefined;
  /** Gigabytes. */
  readonly memory?: number | undefined;
  readonly cache?: string | undefined;
  /** Files that are read besides the data, such as the suite's. */
  readonly inputs?: readonly string[] | undefined;
  readonly candidates?: number | undefined;
  readonly cutoffs?: string | undefined;
}

/** Parts that a bar divides the work into. */
const WORK = 1000;

/** What opens data as the options say. */
export function opener(
  plan: Plan,
  chosen: ChosenData,
  argv: ReadingArguments & {
    workers?: number | undefined;
    candidates?: number | undefined;
    cutoffs?: string | undefined;
  },
  suiteFolder: string,
) {
  const exposed = plan.rows.some(({ settings }) =>
    needsExposures(parseMethod(settings.method, plan.catalogue), settings.settings),
  );
  const options = {
    read: readOptionsOf(argv),
    planted: plantedOptionsOf(argv),
    exposed,
    suiteFolder,
    workers: argv.workers,
  };
  return async (folder: OutputFolder): Promise<OpenedData[]> => {
    const opened = await openSuiteData(chosen.entries, options, folder, terminalProgress());
    for (const { data } of opened) checkCandidates(argv, data);
    return opened;
  };
}

/** Runs a plan with progress and log; a first Ctrl-C lets the running trials end. */
export async function runSuite(
  plan: Plan,
  chosen: ChosenData,
  argv: RunArguments,
  suiteFolder = '.',
): Promise<SweepResult> {
  const progress = terminalProgress();
  const { out, overwrite, workers, retryFailed = false, memory, cache } = argv;
  let [begun, share] = [false, 0];
  const onChange = (state: RunnerState): void => {
    const total = plan.rows.length * plan.repetitions * plan.draws * chosen.entries.length;
    if (!begun) progress.begin(`sweep ${plan.suite}`, WORK);
    begun = true;
    // Trials differ by far in length, so that time is left by work. Tuning brings work that nobody knew of.
    const { doneSeconds, leftSeconds } = state;
    if (doneSeconds > 0) share = Math.max(share, doneSeconds / (doneSeconds + leftSeconds));
    progress.update(Math.round(WORK * share), describeState(state, total));
  };
  const tell = (sentence: string): void => {
    note(sentence);
    logger().warn(sentence);
  };
  const cached = (path: string): void =>
    tell(`"${path}" of the cache cannot be taken (cut off, changed, or of another version): its trial runs again`);
  // The job that joins takes what others left, whatever an earlier one of its kind did.
  const joined = slurmStage(argv) === 'join' ? joining(argv.submitted ?? out, retryFailed) : undefined;
  const isAgain = joined !== undefined && (existsSync(out) || existsSync(`${out}.partial`));
  const executor = joined ?? (await queueExecutor(argv, plan.suite, out, tell));
  const result = await stopGently(
    (stop, running) =>
      sweep(plan, opener(plan, chosen, argv, suiteFolder), {
        ...{ out, overwrite, workers, retryFailed: retryFailed || isAgain, stop, executor },
        command: commandLine(['expobench', ...currentRun().words]),
        memory: memory === undefined ? undefined : memory * 1e9,
        cache: cache === undefined ? undefined : new TrialCache(cache, cached),
        inputs: [...inputsOf(chosen, suiteFolder), ...(argv.inputs ?? [])],
        onNote: tell,
        onDevices: (devices) => note(`computed on ${devices.join(', ')}`),
        onChange(state, finished, outcome) {
          running();
          onChange(state);
          if (finished && outcome && 'failure' in outcome)
            logger().warn(
              { row: finished.row, repetition: finished.repetition, reason: outcome.failure },
              'trial failed',
            );
        },
      }),
    stopSentence(argv),
  );
  if (joined) sayMissing(joined.missing);
  if (begun) progress.end();
  return result;
}

/** Files and folders that a suite reads. */
export const inputsOf = ({ entries }: ChosenData, suiteFolder = '.'): string[] =>
  entries.flatMap(({ from, simulate }) =>
    simulate?.exposure === undefined ? [from] : [from, resolve(suiteFolder, simulate.exposure)],
  );

function describeState({ done, running, failed, best, places }: RunnerState, total: number): string {
  const parts = [`${done} of ${total} done`, places ?? `${running} running`, `${failed} failed`];
  if (best) parts.push(`best ${best.row} ${(100 * best.metric).toFixed(1)}`);
  return parts.join(', ');
}

/** Tables and what failed, for people. */
export function printResult({ tables, finished }: SweepResult): void {
  for (const { table } of tables) print(terminalTable(table, currentRun().io.isTerminal, resultWidth()));
  const failures = finished.filter(({ outcome }) => 'failure' in outcome);
  if (failures.length === 0) return;
  const rows = failures.map(({ data, row, repetition, outcome }) => [
    ...[data, row.label, String(repetition + 1)],
    'failure' in outcome ? outcome.failure : '',
  ]);
  print(`${failures.length} of ${finished.length} trials failed (--retry-failed runs them again):`);
  print(plainTable([['data', 'row', 'repetition', 'reason'], ...rows], resultWidth()));
}

/** What a sweep would do, with times measured by short trainings; returns rows for programs. */
export async function dryRun(
  plan: Plan,
  data: readonly OpenedData[],
  workers: number,
): Promise<{ rows: { data: string; row: string; trials: number; seconds: number }[]; seconds: number }> {
  const progress = terminalProgress();
  progress.begin('measuring', data.length * plan.rows.length);
  const rows: { data: string; row: string; trials: number; seconds: number }[] = [];
  for (const one of data) {
    for (const { label, settings, tuning } of suitedRows(plan, one).rows) {
      const trials = plan.repetitions * plan.draws + (tuning ? tuning.budget : 0);
      const seconds = await measureSeconds(
        one,
        await withChosenBackend(one, settings, { beside: workers, catalogue: plan.catalogue }),
        plan.catalogue,
      );
      rows.push({ data: one.name, row: label, trials, seconds: trials * seconds });
      progress.update(rows.length, label);
    }
  }
  progress.end();
  // No sooner than the work divided evenly, nor than the longest trial.
  const total = rows.reduce((sum, { seconds }) => sum + seconds, 0);
  const longest = Math.max(...rows.map(({ seconds, trials }) => seconds / trials));
  return { rows, seconds: Math.max(total / workers, longest) };
}

/** A dry run for people. */
export function describeDryRun(
  { rows, seconds }: Awaited<ReturnType<typeof dryRun>>,
  data: readonly OpenedData[],
  workers: number,
): string {
  const table = plainTable([
    ['data', 'row', 'trials', 'at most, on one core'],
    ...rows.map((row) => [row.data, row.row, String(row.trials), duration(row.seconds)]),
  ]);
  const sizes = data.map(({ name, data: one }) => {
    const [users, items, train] = [one.userIds.length, one.itemIds.length, countPart(one, TRAIN)].map((count) =>
      count.toLocaleString('en'),
    );
    return `${name}: ${users} users, ${items} items, ${train} interactions to train on`;
  });
  const trials = rows.reduce((sum, row) => sum + row.trials, 0);
  return `${sizes.join('\n')}\n${table}\n${trials} trainings, at most ${duration(seconds)} on ${workers} worker(s), if none stops before its last epoch; nothing was written`;
}
