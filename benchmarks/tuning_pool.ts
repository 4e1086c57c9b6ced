import type { Interactions } from '../datasets/interactions.js';
import type { WorldState } from '../simulator/world.js';
import { WorkerPool } from '../support/pool.js';
import type { Progress } from '../support/progress.js';
import type { TrialTask } from './runner.js';
import type { TrialData } from './suites/suite.js';
import type { TrialSettings } from './trial.js';
import { type Tuned, type TuningOptions, tune, type Validated } from './tuning.js';

/** `tune` on worker threads; the result does not depend on how many. */
export async function tuneOnWorkers(
  data: Interactions,
  world: WorldState | undefined,
  settings: TrialSettings,
  options: TuningOptions,
  workers: number | undefined,
  progress: Progress,
): Promise<Tuned> {
  const shared: readonly TrialData[] = [{ name: data.name, data, world }];
  const pool = new WorkerPool<TrialTask, Validated>(new URL('./worker.js', import.meta.url), workers, shared);
  try {
    return await tune(settings, options, (one) => pool.run({ work: 'validate', data: 0, settings: one }), progress);
  } finally {
    await pool.close();
  }
}
