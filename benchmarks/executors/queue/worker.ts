import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { UserError } from '../../../support/errors.js';
import { hashOf } from '../../../support/hash.js';
import { programBuild } from '../../../support/version.js';
import type { UserModule } from '../../catalogue.js';
import { keyOf } from '../../runner.js';
import type { TrialData } from '../../suites/suite.js';
import { taskKinds } from '../../tasks/registry.js';
import type { TrialSettings } from '../../trial.js';
import { sha256Of, unpackData } from '../packed_data.js';
import { type Said, TaskThread } from '../task_thread.js';
import { thisMachine } from '../this_machine.js';
import { Blobs } from './blobs.js';
import { DataStore } from './data_store.js';
import { KEPT_SECONDS, queueName } from './keys.js';
import {
  type Answer,
  answerText,
  hasArrays,
  isLive,
  type JobData,
  jobSchema,
  type Machine,
  packAnswer,
  readSigns,
  type Sign,
} from './messages.js';
import type { QueueServer } from './server.js';

export interface WorkerOptions {
  /** Trials at once. */
  readonly threads: number;
  /** Bytes that they may need together; one always runs. */
  readonly memory: number;
  /** How many workers may begin a trial before it is given up. */
  readonly attempts: number;
  /** Milliseconds of silence after which another worker takes a trial. */
  readonly lock: number;
  /** Folder of data that machines share. */
  readonly dataFolder?: string | undefined;
  /** Folder of data that this machine keeps. */
  readonly cacheFolder: string;
  /** Whether to run programs and code that sweeps bring along. */
  readonly allowsCommands: boolean;
  /** Milliseconds after which a trial that cannot be run here is offered again. */
  readonly back?: number | undefined;
  /** Told, in a sentence, of what happens. */
  onNote(sentence: string): void;
}

/** Unless somebody says otherwise. */
const BACK = 8000;
/** Milliseconds of rest where the server refuses. */
const REST = 5000;
/** Milliseconds that giving a trial back may take. */
const GIVE_BACK = 3000;
/** Data sets that are kept unpacked. */
const HELD = 4;
/** Answers of the server to which BullMQ would ask again at once, thousands of times a second. */
const REFUSALS = /^(OOM|NOPERM|NOAUTH|WRONGPASS|READONLY|MISCONF|LOADING|BUSY)/;

/** Workers of this process. */
let begun = 0;

interface Running {
  readonly job: Job;
  readonly title: string;
  readonly since: number;
}

/** Takes trials from a queue and answers them, until it is asked to stop. */
export class QueueWorker {
  private readonly redis: Redis;
  private readonly blobs: Blobs;
  private readonly store: DataStore;
  /** Threads that wait for a trial, and all of them. */
  private readonly threads: TaskThread[] = [];
  private readonly allThreads = new Set<TaskThread>();
  private readonly running = new Map<string, Running>();
  private readonly held = new Map<string, TrialData>();
  private readonly modules = new Map<string, UserModule>();
  private readonly machine: Machine = thisMachine();
  /** Its name among machines. */
  readonly name = `${this.machine.name}-${process.pid}${begun++ === 0 ? '' : `-${begun}`}`;
  /** Milliseconds between signs. */
  private readonly every: number;
  private readonly timer: NodeJS.Timeout;
  private counts = { done: 0, failed: 0, retried: 0 };
  private trouble: string | undefined;
  private bytes = 0;
  private readonly freed: (() => void)[] = [];
  private resting: NodeJS.Timeout | undefined;
  private isStopping = false;
  /** The server's clock less this machine's. */
  private ahead = 0;

  private constructor(
    private readonly server: QueueServer,
    private readonly options: WorkerOptions,
    private readonly worker: Worker,
    private readonly DelayedError: new () => Error,
    redis: Redis,
  ) {
    this.redis = redis;
    this.blobs = new Blobs(redis, server.keys);
    this.store = new DataStore(this.blobs, options.cacheFolder, options.dataFolder);
    this.every = Math.min(2000, options.lock / 4);
    worker.on('error', (error) => this.rest(error));
    worker.on('failed', (job, error) => this.note(`${titleOf(job)} failed: ${error.message}`));
    worker.on('stalled', (id) =>
      this.note(`the worker of trial ${id.slice(1, 9)} fell silent: it is taken by another`),
    );
    this.timer = setInterval(() => void this.sign().catch(() => {}), this.every);
  }

