import { workerShared, workerTask } from '../support/pool.js';
import type { Outcome, TrialTask } from './runner.js';
import type { TrialData } from './suites/suite.js';
import { runTrial, validateSetting } from './trial.js';

/**
 * Runs one trial, or one training of a search for settings. Whatever stops it (a diverged objective, memory that does not suffice) is its
 * outcome, and the sweep goes on.
 */
export async function runTrialTask({ work, data: index, settings }: TrialTask): Promise<Outcome> {
  const { data, world } = workerShared<readonly TrialData[]>()[index] as TrialData;
  try {
    if (work === 'validate') return { metric: await validateSetting(data, settings, { world }) };
    const { result, trained } = await runTrial(data, settings, { world });
    trained.kernels.close();
    return { result };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

export default workerTask(runTrialTask);
