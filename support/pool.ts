import { availableParallelism } from 'node:os';
import { Piscina, workerData } from 'piscina';
import { UserError } from './errors.js';

/** What a worker answers: a value, or the sentence of a UserError, whose class does not survive the way between threads. */
type Answer<Result> = { readonly value: Result } | { readonly mistake: string };

/** Wraps a worker's function so that UserErrors reach the main thread as such. */
export function workerTask<Task, Result>(
  run: (task: Task) => Promise<Result>,
): (task: Task) => Promise<Answer<Result>> {
  return async (task) => {
    try {
      return { value: await run(task) };
    } catch (error) {
      if (error instanceof UserError) return { mistake: error.message };
      throw error;
    }
  };
}

/** In a worker: what its pool shares with all of them. */
export function workerShared<Shared>(): Shared {
  return workerData as Shared;
}

/** Worker threads that run the default export of one module, made by `workerTask`. */
export class WorkerPool<Task, Result> {
  private readonly pool: Piscina<Task, Answer<Result>>;

  /** `shared` reaches every worker once, as `workerShared()`; typed arrays in it over shared memory are not copied. */
  constructor(
    module: URL,
    readonly workers: number = availableParallelism(),
    shared?: unknown,
  ) {
    this.pool = new Piscina({
      filename: module.href,
      minThreads: 1,
      maxThreads: workers,
      idleTimeout: 10_000,
      workerData: shared,
    });
  }

  /** Runs one task. Rejects with the worker's UserError or other error. */
  async run(task: Task): Promise<Result> {
    const answer = await this.pool.run(task);
    if ('mistake' in answer) throw new UserError(answer.mistake);
    return answer.value;
  }

  /**
   * Runs tasks on all workers and hands over results in the tasks' order. At most two tasks a worker are under way or
   * waiting for their turn, so memory does not grow with the number of tasks.
   */
  async runInOrder(
    tasks: Iterable<Task>,
    onResult: (result: Result, index: number) => void | Promise<void>,
  ): Promise<void> {
    const waiting: Promise<Result>[] = [];
    let next = 0;
    const settleFirst = async (): Promise<void> => onResult(await (waiting.shift() as Promise<Result>), next++);
    try {
      for (const task of tasks) {
        const running = this.run(task);
        running.catch(() => {}); // reported when its turn comes, or not at all where an earlier one failed
        waiting.push(running);
        if (waiting.length >= 2 * this.workers) await settleFirst();
      }
      while (waiting.length > 0) await settleFirst();
    } finally {
      await Promise.allSettled(waiting);
    }
  }

  /** Ends the threads, once what they are at is done: a thread that is ended while it works on a GPU takes the process with it. */
  async close(): Promise<void> {
    await this.pool.close({ force: true });
  }
}
