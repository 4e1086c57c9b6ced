import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';
import type { Task } from '../../benchmarks/executors/executor.js';
import { packData, unpackData } from '../../benchmarks/executors/packed_data.js';
import { Blobs } from '../../benchmarks/executors/queue/blobs.js';
import { QueueExecutor } from '../../benchmarks/executors/queue/queue_executor.js';
import { parseServer, type QueueServer, reachServer } from '../../benchmarks/executors/queue/server.js';
import { ThreadExecutor } from '../../benchmarks/executors/threads.js';
import { hashData } from '../../benchmarks/hash_data.js';
import { keyOf } from '../../benchmarks/runner.js';
import { choicesOf } from '../../benchmarks/settings.js';
import type { Interactions } from '../../datasets/interactions.js';
import { openSplit } from '../../datasets/open.js';
import { PLANTED_DEFAULTS } from '../../datasets/planted.js';
import { redisProgram, TestRedis } from '../../support/test_redis.js';
import { programBuild } from '../../support/version.js';
import type { Benchmark } from './measure.js';
import { sleepers } from './queue_sleepers.js';

const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
/** MovieLens-1M where it is at hand; else planted ratings of its size. */
const ML_1M = process.env['EXPOBENCH_ML_1M'] ?? 'ml-1m.dat';

function taskOf(sha256: string, seed: number, method = 'Pop', epochs = 2): Task {
  const settings = choicesOf(
    { dim: 8, epochs, patience: epochs, candidates: 20, bootstrap: 0, full: false },
    seed,
    String,
  );
  const payload = { method, ...settings };
  const key = keyOf({ work: 'trial', settings: payload }, sha256, programBuild());
  return { key, kind: 'trial', payload, data: sha256, title: `${method} ${seed}`, seconds: 1, bytes: 1e6 };
}

/** A process that takes trials, once it does. */
async function startWorker(url: string, threads: number, cache: string) {
  const words = [main, 'worker', '--queue', url, '--workers', String(threads)];
  const env = { ...process.env, EXPOBENCH_CACHE: cache };
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  await once(child.stderr, 'data');
  child.stderr.resume();
  return async (): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
  };
}

async function withExecutor<Result>(
  server: QueueServer,
  data: Interactions,
  sha256: string,
  work: (executor: QueueExecutor) => Promise<Result>,
): Promise<Result> {
  const executor = new QueueExecutor(server, { sweep: 'bench', title: 'bench' });
  try {
    await executor.provide([{ name: data.name, data, sha256 }], []);
    return await work(executor);
  } finally {
    await executor.stop();
    await executor.close();
  }
}

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

const usedMegabytes = async (client: Redis): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]) / 1e6;

