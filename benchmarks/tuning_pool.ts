import type { Progress } from '../support/progress.js';
import { builtIn, type Catalogue } from './catalogue.js';
import { ThreadExecutor } from './executors/threads.js';
import { hashData } from './suite_data.js';
import type { TrialData } from './suites/suite.js';
import type { TrialSettings } from './trial.js';
import { type Tuned, type TuningOptions, tune, type Validated } from './tuning.js';

/** `tune` on worker threads; the result does not depend on how many. */
export async function tuneOnWorkers(
  data: TrialData,
  settings: TrialSettings,
  options: TuningOptions,
  workers: number | undefined,
  progress: Progress,
  catalogue: Catalogue = builtIn,
): Promise<Tuned> {
  const executor = new ThreadExecutor(workers);
  const sha256 = hashData(data.data, data.world);
  await executor.provide([{ ...data, sha256 }], catalogue.modules);
  const validate = async (tried: TrialSettings): Promise<Validated> =>
    (await executor.run({ key: '', kind: 'validate', payload: tried, data: sha256 })) as Validated;
  try {
    return await tune(settings, options, validate, progress, catalogue);
  } finally {
    await executor.close();
  }
}
