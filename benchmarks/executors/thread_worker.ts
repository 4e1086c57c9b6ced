import { workerShared, workerTask } from '../../support/pool.js';
import { taskKinds } from '../tasks/registry.js';
import type { Outcome } from '../trial.js';
import type { Task } from './executor.js';
import type { ThreadData } from './threads.js';

/** Runs one task of a ThreadExecutor. */
async function runTask({ kind, payload, data: sha256 }: Task): Promise<Outcome> {
  const data = workerShared<ThreadData>()[sha256];
  if (!data) throw new Error(`no data with the hash ${sha256} were provided`);
  return taskKinds.get(kind).run(payload, data);
}

export default workerTask(runTask);
