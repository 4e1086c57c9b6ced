import { programBuild } from '../../../support/version.js';
import { queueName } from './keys.js';
import { isLive, readSigns, readSweepSigns } from './messages.js';
import type { QueueServer } from './server.js';

/** What a queue is at. Seconds are whole ones, by the server's clock. */
export interface QueueStatus {
  readonly server: string;
  /** Hash of this program's sources, which a worker shares or not. */
  readonly build: string;
  readonly machines: readonly {
    readonly name: string;
    readonly processor: string;
    readonly build: string;
    readonly threads: number;
    /** Whether it has given a sign lately, and how long ago the last one was. */
    readonly live: boolean;
    readonly seen: number;
    readonly running: readonly { readonly title: string; readonly seconds: number }[];
    readonly done: number;
    readonly failed: number;
    readonly retried: number;
    readonly trouble?: string | undefined;
  }[];
  readonly sweeps: readonly {
    readonly title: string;
    readonly host: string;
    readonly live: boolean;
    readonly total: number;
    readonly done: number;
    readonly failed: number;
    readonly retried: number;
    /** By guess; null before anything is done. */
    readonly secondsLeft: number | null;
  }[];
  /** Trials of each build by what they are at. */
  readonly trials: Readonly<
    Record<string, { readonly waiting: number; readonly running: number; readonly failed: number }>
  >;
}

/** Seconds after which a sign is of nobody any more. */
const OLD = 86_400;

/** Reads what machines and sweeps say of themselves. */
export async function queueStatus(server: QueueServer): Promise<QueueStatus> {
  const { Queue } = await import('bullmq');
  const redis = server.connect();
  try {
    const { keys, place } = server;
    const now = Number(((await redis.time()) as [number | string])[0]) * 1000;
    const since = (at: number): number => Math.max(0, Math.round((now - at) / 1000));
    const signs = [...readSigns(await redis.hgetall(keys.machines))].filter(([, { at }]) => since(at) < OLD);
    const sweeps = [...readSweepSigns(await redis.hgetall(keys.sweeps)).values()].filter(({ at }) => since(at) < OLD);
    const builds = new Set([
      programBuild(),
      ...signs.map(([, { machine }]) => machine.build),
      ...sweeps.map(({ build }) => build),
    ]);
    const trials: Record<string, { waiting: number; running: number; failed: number }> = {};
    for (const build of builds) {
      const queue = new Queue(queueName(build), { prefix: place.prefix, connection: redis as never });
      queue.on('error', () => {});
      const counts = await queue.getJobCounts('wait', 'prioritized', 'delayed', 'active', 'failed');
      const of = (name: string): number => counts[name] ?? 0;
      trials[build] = {
        waiting: of('wait') + of('prioritized') + of('delayed'),
        running: of('active'),
        failed: of('failed'),
      };
    }
    return {
      server: place.shown,
      build: programBuild(),
      machines: signs
        .map(([name, { machine, threads, at, every, running, done, failed, retried, trouble }]) => ({
          ...{ name, processor: machine.processor, build: machine.build, threads },
          ...{ live: isLive({ at, every }, now), seen: since(at) },
          running: running.map(({ title, since: begun }) => ({ title, seconds: since(begun) })),
          ...{ done, failed, retried },
          ...(trouble !== undefined && { trouble }),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      sweeps: sweeps.map(({ title, host, at, started, total, done, failed, retried, doneSeconds, leftSeconds }) => ({
        ...{ title, host, live: since(at) < 10, total, done, failed, retried },
        secondsLeft: doneSeconds > 0 ? Math.round((since(started) * leftSeconds) / doneSeconds) : null,
      })),
      trials,
    };
  } finally {
    redis.disconnect();
  }
}
