import { setTimeout as sleep } from 'node:timers/promises';
import { SlurmFolder } from '../benchmarks/executors/slurm/folder.js';
import { runShare, taskPlace } from '../benchmarks/executors/slurm/run_share.js';
import { requeue } from '../benchmarks/executors/slurm/scheduler.js';
import { hearingSignals } from './interrupt.js';
import { currentRun, note, print } from './io.js';
import type { Verb } from './verb.js';

interface TaskArguments {
  readonly folder: string;
  readonly round: number;
  readonly from: number;
  readonly json: boolean;
}

/** Milliseconds that trials under way have to end: before the time limit, and after it. */
const PATIENCE = { SIGUSR1: 60_000, SIGTERM: 15_000 } as const;
/** Milliseconds in which the signal comes by which a requeued task is ended. */
const REQUEUED = 25_000;
/** What a task ends with that has left something, as Slurm shows it. */
const LEFT = 75;

export const taskCommand: Verb<TaskArguments> = {
  builder: (yargs) =>
    yargs
      .positional('folder', { type: 'string', demandOption: true, describe: 'made by --slurm' })
      .positional('round', { type: 'number', demandOption: true, describe: 'number of the submission, from 0' })
      .positional('from', { type: 'number', demandOption: true, describe: 'the first share of this array' })
      .option('json', { type: 'boolean', default: false, describe: 'print the result as JSON' })
      .example('$0 task runs/table2.slurm 0 0', 'in a script that "sweep --slurm" wrote') as never,
  async handler({ folder: path, round, from, json }) {
    const folder = new SlurmFolder(path.replace(/\.slurm\/?$/, ''));
    const place = taskPlace(from, process.env);
    const controller = new AbortController();
    let signal: NodeJS.Signals | undefined;
    const handler = (heard: NodeJS.Signals): string | undefined => {
      if (signal !== undefined && heard !== 'SIGTERM') return undefined;
      // A job that was told of its time limit, and requeued, is ended by a second signal.
      if (signal !== undefined) return undefined;
      signal = heard;
      controller.abort();
      return `${heard}: what runs may end, nothing new begins`;
    };
    const patience = (): number => (signal === 'SIGUSR1' ? PATIENCE.SIGUSR1 : PATIENCE.SIGTERM);
    note(`task ${place.index}, start ${place.start}: ${place.cores} threads`);
    const { ran, left } = await hearingSignals(handler, () =>
      runShare(folder, round, place, controller.signal, patience, note),
    );
    print(json ? JSON.stringify({ ran, left }) : `${ran} trainings run${left > 0 ? `, ${left} left` : ''}`);
    if (left === 0) return;
    currentRun().code = LEFT;
    if (signal === 'SIGUSR1') {
      try {
        requeue(process.env);
        note('back in the queue');
        await sleep(REQUEUED);
      } catch (error) {
        note(`${(error as Error).message}; the same command submits what is left`);
      }
    }
    // Threads that still train are not waited for.
    process.exit(LEFT);
  },
};
