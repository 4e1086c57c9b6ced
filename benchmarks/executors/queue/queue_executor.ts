import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { writeDurably } from '../../../support/durable.js';
import type { MachineUse } from '../../../support/environment.js';
import { StoppedError, UserError } from '../../../support/errors.js';
import { programBuild } from '../../../support/version.js';
import type { UserModule } from '../../catalogue.js';
import { taskKinds } from '../../tasks/registry.js';
import { type Executor, LostError, type Provided, type Task } from '../executor.js';
import { packData, sha256Of } from '../packed_data.js';
import { Blobs, explainFull } from './blobs.js';
import { packPath } from './data_store.js';
import { jobId, KEPT_SECONDS, priorityOf, queueName } from './keys.js';
import {
  type Answer,
  isLive,
  type JobData,
  readAnswer,
  readSigns,
  type Sign,
  type SweepSign,
  unpackAnswer,
} from './messages.js';
import type { QueueServer } from './server.js';

export interface QueueExecutorOptions {
  /** Tells this sweep from others, and is the same when it is started again. */
  readonly sweep: string;
  /** What people call it. */
  readonly title: string;
  /** Whether a sweep that is stopped leaves its trials in the queue. */
  readonly detach?: boolean;
  /** A folder that the workers see, for data. */
  readonly dataFolder?: string | undefined;
  /** Milliseconds between looks at signs, at answers, and for jobs that vanished. */
  readonly every?: { readonly sign: number; readonly collect: number; readonly addAgain: number };
  /** Told, in a sentence, of what happens. */
  onNote?(sentence: string): void;
}

/** Tasks that are added, or asked for, at once. */
const BATCH = 500;
/** Milliseconds in which tasks are gathered. */
const GATHER = 20;
const EVERY = { sign: 2000, collect: 10_000, addAgain: 60_000 } as const;
/** Milliseconds without a worker after which that is said. */
const ALONE = 10_000;
/** Milliseconds that withdrawing may take. */
const WITHDRAW = 10_000;

interface Left {
  readonly id: string;
  readonly task: Task;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** Runs tasks by workers that take them from a queue. The truth is in the keys of answers; events only make it quick. */
export class QueueExecutor implements Executor {
  readonly name = 'queue';
  readonly capacity = Number.POSITIVE_INFINITY;
  readonly isLocal = false;
  private readonly left = new Map<string, Left>();
  private gathered: Left[] = [];
  private flushing: Promise<void> = Promise.resolve();
  private readonly blobOf = new Map<string, string>();
  private again: (() => Promise<void>) | undefined;
  private modules: JobData['modules'] = [];
  private readonly timers: NodeJS.Timeout[] = [];
  private signs = new Map<string, Sign>();
  private readonly said = new Set<string>();
  private readonly uses = new Map<string, MachineUse>();
  private readonly counts = { total: 0, done: 0, failed: 0, retried: 0, doneSeconds: 0, leftSeconds: 0 };
  private readonly started = Date.now();
  private longest = 0;
  private isStopped = false;
  private queue!: Queue;
  private events!: QueueEvents;
  private redis!: Redis;
  /** The connection of events, which waits for them. */
  private heard!: Redis;
  private blobs!: Blobs;

  constructor(
    private readonly server: QueueServer,
    private readonly options: QueueExecutorOptions,
  ) {}

  private note(sentence: string): void {
    this.options.onNote?.(sentence);
  }

  private async open(): Promise<void> {
    const { Queue: BullQueue, QueueEvents: BullEvents } = await import('bullmq');
    const { server } = this;
    const { prefix, shown } = server.place;
    this.redis = server.connect((isAway) => {
      this.note(isAway ? `the queue's server ${shown} is away: waiting` : `the queue's server ${shown} is back`);
      if (!isAway) void this.collect().catch(() => {});
    });
    this.blobs = new Blobs(this.redis, server.keys);
    const streams = { events: { maxLen: 1000 } };
    this.queue = new BullQueue(queueName(), { prefix, connection: this.redis as never, streams });
    this.queue.on('error', () => {});
    this.heard = server.connect();
    this.events = new BullEvents(queueName(), { prefix, connection: this.heard as never });
    this.events.on('error', () => {});
    this.events.on('completed', ({ jobId: id }) => void this.look([id]).catch(() => {}));
    this.events.on('failed', ({ jobId: id, failedReason }) => void this.fail(id, failedReason).catch(() => {}));
    const every = (milliseconds: number, work: () => Promise<void>): void => {
      this.timers.push(setInterval(() => void work().catch(() => {}), milliseconds));
    };
    const { sign, collect, addAgain } = this.options.every ?? EVERY;
    every(sign, () => this.sign());
    every(collect, () => this.collect());
    every(addAgain, () => this.addAgain());
    await this.sign().catch((error: unknown) => {
      throw explainFull(error);
    });
  }

