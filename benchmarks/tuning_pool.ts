import type { Interactions } from '../datasets/interactions.js';
import type { WorldState } from '../simulator/world.js';
import { WorkerPool } from '../support/pool.js';
import type { Progress } from '../support/progress.js';
import type { TrialSettings } from './trial.js';
import { type Tuned, type TuningOptions, tune, type Validated } from './tuning.js';
import type { ValidationTask } from './tuning_worker.js';

/** `tune` on worker threads; the result does not depend on how many. */
export async function tuneOnWorkers(
  data: Interactions,
  world: WorldState | undefined,
  settings: TrialSettings,
  options: TuningOptions,
  workers: number | undefined,
  progress: Progress,
): Promise<Tuned> {
  const pool = new WorkerPool<ValidationTask, Validated>(new URL('./tuning_worker.js', import.meta.url), workers);
  try {
    return await tune(settings, options, (one) => pool.run({ data, world, settings: one }), progress);
  } finally {
    await pool.close();
  }
}
