import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import type { Executor } from '../benchmarks/executors/executor.js';
import { UserError } from '../support/errors.js';
import { hashOf } from '../support/hash.js';

const group = 'Machines:';

/** Options of verbs that run trials on other machines. */
export function queueOptions<T>(argv: Argv<T>) {
  return argv
    .option('queue', {
      type: 'string',
      describe:
        'run on workers that take trials from a Redis or Valkey server: redis://HOST:6379/0, rediss://, unix:///PATH; without a value, $EXPOBENCH_QUEUE. Passwords: $EXPOBENCH_QUEUE_PASSWORD (docs/machines.md)',
      group,
    })
    .option('detach', {
      type: 'boolean',
      default: false,
      describe:
        'with --queue: Ctrl-C leaves the trials in the queue, and the same command takes their answers; by default they are withdrawn',
      group,
    })
    .option('data-dir', {
      type: 'string',
      describe: 'with --queue: a folder that the workers see, for data; by default they go through the server',
      group,
    });
}

export interface QueueArguments {
  readonly queue?: string | undefined;
  readonly detach?: boolean | undefined;
  readonly dataDir?: string | undefined;
}

/**
 * The executor that options ask for; undefined where trials run on threads here. `title` is what others call the work, and `out` where it goes,
 * by which the same work is known when it is started again. Throws UserError where the server cannot be used.
 */
export async function queueExecutor(
  { queue, detach = false, dataDir }: QueueArguments,
  title: string,
  out: string,
  onNote: (sentence: string) => void,
): Promise<Executor | undefined> {
  if (queue === undefined) {
    const given = detach ? '--detach' : dataDir === undefined ? undefined : '--data-dir';
    if (given !== undefined) throw new UserError(`${given} goes with --queue`);
    return undefined;
  }
  const { parseServer, reachServer } = await import('../benchmarks/executors/queue/server.js');
  const { QueueExecutor } = await import('../benchmarks/executors/queue/queue_executor.js');
  const server = await reachServer(parseServer(queue));
  const sweep = hashOf([hostname(), resolve(out), title]).slice(0, 24);
  return new QueueExecutor(server, { sweep, title, detach, dataFolder: dataDir, onNote });
}

/** What a first Ctrl-C is answered by. */
export const stopSentence = ({ queue, detach }: QueueArguments): string | undefined =>
  queue === undefined
    ? undefined
    : detach
      ? 'the trials stay in the queue; the same command takes their answers'
      : 'the trials are withdrawn from the queue; Ctrl-C again stops at once';