  async provide(data: readonly Provided[], modules: readonly UserModule[] = []): Promise<void> {
    await this.open();
    /** Puts there what is not there. */
    this.again = async () => {
      for (const one of data) {
        // Packing takes as long as reading: it is done once, but where the server lost them.
        const known = this.blobOf.get(one.sha256);
        if (known !== undefined && (await this.isProvided(known))) continue;
        const { blob, bytes } = packData(one);
        this.blobOf.set(one.sha256, blob);
        if (!(await this.isProvided(blob))) await this.send(blob, bytes);
      }
      const sent: JobData['modules'] = [];
      for (const { path, sha256, source } of modules) {
        const bytes = Buffer.from(source);
        const blob = sha256Of(bytes);
        if (!(await this.blobs.has(blob))) await this.blobs.put(blob, bytes);
        sent.push({ path, sha256, blob });
      }
      this.modules = sent;
    };
    await this.again();
  }

  private async isProvided(blob: string): Promise<boolean> {
    const { dataFolder } = this.options;
    return dataFolder === undefined ? this.blobs.has(blob) : existsSync(packPath(dataFolder, blob));
  }

  private async send(blob: string, bytes: Uint8Array): Promise<void> {
    const { dataFolder } = this.options;
    if (dataFolder === undefined) await this.blobs.put(blob, bytes);
    else writeDurably(packPath(dataFolder, blob), bytes);
  }

  async run(task: Task): Promise<unknown> {
    if (this.isStopped) throw new StoppedError('stopped');
    return new Promise((resolve, reject) => {
      const one: Left = { id: jobId(task.key), task, resolve, reject };
      this.left.set(one.id, one);
      this.counts.total++;
      this.counts.leftSeconds += task.seconds;
      this.longest = Math.max(this.longest, task.seconds);
      if (this.gathered.push(one) === 1) setTimeout(() => this.flush(), GATHER);
    });
  }

  /** Adds what was gathered, one batch after another. */
  private flush(): void {
    const all = this.gathered;
    this.gathered = [];
    this.flushing = this.flushing.then(async () => {
      // The longest first, so that workers that are there begin with them.
      all.sort((a, b) => b.task.seconds - a.task.seconds);
      for (let at = 0; at < all.length && !this.isStopped; at += BATCH) {
        const part = all.slice(at, at + BATCH);
        try {
          await this.add(part);
        } catch (error) {
          for (const { id, reject } of part) if (this.left.delete(id)) reject(explainFull(error));
        }
      }
    });
  }

  private async add(part: readonly Left[]): Promise<void> {
    const { keys } = this.server;
    await this.look(part.map(({ id }) => id));
    const rest = part.filter(({ id }) => this.left.has(id));
    if (rest.length === 0) return;
    const wants = this.redis.pipeline();
    const own = keys.sweep(this.options.sweep);
    for (const { id } of rest) {
      wants.sadd(keys.want(id), this.options.sweep).expire(keys.want(id), KEPT_SECONDS);
      wants.sadd(own, id);
    }
    wants.expire(own, KEPT_SECONDS);
    for (const [error] of (await wants.exec()) ?? []) if (error) throw error;
    // A job that failed before would keep the new one of its name out, without a word.
    const wanted = new Set(rest.map(({ id }) => id));
    for (const id of await this.queue.getRanges(['failed'], 0, -1)) if (wanted.has(id)) await this.queue.remove(id);
    await this.queue.addBulk(
      rest.map(({ id, task }) => ({
        name: task.kind,
        data: this.jobOf(task),
        opts: { jobId: id, priority: priorityOf(task.seconds, this.longest), attempts: 1 },
      })),
    );
  }

  private jobOf({ key, kind, payload, data, title, seconds, bytes }: Task): JobData {
    const blob = this.blobOf.get(data);
    if (blob === undefined) throw new Error(`no data with the hash ${data} were provided`);
    const named = title.slice(0, 200);
    return { version: 1, key, kind, payload, data, blob, modules: this.modules, title: named, seconds, bytes };
  }

