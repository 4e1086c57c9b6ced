import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { checkEvaluation } from '../evaluation/question.js';
import { checkMethod, parseMethod } from '../methods/registry.js';
import type { NamedFigure } from '../results/figure.js';
import { readSessions } from '../results/run_folder.js';
import type { NamedTable } from '../results/table.js';
import { readState } from '../support/durable.js';
import { beginSession, type MachineUse, type Session } from '../support/environment.js';
import { UserError } from '../support/errors.js';
import { withOwnNames } from '../support/names.js';
import { OutputFolder } from '../support/output.js';
import { truePath } from '../support/paths.js';
import { silent } from '../support/progress.js';
import { devicesOf, withChosenBackend } from './backend_choice.js';
import { drawnAgain } from './draws.js';
import type { FinishedTrial } from './finished.js';
import { Journal, readLines, type TrialLine } from './journal.js';
import type { Plan, PlannedRow } from './plan.js';
import { writeRun } from './run_files.js';
import { type RunnerOptions, type RunnerTask, StoppedError, TrialRunner } from './runner.js';
import type { OpenedData } from './suite_data.js';
import { suiteFigures, truthFigures } from './suite_figures.js';
import { suiteTables } from './suite_tables.js';
import { suitedRows } from './suited_rows.js';
import type { Outcome, TrialSettings } from './trial.js';
import { checkBudget, tune, type Validated } from './tuning.js';

export interface SweepOptions extends RunnerOptions {
  readonly out: string;
  readonly overwrite?: boolean;
  /** Runs the failed trials of a run again, finished or stopped, and keeps the others. */
  readonly retryFailed?: boolean;
  /** Files and folders that are read, none of which the run may take the place of. */
  readonly inputs?: readonly string[] | undefined;
  /** As the user typed it, for the report. */
  readonly command?: string | undefined;
  /** Told, in a sentence, of what a stopped run left and cannot be used. */
  onNote?(sentence: string): void;
  /** Told of what computes, where it is not the default backend alone. */
  onDevices?(devices: readonly string[]): void;
}

export interface SweepResult {
  readonly tables: readonly NamedTable[];
  readonly figures: readonly NamedFigure[];
  readonly finished: readonly FinishedTrial[];
}

/**
 * Runs a plan on worker threads and writes the run folder. Each finished trial is appended at once to
 * trials.ndjson in `<out>.partial`; the same sweep started again goes on from there. `open` opens the data, and may write into the folder.
 * Throws UserError for what cannot work, StoppedError where the user stopped it.
 */
export async function sweep(
  plan: Plan,
  open: (folder: OutputFolder) => Promise<readonly OpenedData[]>,
  options: SweepOptions,
): Promise<SweepResult> {
  const devices = await devicesOf(plan.rows.map(({ settings }) => settings));
  if (devices.length > 0) options.onDevices?.(devices);
  const folder = openRun(plan, options);
  const isNew = hasNoTrial(folder);
  let session: SessionFile | undefined;
  let runner: TrialRunner | undefined;
  let isComplete = false;
  try {
    claimRun(folder, plan, options);
    session = await SessionFile.begin(folder, options, devices);
    const data = await open(folder);
    const drawn = await drawnAgain(data, plan, options.workers);
    checkPlan(plan, data, drawn.flat(), options.onNote);
    const journal = new Journal(folder.file('trials.ndjson'), options.retryFailed ?? false);
    if (journal.broken > 0)
      options.onNote?.(
        `${journal.broken} ${journal.broken === 1 ? 'line' : 'lines'} of "${folder.file('trials.ndjson')}" cannot be taken (cut off, changed, or of another version): ${journal.broken === 1 ? 'its trial runs' : 'their trials run'} again`,
      );
    runner = new TrialRunner(drawn.flat(), journal, options, plan.catalogue);
    const lines: TrialLine[] = [];
    const finished = await runAll(plan, drawn, runner, lines);
    const keys = new Map(data.map(({ name, key }) => [name, key]));
    const tables = withOwnNames(suiteTables(plan.suite, plan.tables, finished, keys, plan.catalogue));
    const places = new Map(data.flatMap(({ name, at }) => (at === undefined ? [] : [[name, at] as const])));
    const figures = withOwnNames<NamedFigure>([
      ...truthFigures(plan.suite, finished),
      ...suiteFigures(plan.suite, plan.figures, finished, places),
    ]);
    // In the suite's order, so that the file does not depend on which trial ended first.
    removeOthers(folder, data);
    const { suite, budget, repetitions, draws, testClicks } = plan;
    const rows = Object.fromEntries(
      plan.rows.map(({ label, settings, tuning }) => [label, { settings, ...(tuning && { tuning }) }]),
    );
    await writeRun(
      folder,
      { suite, budget, repetitions, draws, testClicks, rows, data, finished, lines, tables, figures },
      () => session?.end(options.executor?.machines?.()),
    );
    isComplete = true;
    folder.commit();
    return { tables, figures, finished };
  } catch (error) {
    if (isComplete) throw error;
    session?.end(options.executor?.machines?.());
    // Where there is nothing to go on from, nothing is left; what was retried is still in the run itself.
    if (isNew && !(error instanceof StoppedError) && (options.retryFailed || hasNoTrial(folder))) folder.discard();
    throw error;
  } finally {
    await runner?.close();
    folder.leave();
  }
}

