import type { Interactions } from '../datasets/interactions.js';
import type { WorldState } from '../simulator/world.js';
import { workerTask } from '../support/pool.js';
import type { Outcome } from './suites/suite.js';
import { runTrial, type TrialSettings, unlessDiverged } from './trial.js';

export interface TrialTask {
  readonly data: Interactions;
  readonly world?: WorldState | undefined;
  readonly settings: TrialSettings;
}

/** Runs one trial; a diverged one ends with its reason, and the sweep goes on. */
export function runTrialTask({ data, world, settings }: TrialTask): Promise<Outcome> {
  return unlessDiverged(async () => ({ result: (await runTrial(data, settings, { world })).result }));
}

export default workerTask(runTrialTask);