  /** Begins to take trials. */
  static async start(server: QueueServer, options: WorkerOptions): Promise<QueueWorker> {
    const { Worker: BullWorker, DelayedError } = await import('bullmq');
    const redis = server.connect((isAway) =>
      options.onNote(
        isAway
          ? `the queue's server ${server.place.shown} is away: what runs goes on, and answers wait for it`
          : `the queue's server ${server.place.shown} is back`,
      ),
    );
    let self: QueueWorker | undefined;
    const worker = new BullWorker(
      queueName(),
      (job, token, signal) => (self as QueueWorker).process(job, token as string, signal),
      {
        prefix: server.place.prefix,
        connection: redis as never,
        concurrency: options.threads,
        lockDuration: options.lock,
        stalledInterval: options.lock / 2,
        maxStalledCount: options.attempts - 1,
        drainDelay: 5,
        runRetryDelay: 1000,
        removeOnComplete: { count: 0 },
        removeOnFail: { age: 86_400 },
        autorun: false,
      },
    );
    self = new QueueWorker(server, options, worker, DelayedError, redis);
    await self.sign();
    const seconds = Math.round(Math.abs(self.ahead) / 1000);
    if (seconds > 60)
      self.note(`this machine's clock and the server's differ by ${seconds} s: trials given back may wait for so long`);
    worker.run().catch((error: Error) => self.note(error.message));
    return self;
  }

  private note(sentence: string): void {
    this.options.onNote(sentence);
  }

  /** Milliseconds since 1970 by the server's clock. */
  private now(): number {
    return Date.now() + this.ahead;
  }

  private rest({ message }: Error): void {
    if (!REFUSALS.test(message) || this.resting || this.isStopping) return;
    this.note(`the queue's server refuses (${message.slice(0, 80)}): waiting`);
    void this.worker.pause(true);
    this.resting = setTimeout(() => {
      this.resting = undefined;
      if (!this.isStopping) this.worker.resume();
    }, REST);
  }