  /** Takes the answers that are there. */
  private async look(ids: readonly string[]): Promise<void> {
    const wanted = ids.filter((id) => this.left.has(id));
    for (let at = 0; at < wanted.length; at += BATCH) {
      const part = wanted.slice(at, at + BATCH);
      const texts = await this.redis.mget(part.map(this.server.keys.result));
      for (const [p, id] of part.entries()) {
        const text = texts[p];
        if (typeof text === 'string') await this.take(id, text);
      }
    }
  }

  private async take(id: string, text: string): Promise<void> {
    const one = this.left.get(id);
    if (!one) return;
    const answer = readAnswer(text, one.task.key);
    const value = answer && (await this.valueOf(one.task, answer));
    if (!this.left.has(id)) return; // taken while its bytes were on their way
    if (!answer || !value) {
      this.note(`the answer to "${one.task.title}" cannot be taken (changed, or of another version): it runs again`);
      await this.redis.del(this.server.keys.result(id));
      if (this.gathered.push(one) === 1) setTimeout(() => this.flush(), GATHER);
      return;
    }
    this.left.delete(id);
    this.count(one.task, answer, value);
    this.release(id, answer.blob);
    if ('answer' in value) one.resolve(value.answer);
    else
      one.reject(
        'mistake' in value ? new UserError(value.mistake) : new LostError(`the worker stopped: ${value.lost}`),
      );
  }

  /** What an answer says, held against its schema; undefined where it is not that. */
  private async valueOf(
    { kind }: Task,
    { blob, answer, mistake, lost }: Answer,
  ): Promise<{ answer: unknown } | { mistake: string } | { lost: string } | undefined> {
    if (mistake !== undefined) return { mistake };
    if (lost !== undefined) return { lost };
    let given = answer;
    if (blob !== undefined) {
      try {
        const bytes = await this.blobs.get(blob);
        if (!bytes) return undefined;
        given = unpackAnswer(bytes);
      } catch (error) {
        if (error instanceof UserError) return undefined;
        throw error;
      }
    }
    return taskKinds.get(kind).answer.safeParse(given).success ? { answer: given } : undefined;
  }

  private count({ seconds }: Task, { machine, starts }: Answer, value: object): void {
    const { counts } = this;
    counts.done++;
    counts.doneSeconds += seconds;
    counts.leftSeconds -= seconds;
    if (starts > 1) counts.retried++;
    const failed = !('answer' in value) || (value.answer as { failure?: unknown } | null)?.failure !== undefined;
    if (failed) counts.failed++;
    const name = [machine.name, machine.build, machine.processor].join(' ');
    const use = this.uses.get(name);
    this.uses.set(name, { ...machine, trials: (use?.trials ?? 0) + 1 });
  }

  /** Nobody here waits for a task any more. */
  private release(id: string, blob?: string): void {
    const { keys } = this.server;
    const { sweep } = this.options;
    const pipeline = this.redis.pipeline().srem(keys.want(id), sweep).srem(keys.sweep(sweep), id).exists(keys.want(id));
    void pipeline.exec().then(
      async (replies) => {
        // Large answers are not kept for whoever may ask for them once more.
        if (blob !== undefined && replies?.[2]?.[1] === 0) {
          await this.redis.del(keys.result(id));
          await this.blobs.remove(blob);
        }
      },
      () => {},
    );
  }

  private async fail(id: string, reason: string): Promise<void> {
    await this.look([id]); // an answer may have come all the same
    const one = this.left.get(id);
    if (!one) return;
    this.left.delete(id);
    this.counts.done++;
    this.counts.failed++;
    this.counts.leftSeconds -= one.task.seconds;
    this.release(id);
    one.reject(
      new LostError(
        /stalled more than/.test(reason)
          ? 'its workers died, or fell silent, more often than a trial may be begun (--attempts of the worker)'
          : reason,
      ),
    );
  }

  /** Looks for what events did not tell. */
  private async collect(): Promise<void> {
    await this.look([...this.left.keys()]);
    for (const id of await this.queue.getRanges(['failed'], 0, -1)) {
      if (!this.left.has(id)) continue;
      const job = await this.queue.getJob(id);
      if (job?.failedReason) await this.fail(id, job.failedReason);
    }
  }

