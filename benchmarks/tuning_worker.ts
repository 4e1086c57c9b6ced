import type { Interactions } from '../datasets/interactions.js';
import type { WorldState } from '../simulator/world.js';
import { UserError } from '../support/errors.js';
import { workerTask } from '../support/pool.js';
import { type TrialSettings, unlessDiverged, validateSetting } from './trial.js';
import type { Validated } from './tuning.js';

/** One setting to try. */
export interface ValidationTask {
  readonly data: Interactions;
  readonly world?: WorldState | undefined;
  readonly settings: TrialSettings;
}

/** Trains with one setting and returns its validation metric, or why there is none: it diverged, or its settings do not go together. */
async function validate({ data, world, settings }: ValidationTask): Promise<Validated> {
  try {
    return await unlessDiverged(async () => ({ metric: await validateSetting(data, settings, { world }) }));
  } catch (error) {
    if (error instanceof UserError) return { failure: error.message };
    throw error;
  }
}

export default workerTask(validate);