  /** Writes for as long as the server refuses. */
  private async insist<Result>(write: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await write();
      } catch {
        await sleep(2000);
      }
    }
  }

  /** One job, as BullMQ hands it over. Its return value says nothing: the answer is kept under a key of its own, where the first one wins. */
  private async process(job: Job, token: string, signal: AbortSignal | undefined): Promise<number> {
    const id = job.id as string;
    const { keys } = this.server;
    const data = checkedJob(job.data, id);
    if ((await this.redis.exists(keys.result(id))) === 1) return 0; // the late answer of a worker that was given up
    if (job.stalledCounter > 0 && (await this.isRunElsewhere(id))) return this.putBack(job, token);
    const opened = await this.open(data);
    if ('trouble' in opened) {
      if (opened.trouble !== this.trouble) this.note(`${opened.trouble}; the trial is offered to other workers`);
      this.trouble = opened.trouble;
      return this.putBack(job, token);
    }
    this.trouble = undefined;
    this.running.set(id, { job, title: data.title, since: this.now() });
    await this.memoryFor(data.bytes);
    const thread = this.threads.pop() ?? new TaskThread();
    this.allThreads.add(thread);
    try {
      this.note(`takes ${data.title}${job.attemptsStarted > 1 ? ` (start ${job.attemptsStarted})` : ''}`);
      const { kind, payload } = data;
      // A thread that is ended while it works on a GPU takes the process with it.
      const isGentle = (payload as { backend?: unknown } | null)?.backend !== undefined;
      const said = await thread.run(
        { kind, payload },
        { sha256: data.data, data: opened.data },
        opened.modules,
        isGentle ? undefined : signal,
      );
      if (said === undefined) {
        if (!this.isStopping) this.note(`${data.title} was withdrawn`);
        return 0; // without an answer, which nobody wants; had it failed, it could not be added again
      }
      await this.answer(id, data, job.attemptsStarted, said);
      return 0;
    } finally {
      this.running.delete(id);
      this.bytes -= data.bytes;
      this.threads.push(thread);
      for (const free of this.freed.splice(0)) free();
    }
  }

  /** Whether a worker that is alive runs the task: one that was given up while the server was away. */
  private async isRunElsewhere(id: string): Promise<boolean> {
    await sleep(2 * this.every);
    const signs = readSigns(await this.redis.hgetall(this.server.keys.machines));
    const now = this.now();
    return [...signs].some(
      ([name, sign]) => name !== this.name && isLive(sign, now) && sign.running.some((one) => one.id === id),
    );
  }

  private async putBack(job: Job, token: string): Promise<never> {
    await job.moveToDelayed(this.now() + (this.options.back ?? BACK), token);
    throw new this.DelayedError();
  }

  /** What a task needs; or why it cannot be run here, in a sentence. */
  private async open({
    data,
    blob,
    modules,
  }: JobData): Promise<{ data: TrialData; modules: UserModule[] } | { trouble: string }> {
    const mayNot =
      'is not run here, since whoever may write to the queue could run anything: allow it by --allow-commands';
    if (modules.length > 0 && !this.options.allowsCommands)
      return {
        trouble: `a trial brings programs or code along (${modules.map(({ path }) => path).join(', ')}), which ${mayNot}`,
      };
    let opened = this.held.get(blob);
    if (!opened) {
      try {
        const bytes = await this.store.load(blob);
        if (!bytes)
          return {
            trouble: `the data ${blob.slice(0, 12)} are neither in the server nor ${this.options.dataFolder === undefined ? 'in a shared folder (--data-dir)' : `in "${this.options.dataFolder}"`}`,
          };
        opened = unpackData(bytes, blob, data);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        await this.blobs.remove(blob); // whoever wants them sends them again
        return { trouble: error.message };
      }
      this.held.set(blob, opened);
      const [oldest] = this.held.keys();
      if (this.held.size > HELD && oldest !== undefined) this.held.delete(oldest);
    }
    if (opened.world?.second?.source !== undefined && !this.options.allowsCommands)
      return { trouble: `a trial's world has an exposure function of a user's own, which ${mayNot}` };
    const read: UserModule[] = [];
    for (const { path, sha256, blob: own } of modules) {
      const bytes = this.modules.has(sha256) ? undefined : await this.blobs.get(own);
      const source = bytes && Buffer.from(bytes).toString('utf8');
      if (source !== undefined && hashOf(source) === sha256) this.modules.set(sha256, { path, sha256, source });
      const kept = this.modules.get(sha256);
      if (!kept) return { trouble: `"${path}", which a trial brings along, is not in the server` };
      read.push(kept);
    }
    return { data: opened, modules: read };
  }

  /** Waits until there is memory for a trial; where nothing runs there always is. */
  private async memoryFor(bytes: number): Promise<void> {
    while (this.bytes > 0 && this.bytes + bytes > this.options.memory)
      await new Promise<void>((resolve) => this.freed.push(resolve));
    this.bytes += bytes;
  }

  private async answer(id: string, data: JobData, starts: number, said: Said): Promise<void> {
    const { keys } = this.server;
    const common = { version: 1, key: data.key, machine: this.machine, starts: Math.max(1, starts) } as const;
    let answer: Answer;
    if ('answer' in said && hasArrays(said.answer)) {
      const bytes = packAnswer(said.answer);
      const blob = sha256Of(bytes);
      await this.insist(() => this.blobs.put(blob, bytes));
      answer = { ...common, blob };
    } else answer = { ...common, ...said };
    await this.insist(() => this.redis.set(keys.result(id), answerText(answer), 'EX', KEPT_SECONDS, 'NX'));
    this.counts.done++;
    if (starts > 1) this.counts.retried++;
    const failure = 'answer' in said ? (said.answer as { failure?: unknown } | null)?.failure : Object.values(said)[0];
    if (failure !== undefined) this.counts.failed++;
    this.note(`${failure === undefined ? 'ended' : 'failed'} ${data.title}`);
  }

  /** Says that it lives, and lets go of what nobody wants any more. */
  private async sign(): Promise<void> {
    const { keys } = this.server;
    const before = Date.now();
    const [seconds, micros] = (await this.redis.time()) as [number | string, number | string];
    this.ahead = Number(seconds) * 1000 + Number(micros) / 1000 - (before + Date.now()) / 2;
    const sign: Sign = {
      version: 1,
      machine: this.machine,
      threads: this.options.threads,
      at: Math.round(this.now()),
      every: this.every,
      running: [...this.running].map(([id, { title, since }]) => ({ id, title, since: Math.round(since) })),
      ...this.counts,
      commands: this.options.allowsCommands,
      ...(this.trouble !== undefined && { trouble: this.trouble }),
    };
    await this.redis.hset(keys.machines, this.name, JSON.stringify(sign));
    for (const id of this.running.keys()) {
      // Where the job is gone, too, the server has lost all it knew, and the answer is still wanted.
      const isWanted = (await this.redis.exists(keys.want(id))) === 1;
      const isThere = (await this.redis.exists(`${this.server.place.prefix}:${queueName()}:${id}`)) === 1;
      if (!isWanted && isThere) this.worker.cancelJob(id, 'withdrawn');
    }
  }

  /** Waits until nothing waits in the queue and nothing runs, here or elsewhere. */
  async drained(signal: AbortSignal): Promise<void> {
    const { Queue } = await import('bullmq');
    const { prefix } = this.server.place;
    const queue = new Queue(queueName(), { prefix, connection: this.redis as never });
    queue.on('error', () => {});
    for (let quiet = 0; quiet < 2 && !signal.aborted; ) {
      await sleep(500);
      const counts = await queue.getJobCounts('wait', 'prioritized', 'active', 'delayed').catch(() => undefined);
      quiet = counts && Object.values(counts).every((count) => count === 0) ? quiet + 1 : 0;
    }
  }

  /** What it has done so far. */
  get summary(): { readonly done: number; readonly failed: number; readonly retried: number } {
    return this.counts;
  }

  get runs(): number {
    return this.running.size;
  }

  /** Takes no more and ends what runs; waits for the server where it is away. */
  async finish(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.resting);
    await this.worker.close();
    await this.leave();
  }

  /** Gives back what runs, to be begun anew by others at once. */
  async giveBack(): Promise<void> {
    this.isStopping = true;
    await Promise.all(
      [...this.running.values()].map(({ job, title }) =>
        Promise.race([
          sleep(GIVE_BACK),
          job.moveToWait(job.token).then(
            () => this.note(`gave back ${title}`),
            () => {},
          ),
        ]),
      ),
    );
    await this.leave();
  }

  private async leave(): Promise<void> {
    clearInterval(this.timer);
    // Without waiting for what runs: it has ended, or was given back.
    await Promise.race([sleep(1000), this.worker.close(true).catch(() => {})]);
    await Promise.race([sleep(1000), this.redis.hdel(this.server.keys.machines, this.name).catch(() => {})]);
    await Promise.all([...this.allThreads].map((thread) => thread.close()));
    this.redis.disconnect();
  }
}

const titleOf = (job: Job | undefined): string => (job?.data as Partial<JobData> | undefined)?.title ?? 'a trial';

/** A job, held against its schema and its name: the hash of all that its answer depends on. Throws an Error that the sweep is told of. */
function checkedJob(given: unknown, id: string): JobData {
  const parsed = jobSchema.safeParse(given);
  if (!parsed.success) throw new Error('what stands in the queue is not of this program');
  // As it was written, since the order of its names is part of the hash.
  const { kind, payload, data, key } = given as JobData;
  const task = taskKinds.get(kind);
  const checked = task.payload.safeParse(payload);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new Error(`the settings of the trial are not of this program: ${issue?.path.join('.')} ${issue?.message}`);
  }
  if (key !== keyOf({ work: kind, settings: payload as TrialSettings }, data, programBuild()) || id !== `t${key}`)
    throw new Error('the trial is not what its hash says');
  return given as JobData;
}