/** Throws UserError for what a plan cannot do on its data, and says what it leaves out. */
function checkPlan(
  plan: Plan,
  data: readonly OpenedData[],
  drawn: readonly OpenedData[],
  onNote?: (sentence: string) => void,
): void {
  for (const one of drawn) checkEvaluation(one.data);
  for (const { settings, tuning } of plan.rows) if (tuning) checkBudget(settings.method, tuning, plan.catalogue);
  for (const one of data) {
    const { rows, leftOut } = suitedRows(plan, one);
    for (const { settings } of rows)
      checkMethod(parseMethod(settings.method, plan.catalogue), one.data, settings.settings, one.world !== undefined);
    for (const sentence of leftOut) onNote?.(sentence);
  }
  for (const { settings } of plan.rows) {
    if (settings.deployment && data.some(({ world }) => !world))
      throw new UserError(
        `"${plan.suite}" deploys models, which needs a simulated world: name a folder made by "expobench simulate"`,
      );
  }
}

/**
 * Opens the data of a sweep that runs elsewhere, into the folder of the run, and says what is to be run on each of them. The folder is kept: the
 * sweep that joins what came of it goes on from there. Data are all draws of the first, all of the second, and so on.
 */
export async function prepareSweep(
  plan: Plan,
  open: (folder: OutputFolder) => Promise<readonly OpenedData[]>,
  options: SweepOptions,
): Promise<{ readonly data: readonly OpenedData[]; readonly jobs: readonly RowJob[] }> {
  await devicesOf(plan.rows.map(({ settings }) => settings));
  const folder = openRun(plan, options);
  const isNew = hasNoTrial(folder);
  try {
    claimRun(folder, plan, options);
    const data = await open(folder);
    const drawn = await drawnAgain(data, plan, options.workers);
    checkPlan(plan, data, drawn.flat(), options.onNote);
    return { data: drawn.flat(), jobs: await jobsOf(plan, drawn, 1) };
  } catch (error) {
    if (isNew && hasNoTrial(folder)) folder.discard();
    throw error;
  } finally {
    folder.leave();
  }
}

/** environment.json: where and when each part of the run was made. */
class SessionFile {
  private constructor(
    private readonly folder: OutputFolder,
    private readonly sessions: readonly Session[],
  ) {}

  static async begin(
    folder: OutputFolder,
    { command, workers }: SweepOptions,
    devices: readonly string[],
  ): Promise<SessionFile> {
    const path = folder.file('environment.json');
    const file = new SessionFile(folder, [...readSessions(path), await beginSession(command, workers, devices)]);
    file.write(file.sessions);
    return file;
  }

  /** Also where it was stopped; a session that was killed has no end. */
  end(machines: readonly MachineUse[] = []): void {
    const last = { ended: new Date().toISOString(), ...(machines.length > 0 && { machines }) };
    this.write(this.sessions.map((session, s) => (s === this.sessions.length - 1 ? { ...session, ...last } : session)));
  }

