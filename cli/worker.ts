import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import { parseServer, reachServer } from '../benchmarks/executors/queue/server.js';
import { QueueWorker } from '../benchmarks/executors/queue/worker.js';
import { cacheFolder } from '../datasets/fetch.js';
import { LIMITS } from '../support/limits.js';
import { hearingSignals } from './interrupt.js';
import { currentRun, note, print } from './io.js';
import { logger } from './logging.js';
import { checkNumber, workersOption } from './options.js';
import { INTERRUPTED } from './program.js';
import type { Verb } from './verb.js';

interface WorkerArguments {
  readonly queue: string;
  readonly workers?: number;
  readonly memory?: number;
  readonly drain: boolean;
  readonly dataDir?: string;
  readonly allowCommands: boolean;
  readonly attempts: number;
  readonly silence: number;
  readonly json: boolean;
}

export const workerCommand: Verb<WorkerArguments> = {
  builder: (yargs) =>
    workersOption(yargs)
      .option('queue', {
        type: 'string',
        demandOption: true,
        describe:
          'the Redis or Valkey server that sweeps put their trials into: redis://HOST:6379/0, rediss://, unix:///PATH; without a value, $EXPOBENCH_QUEUE. Passwords: $EXPOBENCH_QUEUE_PASSWORD',
      })
      .option('memory', {
        type: 'number',
        describe: 'gigabytes that trials under way may need together; by default four fifths of what is free',
      })
      .option('drain', { type: 'boolean', default: false, describe: 'end when nothing is left in the queue' })
      .option('data-dir', { type: 'string', describe: 'a folder that sweeps put data into (their --data-dir)' })
      .option('allow-commands', {
        type: 'boolean',
        default: false,
        describe:
          'run programs and code that sweeps bring along: whoever may write to the queue can then run anything here',
      })
      .option('attempts', {
        type: 'number',
        default: 3,
        describe: 'how many workers may begin a trial and die before it is given up',
      })
      .option('silence', {
        type: 'number',
        default: 30,
        describe: 'seconds after which the trials of a worker that is not heard of go to others',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print the result as JSON' })
      .example('$0 worker --queue redis://host:6379/0', 'takes trials until it is stopped; Ctrl-C ends those that run')
      .example('$0 worker --queue unix:///run/redis.sock --workers 4 --drain', 'ends when nothing is left') as never,
  async handler(argv) {
    checkNumber('workers', argv.workers, 1, LIMITS.workers.most, true);
    checkNumber('memory', argv.memory, 0.01);
    checkNumber('attempts', argv.attempts, 1, 1000, true);
    checkNumber('silence', argv.silence, 0.5, 86_400);
    const { workers = availableParallelism(), memory, attempts, silence, dataDir, allowCommands, drain, json } = argv;
    const server = await reachServer(parseServer(argv.queue));
    const say = (sentence: string): void => {
      note(sentence);
      logger().info(sentence);
    };
    const worker = await QueueWorker.start(server, {
      ...{ threads: workers, attempts, lock: 1000 * silence, dataFolder: dataDir, allowsCommands: allowCommands },
      memory: memory === undefined ? 0.8 * freemem() : memory * 1e9,
      cacheFolder: join(cacheFolder(), 'queue'),
      onNote: say,
    });
    say(`worker ${worker.name} takes trials from ${server.place.shown}, ${workers} at once; Ctrl-C ends it`);
    const asked = new AbortController();
    let stops = 0;
    let end: (work: Promise<void>) => void = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    const handler = (): string | undefined => {
      stops++;
      asked.abort();
      if (stops > 2) return undefined;
      if (stops === 1) {
        end(worker.finish());
        return worker.runs > 0 ? 'the trials that are running end first; again gives them back' : 'ending';
      }
      currentRun().code = INTERRUPTED;
      // Not waited for by `finish`, which may wait for a server that is away.
      void worker.giveBack().then(() => gone());
      return 'giving back the trials that are running';
    };
    let gone = (): void => {};
    await hearingSignals(handler, async () => {
      const givenBack = new Promise<void>((resolve) => (gone = resolve));
      if (drain) void worker.drained(asked.signal).then(() => stops === 0 && end(worker.finish()));
      await Promise.race([ended, givenBack]);
    });
    const { done, failed, retried } = worker.summary;
    if (json) print(JSON.stringify({ name: worker.name, done, failed, retried }, null, 2));
    else print(`${done} trials answered, ${failed} of them failed, ${retried} that others had begun`);
  },
};
