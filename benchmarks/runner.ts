import { freemem } from 'node:os';
import { StoppedError } from '../support/errors.js';
import { hashOf } from '../support/hash.js';
import { PROGRAM, programBuild } from '../support/version.js';
import { builtIn, type Catalogue } from './catalogue.js';
import { guessBytes, guessSeconds } from './cost.js';
import { type Executor, LostError, type Task } from './executors/executor.js';
import { ThreadExecutor } from './executors/threads.js';
import type { TrialCache, TrialLine } from './journal.js';
import type { OpenedData } from './suite_data.js';
import type { Outcome, TrialSettings } from './trial.js';

export { StoppedError };

/** One thing to run, with what the journal calls it. */
export interface RunnerTask {
  /** A kind of task. */
  readonly work: 'trial' | 'validate';
  /** Place among the runner's data. */
  readonly data: number;
  readonly settings: TrialSettings;
  readonly row: string;
  readonly repetition?: number | undefined;
}

/** How far a sweep has come. Seconds are guesses, in proportion to one another. */
export interface RunnerState {
  readonly done: number;
  readonly running: number;
  readonly failed: number;
  readonly doneSeconds: number;
  readonly leftSeconds: number;
  readonly best: { readonly row: string; readonly metric: number } | undefined;
  /** Where it runs, where that is not here: "12 threads on 3 machines". */
  readonly places?: string | undefined;
}

/** Keeps what tasks came to: a journal's file, or several of them. */
export interface OutcomeStore {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  append(line: TrialLine): void;
}

export interface RunnerOptions {
  /** Threads of this process, where no executor is given. */
  readonly workers?: number | undefined;
  /** Where trials run; the runner closes it. */
  readonly executor?: Executor | undefined;
  /** Bytes that the trials under way may need together; one always runs. By default four fifths of what is free. */
  readonly memory?: number | undefined;
  readonly cache?: TrialCache | undefined;
  /** Aborted, it starts nothing new. */
  readonly stop?: AbortSignal | undefined;
  onChange?(state: RunnerState, finished?: RunnerTask, outcome?: Outcome): void;
}

interface Waiting {
  readonly task: RunnerTask;
  readonly key: string;
  readonly seconds: number;
  readonly bytes: number;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
  /** Set once it runs. */
  ended?: Promise<void>;
}

/** Hash of everything that an outcome depends on: what is done, with which settings, on which data, by which code. */
export function keyOf(
  { work, settings }: { readonly work: string; readonly settings: unknown },
  dataHash: string,
  build: string,
): string {
  return hashOf([work, settings, dataHash, PROGRAM, build]);
}

/**
 * Runs trials by an executor, the longest first, as many at once as it takes and there is memory for. What the journal or the cache has is not
 * run again.
 */
export class TrialRunner {
  private readonly executor: Executor;
  private readonly provided: Promise<void>;
  private readonly waiting: Waiting[] = [];
  private readonly running = new Set<Waiting>();
  /** What waits or runs, by its key. */
  private readonly asked = new Map<string, Waiting>();
  /** Of what waits or runs, and of what runs. */
  private leftSeconds = 0;
  private usedBytes = 0;
  readonly workers: number;
  private readonly memory: number;
  private isClosed = false;
  private done = 0;
  private failed = 0;
  private doneSeconds = 0;
  private best: RunnerState['best'];

  constructor(
    private readonly data: readonly OpenedData[],
    private readonly journal: OutcomeStore,
    private readonly options: RunnerOptions,
    private readonly catalogue: Catalogue = builtIn,
  ) {
    this.executor = options.executor ?? new ThreadExecutor(options.workers);
    this.workers = this.executor.capacity;
    this.memory = this.executor.isLocal ? (options.memory ?? 0.8 * freemem()) : Number.POSITIVE_INFINITY;
    this.provided = this.executor.provide(data, catalogue.modules);
    this.provided.catch(() => {}); // reported by the first task
    options.stop?.addEventListener('abort', () => this.letGo(), { once: true });
  }

  /** Key of a task: what the journal finds it by. */
  keyOf(task: RunnerTask): string {
    return keyOf(task, (this.data[task.data] as OpenedData).sha256, programBuild());
  }