  private write(sessions: readonly Session[]): void {
    this.folder.writeJson('environment.json', sessions);
  }
}

const hasNoTrial = (folder: OutputFolder): boolean =>
  readLines(join(folder.partial, 'trials.ndjson')).lines.length === 0;

/** The folder to write, with what a stopped run left. */
function openRun(plan: Plan, { out, overwrite = false, retryFailed = false, inputs }: SweepOptions): OutputFolder {
  const path = truePath(out);
  if (retryFailed && !existsSync(`${path}.partial`)) {
    if (!existsSync(path)) throw new UserError(`--retry-failed: there is no run "${out}"`);
    const suite = suiteOf(readState(join(path, 'manifest.json')));
    if (suite !== plan.suite)
      throw new UserError(
        `"${path}" is ${suite === undefined ? 'not a run' : `a run of the suite "${suite}"`}, not of "${plan.suite}": name another folder`,
      );
  }
  return new OutputFolder(out, { overwrite: overwrite || retryFailed, resume: true, inputs });
}

/**
 * Keeps of what a stopped run of the same suite left what can be gone on with: trials and simulated data, each of which is known by everything it depends
 * on, and the sessions. With `retryFailed` a finished run is taken, which this one replaces when it is complete.
 */
function claimRun(folder: OutputFolder, { suite }: Plan, { retryFailed = false }: SweepOptions): void {
  folder.claim({ kind: `a run of the suite "${suite}"`, run: suite }, (manifest) => suiteOf(manifest) === suite);
  const kept = ['trials.ndjson', 'environment.json', 'data'];
  for (const name of readdirSync(folder.partial))
    if (!name.startsWith('.') && !kept.includes(name)) folder.remove(name);
  if (!retryFailed || !existsSync(folder.path)) return;
  for (const name of kept) {
    const finished = join(folder.path, name);
    if (existsSync(finished) && !existsSync(folder.file(name)))
      cpSync(finished, folder.file(name), { recursive: true });
  }
}

/** Removes simulated data that a stopped run of the suite left and this one does not use. */
function removeOthers(folder: OutputFolder, data: readonly OpenedData[]): void {
  const place = join(folder.partial, 'data');
  if (!existsSync(place)) return;
  const used = data.map((one) => one.folder && truePath(one.folder));
  for (const name of readdirSync(place)) if (!used.includes(join(place, name))) folder.remove(join('data', name));
  if (readdirSync(place).length === 0) folder.remove('data');
}

/** The suite that a run's manifest names. */
const suiteOf = (manifest: unknown): string | undefined =>
  z.looseObject({ kind: z.literal('run'), suite: z.string() }).safeParse(manifest).data?.suite;

