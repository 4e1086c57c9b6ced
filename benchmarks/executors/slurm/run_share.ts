import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeDurably } from '../../../support/durable.js';
import { StoppedError, UserError } from '../../../support/errors.js';
import { programBuild } from '../../../support/version.js';
import { TrialRunner } from '../../runner.js';
import type { OpenedData } from '../../suite_data.js';
import { runRow } from '../../sweep.js';
import { unpackData } from '../packed_data.js';
import { catalogueFor } from '../run_task.js';
import { thisMachine } from '../this_machine.js';
import { outcomesOf, type SlurmFolder, type SlurmPlan, TaskJournal, type Unit } from './folder.js';

/** Where a task of an array runs, as its environment says. */
export interface TaskPlace {
  readonly index: number;
  /** 0 at first. */
  readonly start: number;
  readonly job: string;
  /** Cores that it was given: the machine's may be more. */
  readonly cores: number;
  /** Bytes that it was given; absent where nobody said. */
  readonly memory: number | undefined;
}

/** Throws UserError where this is no task of an array. */
export function taskPlace(offset: number, env: NodeJS.ProcessEnv): TaskPlace {
  const task = env['SLURM_ARRAY_TASK_ID'];
  if (task === undefined)
    throw new UserError('this runs as a task of an array that "expobench sweep --slurm" submits, and is none here');
  const megabytes = Number(env['SLURM_MEM_PER_NODE'] ?? 0);
  return {
    index: offset + Number(task),
    start: Number(env['SLURM_RESTART_COUNT'] ?? 0),
    job: env['SLURM_JOB_ID'] ?? '0',
    cores: Number(env['SLURM_CPUS_PER_TASK'] ?? env['SLURM_CPUS_ON_NODE'] ?? 1),
    memory: megabytes > 0 ? 0.9 * megabytes * 2 ** 20 : undefined,
  };
}

export interface ShareResult {
  /** Trials that were run, and those that are still to be run. */
  readonly ran: number;
  readonly left: number;
}

/**
 * Runs a task's share of a plan, each trial that ends written to a journal of its own. Where `stop` is aborted nothing new begins, and what runs
 * has `patience` milliseconds to end: it is dropped then, and the journal is closed.
 */
export async function runShare(
  folder: SlurmFolder,
  round: number,
  { index, start, job, cores, memory }: TaskPlace,
  stop: AbortSignal,
  patience: () => number,
  onNote: (sentence: string) => void,
): Promise<ShareResult> {
  const plan = folder.readPlan(round);
  if (plan.build !== programBuild())
    throw new UserError(
      `the plan was made by another build of the program (${plan.build.slice(0, 8)}, this is ${programBuild().slice(0, 8)}): submit again`,
    );
  const units = (plan.shares[index] ?? []).map((unit) => plan.units[unit] as Unit);
  const name = [round, index, start, job].join('-');
  writeDurably(folder.file('machines', `${name}.json`), JSON.stringify(thisMachine()));
  const catalogue = await catalogueFor(plan.modules);
  const { data, placeOf } = openData(folder, plan, units);
  const journal = new TaskJournal(folder.file('journals', `${name}.ndjson`), outcomesOf(folder.lines(), false));
  const known = journal.outcomes.size;
  const runner = new TrialRunner(
    data,
    journal,
    {
      ...{ workers: cores, memory, stop },
      onChange: (_, finished) =>
        finished &&
        onNote(
          `ended ${finished.row}${finished.repetition === undefined ? ', tuning' : `, ${finished.repetition + 1}`}`,
        ),
    },
    catalogue,
  );
  let left = 0;
  const all = Promise.all(
    units.map(async (unit) => {
      const first = placeOf.get(unit.data) as number;
      const { name: of } = data[first] as OpenedData;
      const shape = { repetitions: unit.of, draws: unit.draws, catalogue };
      try {
        await runRow(shape, { name: of, first }, unit.row, unit.repetitions, runner);
      } catch (error) {
        if (!(error instanceof StoppedError)) throw error;
        left += unit.repetitions.length;
      }
    }),
  );
  all.catch(() => {}); // reported below, or too late to matter
  const stopped = new Promise<'stopped'>((resolve) =>
    stop.addEventListener(
      'abort',
      () => void sleep(patience(), undefined, { ref: false }).then(() => resolve('stopped')),
      {
        once: true,
      },
    ),
  );
  const ended = await Promise.race([all, stopped]);
  if (ended !== 'stopped') await runner.close();
  journal.close();
  return { ran: journal.outcomes.size - known, left: ended === 'stopped' ? Math.max(1, left) : left };
}

/** The data that a share asks for, all draws of each, by the places of the first among those of the plan. */
function openData(
  folder: SlurmFolder,
  plan: SlurmPlan,
  units: readonly Unit[],
): { data: OpenedData[]; placeOf: Map<number, number> } {
  const data: OpenedData[] = [];
  const placeOf = new Map<number, number>();
  for (const { data: first, draws } of units) {
    if (placeOf.has(first)) continue;
    placeOf.set(first, data.length);
    for (const entry of plan.data.slice(first, first + draws)) {
      const { name, sha256, blob, draw } = entry;
      const bytes = readFileSync(folder.file('data', `${blob}.pack`));
      data.push({ key: name, ...unpackData(bytes, blob, sha256), name, sha256, ...(draw !== undefined && { draw }) });
    }
  }
  return { data, placeOf };
}
