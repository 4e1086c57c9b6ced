import { workerShared, workerTask } from '../../support/pool.js';
import type { Catalogue } from '../catalogue.js';
import type { Task } from './executor.js';
import { catalogueFor, runTask } from './run_task.js';
import type { ThreadData } from './threads.js';

let catalogue: Promise<Catalogue> | undefined;

/** Runs one task of a ThreadExecutor. */
async function run(task: Task): Promise<unknown> {
  const { data: all, modules } = workerShared<ThreadData>();
  const data = all[task.data];
  if (!data) throw new Error(`no data with the hash ${task.data} were provided`);
  catalogue ??= catalogueFor(modules);
  return runTask(task, data, await catalogue);
}

export default workerTask(run);