/** Tunes where the plan says so, trains everything, and collects the journal's lines in the suite's order. */
async function runAll(
  plan: Plan,
  data: readonly (readonly OpenedData[])[],
  runner: TrialRunner,
  lines: TrialLine[],
): Promise<FinishedTrial[]> {
  const jobs = await jobsOf(plan, data, Number.isFinite(runner.workers) ? runner.workers : 1);
  const all = repetitionsOf(plan);
  const results = await Promise.allSettled(jobs.map(({ place, row }) => runRow(plan, place, row, all, runner)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw (failed as PromiseRejectedResult).reason;
  return results.flatMap((result) => {
    const { lines: own, trials } = (result as PromiseFulfilledResult<RowResult>).value;
    lines.push(...own);
    return trials;
  });
}

/** Numbers of all trainings of a row, over all draws of the clicks. */
export const repetitionsOf = ({ repetitions, draws }: Pick<Plan, 'repetitions' | 'draws'>): number[] =>
  Array.from({ length: repetitions * draws }, (_, repetition) => repetition);

/** A row of a plan on one of its data. */
export interface RowJob {
  readonly place: Place;
  /** With a backend that is chosen. */
  readonly row: PlannedRow;
}

/** One after another, before anything runs, since choosing a backend takes time by the clock. */
async function jobsOf(plan: Plan, data: readonly (readonly OpenedData[])[], beside: number): Promise<RowJob[]> {
  const jobs: RowJob[] = [];
  for (const [index, draws] of data.entries()) {
    const one = draws[0] as OpenedData;
    const place = { name: one.name, first: index * plan.draws };
    for (const row of suitedRows(plan, one).rows) {
      const settings = await withChosenBackend(one, row.settings, { beside, catalogue: plan.catalogue });
      jobs.push({ place, row: { ...row, settings } });
    }
  }
  return jobs;
}

interface RowResult {
  readonly lines: readonly TrialLine[];
  readonly trials: readonly FinishedTrial[];
}

/** Data of a row: the number of its first draw, whom the others follow. */
interface Place {
  readonly name: string;
  readonly first: number;
}

/** Tunes a row where it says so, and trains it in the given ones of its repetitions. */
export async function runRow(
  plan: Pick<Plan, 'repetitions' | 'draws' | 'catalogue'>,
  { name, first }: Place,
  row: PlannedRow,
  wanted: readonly number[],
  runner: TrialRunner,
): Promise<RowResult> {
  const lines: TrialLine[] = [];
  const run = async (task: RunnerTask): Promise<Outcome> => {
    const outcome = await runner.run(task);
    const { row: label, repetition } = task;
    lines.push({
      key: runner.keyOf(task),
      data: name,
      row: label,
      ...(repetition !== undefined && { repetition }),
      outcome,
    });
    return outcome;
  };
  /** Seeds go on from one draw of the clicks to the next. */
  const places = wanted.map((repetition) => ({
    repetition,
    ...(plan.draws > 1 && { draw: Math.floor(repetition / plan.repetitions) }),
  }));
  const indexOf = ({ draw = 0 }: { readonly draw?: number | undefined }): number => first + draw;
  let settings = row.settings;
  let remarks: readonly string[] = [];
  if (row.tuning) {
    const validate = async (tried: TrialSettings): Promise<Validated> =>
      (await run({ work: 'validate', data: first, settings: tried, row: row.label })) as Validated;
    const tuned = await tune(settings, row.tuning, validate, silent, plan.catalogue).catch((error: unknown) => {
      if (error instanceof UserError) return error;
      throw error;
    });
    // A search that fails is a row that fails; the journal keeps what was tried.
    if (tuned instanceof UserError) {
      lines.sort((a, b) => (a.key < b.key ? -1 : 1));
      const outcome: Outcome = { failure: tuned.message };
      const trials = places.map(
        (place): FinishedTrial => ({
          ...{ data: name, row, ...place, settings: withRepetition(settings, place.repetition), outcome },
        }),
      );
      return { lines, trials };
    }
    settings = tuned.settings;
    remarks = tuned.remarks;
    // Settings that are tried side by side end in any order.
    lines.sort((a, b) => (a.key < b.key ? -1 : 1));
  }
  const trials = await Promise.all(
    places.map(async (place): Promise<FinishedTrial> => {
      const { repetition } = place;
      const seeded = withRepetition(settings, repetition);
      const data = indexOf(place);
      const outcome = await runner.run({ work: 'trial', data, settings: seeded, row: row.label, repetition });
      return { data: name, row, ...place, settings: seeded, outcome, ...(remarks.length > 0 && { remarks }) };
    }),
  );
  for (const { settings: seeded, repetition, draw, outcome } of trials) {
    const key = runner.keyOf({ work: 'trial', data: indexOf({ draw }), settings: seeded, row: row.label, repetition });
    lines.push({ key, data: name, row: row.label, repetition, ...(draw !== undefined && { draw }), outcome });
  }
  return { lines, trials };
}

/** The seed of a repetition draws weights, negatives and candidates, so that every row meets the same candidates. */
function withRepetition(settings: TrialSettings, repetition: number): TrialSettings {
  const { seed, evaluation, deployment } = settings;
  return {
    ...settings,
    seed: seed + repetition,
    evaluation: { ...evaluation, seed: evaluation.seed + repetition },
    ...(deployment && { deployment: { ...deployment, seed: deployment.seed + repetition } }),
  };
}
