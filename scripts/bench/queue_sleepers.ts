import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { KEPT_SECONDS } from '../../benchmarks/executors/queue/keys.js';
import type { QueueServer } from '../../benchmarks/executors/queue/server.js';

/** What a trial costs the server, where nothing but the queue works. */
export interface Slept {
  readonly perSecond: number;
  /** Commands a trial, those within scripts included. */
  readonly calls: number;
  /** Processor time of the server a trial. */
  readonly milliseconds: number;
}

/** Workers, each with connections and signs of its own as a machine has, that sleep in the place of training. */
export async function sleepers(
  { place, keys, connect }: QueueServer,
  client: Redis,
  workers: number,
  trials: number,
  milliseconds: number,
): Promise<Slept> {
  const name = 'bench-sleepers';
  const options = { prefix: place.prefix, lockDuration: 30_000, removeOnComplete: { count: 0 }, drainDelay: 5 };
  const connections = Array.from({ length: workers }, () => connect());
  const queue = new Queue(name, {
    prefix: place.prefix,
    connection: client as never,
    streams: { events: { maxLen: 1000 } },
  });
  let done = 0;
  const all = connections.map((redis, w) => {
    const worker = new Worker(
      name,
      async (job) => {
        await redis.exists(keys.result(job.id as string));
        await sleep(milliseconds);
        await redis.set(keys.result(job.id as string), 'x'.repeat(1500), 'EX', KEPT_SECONDS, 'NX');
        done++;
        return 0;
      },
      { ...options, connection: redis as never },
    );
    worker.on('error', () => {});
    const sign = setInterval(() => void redis.hset(keys.machines, `sleeper-${w}`, '{}').catch(() => {}), 2000);
    return { worker, sign };
  });
  await sleep(2000);
  const usage = async (): Promise<{ calls: number; cpu: number }> => {
    const text = `${await client.info('stats')}\n${await client.info('cpu')}`;
    const number = (of: string): number => Number(new RegExp(`${of}:([\\d.]+)`).exec(text)?.[1]);
    return { calls: number('total_commands_processed'), cpu: number('used_cpu_user') + number('used_cpu_sys') };
  };
  const before = await usage();
  const started = performance.now();
  const jobs = Array.from({ length: trials }, (_, n) => ({
    name: 'trial',
    data: { n },
    opts: { jobId: `t${n}`, priority: 1 + n },
  }));
  for (let at = 0; at < jobs.length; at += 500) await queue.addBulk(jobs.slice(at, at + 500));
  while (done < trials) await sleep(20);
  const seconds = (performance.now() - started) / 1000;
  const after = await usage();
  for (const { worker, sign } of all) {
    clearInterval(sign);
    await worker.close(true);
  }
  for (const redis of connections) redis.disconnect();
  return {
    perSecond: trials / seconds,
    calls: (after.calls - before.calls) / trials,
    milliseconds: (1000 * (after.cpu - before.cpu)) / trials,
  };
}
