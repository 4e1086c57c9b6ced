import type { WorldState } from '../simulator/world.js';
import { workerTask } from '../support/pool.js';
import { type DeploymentSettings, type StagedResult, stageTrial } from './ab_test.js';
import { unlessDiverged } from './trial.js';
import type { TrialTask } from './worker.js';

export interface StageTask extends TrialTask {
  readonly world: WorldState;
  readonly deployment: DeploymentSettings;
}

export type Staged = Pick<StagedResult, 'offline' | 'online'> | { readonly failure: string };

/** Trains, evaluates and deploys one model; a diverged one ends with its reason. */
export default workerTask(
  ({ data, world, settings, deployment }: StageTask): Promise<Staged> =>
    unlessDiverged(() => stageTrial(data, world, settings, deployment)),
);