export const queue: Benchmark = {
  name: 'queue',
  summary:
    'what a queue costs a trial, workers against threads, 10,000 trials queued, 50 workers that sleep, data to a fresh machine',
  always: false,
  async run() {
    if (!redisProgram) throw new Error('neither redis-server nor valkey-server is on this machine');
    const folder = mkdtempSync(join(tmpdir(), 'expobench-bench-'));
    const redis = await TestRedis.start(join(folder, 'redis'));
    const server = await reachServer(parseServer(redis.url));
    const client = server.connect();
    const goal = { reference: undefined, ratio: undefined };
    try {
      const data = await openSplit('planted', {}, { ...PLANTED_DEFAULTS, users: 100, items: 50, ratingsPerUser: 10 });
      const sha256 = hashData(data, undefined);
      // The queue against threads, on trials that take next to nothing.
      const count = 200;
      const small = (from: number): Task[] => Array.from({ length: count }, (_, n) => taskOf(sha256, from + n));
      const end = await startWorker(redis.url, 1, join(folder, 'cache'));
      const [queued, threads] = await withExecutor(server, data, sha256, async (executor) => {
        await Promise.all(small(10_000).map((task) => executor.run(task))); // warms
        const ours = await seconds(() => Promise.all(small(1).map((task) => executor.run(task))));
        const here = new ThreadExecutor(1);
        await here.provide([{ name: data.name, data, sha256 }]);
        await Promise.all(small(10_000).map((task) => here.run(task)));
        const theirs = await seconds(() => Promise.all(small(1).map((task) => here.run(task))));
        await here.close();
        return [ours, theirs];
      });
      await end();
      // Two processes of a thread each against one of two.
      const train = await openSplit('planted', {}, { ...PLANTED_DEFAULTS, users: 500, items: 300 });
      const trainHash = hashData(train, undefined);
      const timed = async (processes: number, each: number, from: number): Promise<number> => {
        const ends = [];
        for (let p = 0; p < processes; p++) ends.push(await startWorker(redis.url, each, join(folder, 'cache')));
        const tasks = (start: number, n: number): Task[] =>
          Array.from({ length: n }, (_, t) => taskOf(trainHash, start + t, 'GMF', 30));
        const spent = await withExecutor(server, train, trainHash, async (executor) => {
          await Promise.all(tasks(from + 100, 4).map((task) => executor.run(task)));
          return seconds(() => Promise.all(tasks(from, 24).map((task) => executor.run(task))));
        });
        for (const one of ends) await one();
        return spent;
      };
      const two = await timed(2, 1, 1000);
      const one = await timed(1, 2, 2000);
      // 10,000 that wait.
      await client.flushall();
      const before = process.memoryUsage().rss / 1e6;
      const [memory, rss] = await withExecutor(server, data, sha256, async (executor) => {
        const all = Promise.allSettled(Array.from({ length: 10_000 }, (_, n) => executor.run(taskOf(sha256, n))));
        while ((await client.scard('{expo}:sweep:bench')) < 10_000) await sleep(50);
        await sleep(500);
        const used = [await usedMegabytes(client), process.memoryUsage().rss / 1e6] as const;
        await executor.stop();
        await all;
        return used;
      });
      await client.flushall();
      const slept = await sleepers(server, client, 50, 1000, 1000);
      // Data to a machine that has none.
      const large = await openSplit(
        existsSync(ML_1M) ? ML_1M : 'planted',
        {},
        { ...PLANTED_DEFAULTS, users: 6040, items: 3706, ratingsPerUser: 165 },
      );
      const largeHash = hashData(large, undefined);
      const blobs = new Blobs(client, server.keys);
      const sent = await seconds(async () => {
        const { blob, bytes } = packData({ name: large.name, data: large, sha256: largeHash });
        await blobs.put(blob, bytes);
        unpackData((await blobs.get(blob)) as Uint8Array, blob, largeHash);
      });
      return [
        {
          name: 'a trial, beyond what threads need',
          value: (1000 * (queued - threads)) / count,
          unit: 'ms',
          goal: '< 50',
          referenceName: 'threads',
          ...goal,
        },
        {
          name: '24 trainings, two processes of a thread',
          value: two,
          unit: 's',
          goal: '0.95',
          reference: one,
          ratio: one / two,
          referenceName: 'one of two threads',
        },
        {
          name: '10,000 queued, the coordinator',
          value: rss,
          unit: 'MB',
          goal: '< 300',
          referenceName: `${before.toFixed(0)} MB before`,
          ...goal,
        },
        {
          name: '10,000 queued, the server',
          value: memory,
          unit: 'MB',
          goal: '< 200',
          referenceName: 'used_memory',
          ...goal,
        },
        {
          name: '50 workers that sleep 1 s',
          value: slept.perSecond,
          unit: 'trials/s',
          goal: '',
          reference: 50,
          ratio: slept.perSecond / 50,
          referenceName: 'nothing but sleep',
        },
        {
          name: 'commands of the server a trial',
          value: slept.calls,
          unit: '',
          goal: '',
          referenceName: 'those within scripts, too',
          ...goal,
        },
        {
          name: 'processor of the server a trial',
          value: slept.milliseconds,
          unit: 'ms',
          goal: '',
          referenceName: 'of one core',
          ...goal,
        },
        {
          name: `data of ${large.user.length.toLocaleString('en')} interactions to a fresh machine`,
          value: sent,
          unit: 's',
          goal: '< 2',
          referenceName: 'over loopback',
          ...goal,
        },
      ];
    } finally {
      client.disconnect();
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
