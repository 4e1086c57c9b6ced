import { setTimeout as sleep } from 'node:timers/promises';
import { parseServer, reachServer } from '../benchmarks/executors/queue/server.js';
import { type QueueStatus, queueStatus } from '../benchmarks/executors/queue/status.js';
import { type SlurmStatus, slurmStatus } from '../benchmarks/executors/slurm/status.js';
import { plainTable } from '../results/table.js';
import { UserError } from '../support/errors.js';
import { hearingSignals } from './interrupt.js';
import { currentRun, print } from './io.js';
import type { Verb } from './verb.js';

interface StatusArguments {
  readonly folder?: string;
  readonly queue?: string;
  readonly watch: boolean;
  readonly json: boolean;
}

/** Milliseconds between looks. */
const EVERY = 2000;

export const statusCommand: Verb<StatusArguments> = {
  builder: (yargs) =>
    yargs
      .positional('folder', { type: 'string', describe: 'the --out of what was submitted with --slurm' })
      .option('queue', {
        type: 'string',
        describe:
          'the server of a queue: redis://HOST:6379/0, rediss://, unix:///PATH; without a value, $EXPOBENCH_QUEUE',
      })
      .option('watch', { type: 'boolean', default: false, describe: 'look again every two seconds, until Ctrl-C' })
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'print the result as JSON, a line a look with --watch',
      })
      .example('$0 status --queue redis://host:6379/0 --watch', 'machines, what each does, sweeps and time left')
      .example('$0 status runs/table2', 'how far jobs of Slurm are') as never,
  async handler(argv) {
    const look = await lookerOf(argv);
    const show = async (): Promise<void> => {
      const { value, text } = await look();
      if (argv.json) return print(argv.watch ? JSON.stringify(value) : JSON.stringify(value, null, 2));
      // In a terminal, in the place of what was shown before.
      print(argv.watch && currentRun().io.isTerminal ? `\u001b[2J\u001b[H${text}` : text);
    };
    await show();
    if (!argv.watch) return;
    let isStopped = false;
    const stop = (): string | undefined => {
      if (isStopped) return undefined;
      isStopped = true;
      return 'no longer watching';
    };
    await hearingSignals(stop, async () => {
      while (!isStopped) {
        await sleep(EVERY);
        if (!isStopped) await show();
      }
    });
  },
};

type Looker = () => Promise<{ readonly value: unknown; readonly text: string }>;

async function lookerOf({ folder, queue }: StatusArguments): Promise<Looker> {
  if ((folder === undefined) === (queue === undefined))
    throw new UserError('name a folder that was submitted with --slurm, or a queue with --queue URL');
  if (folder !== undefined)
    return async () => {
      const value = slurmStatus(folder);
      return { value, text: describeJobs(value) };
    };
  const server = await reachServer(parseServer(queue as string));
  return async () => {
    const value = await queueStatus(server);
    return { value, text: describeQueue(value) };
  };
}

/** How far jobs of Slurm are, for people. */
export function describeJobs({ folder, unit, all, done, failed, tuned, jobs, ...rest }: SlurmStatus): string {
  const { machines, secondsLeft, trouble } = rest;
  const left = secondsLeft === null ? '' : `, about ${timeText(secondsLeft)} left`;
  const lines = [`${folder}: ${done} of ${all} ${unit} done${unit === 'trials' ? `, ${failed} failed` : ''}${left}`];
  if (tuned > 0) lines.push(`${tuned} trainings of searches for settings`);
  if (trouble !== undefined) lines.push(trouble);
  const states = new Map<string, string[]>();
  for (const { id, state, reason } of jobs) {
    const name = reason === 'None' ? state : `${state} (${reason})`;
    states.set(name, [...(states.get(name) ?? []), id]);
  }
  for (const [name, ids] of states)
    lines.push(
      `${ids.length} ${ids.length === 1 ? 'job' : 'jobs'} ${name}: ${ids.slice(0, 8).join(' ')}${ids.length > 8 ? ' ...' : ''}`,
    );
  if (jobs.length === 0 && trouble === undefined)
    lines.push(
      done < all
        ? 'no job of it is in the queue: the same command again submits what is left'
        : 'no job of it is in the queue',
    );
  if (machines.length > 0)
    lines.push(
      plainTable([
        ['machine', 'processor', 'trials'],
        ...machines.map(({ name, processor, cores, trials: own }) => [
          name,
          `${processor}, ${cores} cores`,
          String(own),
        ]),
      ]),
    );
  return lines.join('\n');
}

export function timeText(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** A queue's state for people. */
export function describeQueue({ server, build, machines, sweeps, trials }: QueueStatus): string {
  const lines = [`queue ${server}`];
  if (machines.length === 0) lines.push('no worker is there: start some with "expobench worker"');
  else
    lines.push(
      plainTable([
        ['worker', 'state', 'threads', 'runs', 'done', 'failed', 'retried'],
        ...machines.map((one) => [
          ...[one.name, stateOf(one, build), String(one.threads)],
          one.running.map(({ title, seconds }) => `${title} (${timeText(seconds)})`).join('; '),
          ...[one.done, one.failed, one.retried].map(String),
        ]),
      ]),
    );
  for (const { name, trouble } of machines) if (trouble !== undefined) lines.push(`${name}: ${trouble}`);
  if (sweeps.length > 0)
    lines.push(
      plainTable([
        ['sweep', 'on', 'state', 'done', 'failed', 'retried', 'time left'],
        ...sweeps.map(({ title, host, live, total, done, failed, retried, secondsLeft }) => [
          ...[title, host, live ? 'waits' : 'away', `${done} of ${total}`, String(failed), String(retried)],
          secondsLeft === null ? '' : timeText(secondsLeft),
        ]),
      ]),
    );
  for (const [of, { waiting, running, failed }] of Object.entries(trials))
    lines.push(
      `trials of build ${of.slice(0, 8)}${of === build ? ' (this one)' : ''}: ${waiting} waiting, ${running} running, ${failed} given up`,
    );
  return lines.join('\n');
}

function stateOf({ live, seen, build }: QueueStatus['machines'][number], own: string): string {
  if (!live) return `silent for ${timeText(seen)}`;
  return build === own ? 'live' : `live, build ${build.slice(0, 8)}`;
}
