import { workerTask } from '../support/pool.js';
import { unlessDiverged, validateSetting } from './trial.js';
import type { Validated } from './tuning.js';
import type { TrialTask } from './worker.js';

/** Trains with one setting and returns its validation metric. */
export default workerTask(
  ({ data, world, settings }: TrialTask): Promise<Validated> =>
    unlessDiverged(async () => ({ metric: await validateSetting(data, settings, { world }) })),
);