  /** The outcome of a task, run or known. Rejects with StoppedError where the user stopped before it began. */
  async run(task: RunnerTask): Promise<Outcome> {
    const key = this.keyOf(task);
    const cached = this.journal.outcomes.has(key) ? undefined : this.options.cache?.get(key);
    if (cached && !('failure' in cached)) this.record(task, key, cached);
    const known = this.journal.outcomes.get(key);
    if (known) {
      this.count(task, known);
      this.report(task, known);
      return known;
    }
    const twin = this.asked.get(key);
    if (twin) return new Promise((resolve, reject) => join(twin, resolve, reject));
    const { data } = this.data[task.data] as OpenedData;
    return new Promise((resolve, reject) => {
      const seconds = guessSeconds(task.settings, data, this.catalogue);
      const bytes = guessBytes(task.settings, data, this.catalogue);
      const one: Waiting = { task, key, seconds, bytes, resolve, reject };
      this.waiting.push(one);
      this.asked.set(key, one);
      this.leftSeconds += seconds;
      // Once all that is asked for now has come, so that the longest of all is the first.
      setImmediate(() => this.start());
    });
  }

  /** Starts nothing more, and waits for what is running, so that its outcome is kept. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.letGo();
    await Promise.all([...this.running].map(({ ended }) => ended));
    await this.executor.close();
  }

  /** Starts what fits: the longest of those that memory suffices for. */
  private start(): void {
    if (this.options.stop?.aborted || this.isClosed) this.dropWaiting();
    this.waiting.sort((a, b) => b.seconds - a.seconds);
    while (this.running.size < this.workers && this.waiting.length > 0) {
      const fits = ({ bytes }: Waiting): boolean => this.running.size === 0 || this.usedBytes + bytes <= this.memory;
      const place = this.waiting.findIndex(fits);
      if (place < 0) return;
      const [next] = this.waiting.splice(place, 1) as [Waiting];
      this.running.add(next);
      this.usedBytes += next.bytes;
      this.report();
      next.ended = this.finish(next);
    }
  }

  /** Notes that a task runs no more. */
  private ended(one: Waiting): void {
    this.running.delete(one);
    this.asked.delete(one.key);
    this.usedBytes -= one.bytes;
    this.leftSeconds -= one.seconds;
  }

  private async finish(next: Waiting): Promise<void> {
    const { task, key, seconds, bytes } = next;
    try {
      const { work, data, settings, row, repetition } = task;
      const { sha256, name } = this.data[data] as OpenedData;
      const title = `${row} on ${name}${repetition === undefined ? ', tuning' : `, ${repetition + 1}`}`;
      const outcome = await this.execute({ key, kind: work, payload: settings, data: sha256, title, seconds, bytes });
      this.record(task, key, outcome);
      this.ended(next);
      this.doneSeconds += next.seconds;
      this.count(task, outcome);
      this.report(task, outcome);
      next.resolve(outcome);
    } catch (error) {
      this.ended(next);
      next.reject(error);
    }
    this.start();
  }

  private async execute(task: Task): Promise<Outcome> {
    await this.provided;
    try {
      return (await this.executor.run(task)) as Outcome;
    } catch (error) {
      // A worker that dies, for want of memory, say, takes its trial with it and no other.
      if (error instanceof LostError) return { failure: error.message };
      throw error;
    }
  }

  private record({ data, row, repetition }: RunnerTask, key: string, outcome: Outcome): void {
    const { name, draw } = this.data[data] as OpenedData;
    const place = { ...(repetition !== undefined && { repetition }), ...(draw !== undefined && { draw }) };
    this.journal.append({ key, data: name, row, ...place, outcome });
    if (!('failure' in outcome)) this.options.cache?.put(key, outcome);
  }

  private count({ row, work }: RunnerTask, outcome: Outcome): void {
    if (work === 'trial') this.done++;
    if ('failure' in outcome && work === 'trial') this.failed++;
    const metric = 'result' in outcome ? outcome.result.estimates['standard']?.metrics['hit@10'] : undefined;
    if (metric !== undefined && !(this.best && this.best.metric >= metric)) this.best = { row, metric };
  }

  private report(finished?: RunnerTask, outcome?: Outcome): void {
    this.options.onChange?.(
      {
        ...{ done: this.done, running: this.running.size, failed: this.failed },
        ...{ doneSeconds: this.doneSeconds, leftSeconds: Math.max(0, this.leftSeconds), best: this.best },
        places: this.executor.places?.(),
      },
      finished,
      outcome,
    );
  }

  /** Drops what waits, and lets go of what runs elsewhere. */
  private async letGo(): Promise<void> {
    this.dropWaiting();
    await this.executor.stop?.();
  }

  private dropWaiting(): void {
    for (const one of this.waiting.splice(0)) {
      this.asked.delete(one.key);
      this.leftSeconds -= one.seconds;
      one.reject(new StoppedError('stopped'));
    }
  }
}

/** Lets another asker know of the same task's end. */
function join(twin: Waiting, resolve: Waiting['resolve'], reject: Waiting['reject']): void {
  const [first, second] = [twin.resolve, twin.reject];
  twin.resolve = (outcome) => {
    first(outcome);
    resolve(outcome);
  };
  twin.reject = (error) => {
    second(error);
    reject(error);
  };
}
