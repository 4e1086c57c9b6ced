import { UserError } from '../support/errors.js';
import { workerTask } from '../support/pool.js';
import { unlessDiverged, validateSetting } from './trial.js';
import type { Validated } from './tuning.js';
import type { TrialTask } from './worker.js';

/** Trains with one setting and returns its validation metric, or why there is none: it diverged, or its settings do not go together. */
async function validate({ data, world, settings }: TrialTask): Promise<Validated> {
  try {
    return await unlessDiverged(async () => ({ metric: await validateSetting(data, settings, { world }) }));
  } catch (error) {
    if (error instanceof UserError) return { failure: error.message };
    throw error;
  }
}

export default workerTask(validate);
