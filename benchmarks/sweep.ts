import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Interactions } from '../datasets/interactions.js';
import { type ResultTable, writeTables } from '../results/table.js';
import type { WorldState } from '../simulator/world.js';
import { OutputFolder } from '../support/output.js';
import { WorkerPool } from '../support/pool.js';
import type { Progress } from '../support/progress.js';
import { PROGRAM } from '../support/version.js';
import { checkMethod, parseMethod, refuseUnused } from './method.js';
import type { FinishedTrial, Outcome, Suite, SuiteOptions, SuiteTrial } from './suites/suite.js';
import type { TrialTask } from './worker.js';

export interface SweepOptions {
  readonly out: string;
  readonly overwrite?: boolean;
  readonly workers?: number | undefined;
  /** The truth behind simulated data. */
  readonly world?: WorldState | undefined;
}

/** A line of trials.ndjson. */
interface TrialLine {
  /** Hash of the trial's settings, its data and the program's version. */
  readonly key: string;
  readonly row: string;
  readonly repetition: number;
  readonly outcome: Outcome;
}

/**
 * Runs a suite's trials on worker threads, one trial a thread, and writes the run folder (DESIGN, "Files that users see"). Each
 * finished trial is appended at once to trials.ndjson in `<out>.partial`; the same sweep started again goes on from there.
 */
export async function sweep(
  suite: Suite,
  data: Interactions,
  suiteOptions: SuiteOptions,
  options: SweepOptions,
  progress: Progress,
): Promise<{ tables: ResultTable[]; finished: FinishedTrial[] }> {
  const { world } = options;
  refuseUnused(suiteOptions.models.map(parseMethod), suiteOptions.method);
  const trials = suite.trials(suiteOptions);
  for (const { settings } of trials) checkMethod(parseMethod(settings.model), data, settings, world !== undefined);
  const folder = new OutputFolder(options.out, { overwrite: options.overwrite ?? false, resume: true });
  const dataHash = hashData(data, world);
  const keys = trials.map(({ settings }) => hashText(JSON.stringify([settings, dataHash, PROGRAM])));
  const journal = folder.file('trials.ndjson');
  const lines = readJournal(journal);
  // Without a line that was cut off; renamed, so that no kill can lose the others.
  writeFileSync(`${journal}.new`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { flush: true });
  renameSync(`${journal}.new`, journal);
  const outcomes = new Map(lines.map(({ key, outcome }) => [key, outcome]));
  const missing = trials.flatMap((trial, t) =>
    outcomes.has(keys[t] as string) ? [] : [{ trial, key: keys[t] as string }],
  );

  progress.begin('trials', trials.length);
  let done = trials.length - missing.length;
  progress.update(done);
  const pool = new WorkerPool<TrialTask, Outcome>(new URL('./worker.js', import.meta.url), options.workers);
  try {
    await Promise.all(
      missing.map(async ({ trial, key }) => {
        const outcome = await pool.run({ data, world, settings: trial.settings });
        outcomes.set(key, outcome);
        appendFileSync(journal, `${JSON.stringify(lineOf(trial, key, outcome))}\n`, { flush: true });
        progress.update(++done, trial.row);
      }),
    );
  } catch (error) {
    if (outcomes.size === 0) folder.discard(); // nothing to go on from
    throw error;
  } finally {
    await pool.close();
  }
  progress.end();

  const finished = trials.map((trial, t) => ({ trial, outcome: outcomes.get(keys[t] as string) as Outcome }));
  const tables = suite.tables(finished, data.name);
  writeRun(folder, suite, data, suiteOptions, finished, keys, tables, dataHash);
  folder.commit();
  return { tables, finished };
}

function writeRun(
  folder: OutputFolder,
  suite: Suite,
  data: Interactions,
  options: SuiteOptions,
  finished: readonly FinishedTrial[],
  keys: readonly string[],
  tables: readonly ResultTable[],
  dataHash: string,
): void {
  // In the suite's order, so that the file does not depend on which trial ended first.
  const lines = finished.map(({ trial, outcome }, t) => JSON.stringify(lineOf(trial, keys[t] as string, outcome)));
  folder.write('trials.ndjson', `${lines.join('\n')}\n`);
  writeTables(folder, suite.name, tables);
  folder.writeJson('manifest.json', {
    kind: 'run',
    suite: suite.name,
    program: PROGRAM,
    data: {
      name: data.name,
      sha256: dataHash,
      users: data.userIds.length,
      items: data.itemIds.length,
      interactions: data.user.length,
    },
    options,
    failures: finished.filter(({ outcome }) => 'failure' in outcome).length,
  });
}

const lineOf = ({ row, repetition }: SuiteTrial, key: string, outcome: Outcome): TrialLine => ({
  key,
  row,
  repetition,
  outcome,
});

/** Finished trials of a stopped run; a last line that was cut off is left out. */
function readJournal(path: string): TrialLine[] {
  if (!existsSync(path)) return [];
  const parse = (line: string): TrialLine[] => {
    try {
      return [JSON.parse(line) as TrialLine];
    } catch {
      return []; // the write that a kill interrupted; its trial runs again
    }
  };
  return readFileSync(path, 'utf8').split('\n').filter(Boolean).flatMap(parse);
}

const hashText = (text: string): string => createHash('sha256').update(text).digest('hex');

/** SHA-256 of what a trial can see. */
function hashData(data: Interactions, world: WorldState | undefined): string {
  const hash = createHash('sha256');
  hash.update(`${data.userIds.length} ${data.itemIds.length} ${data.user.length}`);
  if (world) hash.update(JSON.stringify(world.config));
  for (const column of [
    ...[data.user, data.item, data.split, data.time, data.rating, data.truth?.relevance, data.truth?.exposure],
    ...[data.candidates, data.exposed?.user, data.exposed?.item],
  ]) {
    hash.update(column ? new Uint8Array(column.buffer, column.byteOffset, column.byteLength) : 'none');
  }
  return hash.digest('hex');
}
