import { availableParallelism } from 'node:os';
import { UserError } from '../../support/errors.js';
import { WorkerPool } from '../../support/pool.js';
import type { UserModule } from '../catalogue.js';
import type { TrialData } from '../suites/suite.js';
import { type Executor, LostError, type Provided, type Task } from './executor.js';

/** What all threads share. */
export interface ThreadData {
  /** By their SHA-256, in shared memory. */
  readonly data: Readonly<Record<string, TrialData>>;
  /** Files of the user's own. */
  readonly modules: readonly UserModule[];
}

/** Worker threads of this process: one task a thread. */
export class ThreadExecutor implements Executor {
  readonly name = 'threads';
  readonly isLocal = true;
  readonly capacity: number;
  private readonly data: Record<string, TrialData> = {};
  private modules: readonly UserModule[] = [];
  private pool: WorkerPool<Task, unknown> | undefined;

  constructor(workers: number = availableParallelism()) {
    this.capacity = workers;
  }

  async provide(given: readonly Provided[], modules: readonly UserModule[] = []): Promise<void> {
    if (this.pool) throw new Error('threads get all data before their first task');
    for (const { sha256, name, data, world, planted } of given) this.data[sha256] = { name, data, world, planted };
    this.modules = modules;
  }

  async run(task: Task): Promise<unknown> {
    // Threads start with the first task, when all data are known.
    this.pool ??= new WorkerPool(new URL('./thread_worker.js', import.meta.url), this.capacity, {
      data: this.data,
      modules: this.modules,
    } satisfies ThreadData);
    try {
      return await this.pool.run(task);
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new LostError(`the worker stopped: ${(error as Error).message}`);
    }
  }

  async close(): Promise<void> {
    await this.pool?.close();
  }
}
