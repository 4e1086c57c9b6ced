import { workerShared, workerTask } from '../../support/pool.js';
import { builtIn, type Catalogue } from '../catalogue.js';
import { taskKinds } from '../tasks/registry.js';
import type { Outcome } from '../trial.js';
import type { Task } from './executor.js';
import type { ThreadData } from './threads.js';

let catalogue: Promise<Catalogue> | undefined;

/** Runs one task of a ThreadExecutor. */
async function runTask({ kind, payload, data: sha256 }: Task): Promise<Outcome> {
  const { data: all, modules } = workerShared<ThreadData>();
  const data = all[sha256];
  if (!data) throw new Error(`no data with the hash ${sha256} were provided`);
  // What reads files of the user's own is loaded where there are some.
  catalogue ??=
    modules.length > 0
      ? import('../own_files.js').then(({ catalogueOf }) => catalogueOf(modules))
      : Promise.resolve(builtIn);
  return taskKinds.get(kind).run(payload, data, await catalogue);
}

export default workerTask(runTask);
