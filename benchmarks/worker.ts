import type { Interactions } from '../datasets/interactions.js';
import { DivergedError } from '../models/trainer.js';
import type { WorldState } from '../simulator/world.js';
import { workerTask } from '../support/pool.js';
import type { Outcome } from './suites/suite.js';
import { runTrial, type TrialSettings } from './trial.js';

export interface TrialTask {
  readonly data: Interactions;
  readonly world?: WorldState | undefined;
  readonly settings: TrialSettings;
}

/** Runs one trial; a diverged one ends with its reason, and the sweep goes on. */
export async function runTrialTask({ data, world, settings }: TrialTask): Promise<Outcome> {
  try {
    return { result: (await runTrial(data, settings, { world })).result };
  } catch (error) {
    if (error instanceof DivergedError) return { failure: error.message };
    throw error;
  }
}

export default workerTask(runTrialTask);
