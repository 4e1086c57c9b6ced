import { WorkerPool } from '../support/pool.js';
import type { Progress } from '../support/progress.js';
import { Draws } from './draws.js';
import type { SimulationAnswer, SimulationTask } from './tasks.js';

/**
 * Draws from a world on worker threads; what is a single run of users is drawn here, in less time than it takes to start a thread. A GPU is always
 * worked by a thread of its own.
 */
export class Drawing extends Draws {
  private pool: WorkerPool<SimulationTask, SimulationAnswer> | undefined;

  constructor(
    private readonly workers: number | undefined,
    progress: Progress,
  ) {
    super(progress);
  }

  override async rest(): Promise<void> {
    await super.rest();
    await this.pool?.close();
    this.pool = undefined;
  }

  protected override async work(
    tasks: readonly SimulationTask[],
    take: (answer: SimulationAnswer) => void | Promise<void>,
  ): Promise<void> {
    const [first] = tasks;
    if (first && tasks.length === 1 && first.state.config.backend !== 'webgpu') return super.work(tasks, take);
    this.pool ??= new WorkerPool(new URL('./worker.js', import.meta.url), this.workers);
    await this.pool.runInOrder(tasks, take);
  }

  async close(): Promise<void> {
    await this.rest();
  }
}