  /** Adds what a server that lost its memory no longer has, and what ended without an answer. */
  private async addAgain(): Promise<void> {
    await this.again?.();
    const ids = [...this.left.keys()];
    for (let at = 0; at < ids.length; at += BATCH) {
      const part = ids.slice(at, at + BATCH);
      const pipeline = this.redis.pipeline();
      for (const id of part) pipeline.exists(this.queue.toKey(id));
      const there = (await pipeline.exec()) ?? [];
      const gone = part.filter((_, p) => there[p]?.[1] === 0).flatMap((id) => this.left.get(id) ?? []);
      if (gone.length > 0) await this.add(gone);
    }
  }

  /** Says that it lives, and reads who works. */
  private async sign(): Promise<void> {
    const { keys } = this.server;
    const [seconds] = (await this.redis.time()) as [number | string, number | string];
    const now = Number(seconds) * 1000;
    const sign: SweepSign = {
      version: 1,
      title: this.options.title.slice(0, 200),
      host: hostname(),
      build: programBuild(),
      at: now,
      started: now - (Date.now() - this.started),
      ...this.counts,
    };
    await this.redis.hset(keys.sweeps, this.options.sweep, JSON.stringify(sign));
    const hash = await this.redis.hgetall(keys.machines);
    this.signs = new Map([...readSigns(hash)].filter(([, one]) => isLive(one, now)));
    this.judge();
  }

  /** Says who cannot take these trials, each once. */
  private judge(): void {
    const once = (sentence: string): void => {
      if (!this.said.has(sentence)) this.note(sentence);
      this.said.add(sentence);
    };
    const own = this.workers();
    const others = [...this.signs.values()].filter(({ machine }) => machine.build !== programBuild());
    for (const { machine } of others)
      once(
        `a worker on ${machine.name} is of another build of the program (${machine.build.slice(0, 8)}, this is ${programBuild().slice(0, 8)}): it takes none of these trials`,
      );
    for (const { machine, trouble } of own) if (trouble !== undefined) once(`${machine.name}: ${trouble}`);
    if (own.length === 0 && this.left.size > 0 && Date.now() - this.started > ALONE)
      once(
        `no worker of this build is there: start some with "expobench worker --queue ${this.server.place.shown}", here or on other machines`,
      );
  }

  private workers(): Sign[] {
    return [...this.signs.values()].filter(({ machine }) => machine.build === programBuild());
  }

  places(): string {
    const own = this.workers();
    const threads = own.reduce((sum, one) => sum + one.threads, 0);
    const busy = own.reduce((sum, { running }) => sum + running.length, 0);
    const machines = new Set(own.map(({ machine }) => machine.name)).size;
    return `${busy} of ${threads} threads busy on ${machines} ${machines === 1 ? 'machine' : 'machines'}`;
  }

  machines(): MachineUse[] {
    return [...this.uses.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Withdraws what is left, or leaves it in the queue, from which the same sweep takes it when it is started again. */
  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    await Promise.race([sleep(WITHDRAW, undefined, { ref: false }), this.flushing]);
    const rest = [...this.left.values()];
    if (this.redis && !this.options.detach)
      await Promise.race([sleep(WITHDRAW, undefined, { ref: false }), this.withdraw().catch(() => {})]);
    this.left.clear();
    for (const { reject } of rest) reject(new StoppedError('stopped'));
  }

  private async withdraw(): Promise<void> {
    const { keys } = this.server;
    const own = keys.sweep(this.options.sweep);
    const ids = [...new Set([...this.left.keys(), ...(await this.redis.smembers(own))])];
    for (let at = 0; at < ids.length; at += BATCH) {
      const part = ids.slice(at, at + BATCH);
      const pipeline = this.redis.pipeline();
      for (const id of part) pipeline.srem(keys.want(id), this.options.sweep).exists(keys.want(id));
      const replies = (await pipeline.exec()) ?? [];
      // What a worker holds is not removed: it sees that nobody wants it, and lets go.
      const unwanted = part.filter((_, p) => replies[2 * p + 1]?.[1] === 0);
      await Promise.all(unwanted.map((id) => this.queue.remove(id)));
    }
    await this.redis.del(own);
  }

  async close(): Promise<void> {
    for (const timer of this.timers.splice(0)) clearInterval(timer);
    if (!this.redis) return;
    const { keys } = this.server;
    await Promise.race([
      sleep(1000, undefined, { ref: false }),
      this.redis.hdel(keys.sweeps, this.options.sweep).catch(() => {}),
    ]);
    await Promise.race([sleep(1000, undefined, { ref: false }), this.events.close().catch(() => {})]);
    this.heard.disconnect();
    this.redis.disconnect();
  }
}
