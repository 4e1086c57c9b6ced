import type { Interactions } from '../datasets/interactions.js';
import { writeTables } from '../results/table.js';
import type { WorldState } from '../simulator/world.js';
import { UserError } from '../support/errors.js';
import type { OutputFolder } from '../support/output.js';
import { WorkerPool } from '../support/pool.js';
import type { Progress } from '../support/progress.js';
import { PROGRAM } from '../support/version.js';
import { abTestTables, type DeploymentSettings, type StagedResult, stagedLabel } from './ab_test.js';
import type { Staged, StageTask } from './ab_worker.js';
import { checkMethod, concerning, parseMethod, refuseUnused } from './method.js';
import type { TrialSettings } from './trial.js';

/** One model to train and deploy once. */
export interface StagedTask {
  readonly label: string;
  readonly repetition: number;
  readonly settings: TrialSettings;
  readonly deployment: DeploymentSettings;
}

/** A training that came to nothing. */
export interface StagedFailure extends Pick<StagedTask, 'label' | 'repetition'> {
  readonly failure: string;
}

/** The trainings and deployments of models, each with the part of the settings that concerns it. Throws UserError for what cannot work. */
export function stagedTasks(
  data: Interactions,
  models: readonly { readonly model: string; readonly dim: number }[],
  choices: Omit<TrialSettings, 'model'>,
  options: Pick<DeploymentSettings, 'page' | 'decay'> & { readonly repetitions: number },
): StagedTask[] {
  const { page, decay, repetitions } = options;
  refuseUnused(
    models.map(({ model }) => parseMethod(model)),
    choices.method,
  );
  const tasks = models.flatMap(({ model, dim }) =>
    Array.from({ length: repetitions }, (_, repetition): StagedTask => {
      const seed = choices.trainer.seed + repetition;
      const settings: TrialSettings = {
        ...choices,
        ...{ model, dim, method: concerning(parseMethod(model), choices.method) },
        trainer: { ...choices.trainer, seed },
        evaluation: { ...choices.evaluation, seed },
        report: { ...choices.report, bootstrap: 0, full: false },
      };
      return { label: stagedLabel({ model, dim }), repetition, settings, deployment: { page, decay, seed } };
    }),
  );
  for (const { settings } of tasks) checkMethod(parseMethod(settings.model), data, settings, true);
  return tasks;
}

/** Trains and deploys on worker threads and writes the folder. A training that diverges is listed. Throws UserError where all do. */
export async function runAbTest(
  folder: OutputFolder,
  data: Interactions,
  world: WorldState,
  tasks: readonly StagedTask[],
  workers: number | undefined,
  progress: Progress,
): Promise<{ staged: StagedResult[]; failures: StagedFailure[] }> {
  progress.begin('models trained and deployed', tasks.length);
  const pool = new WorkerPool<StageTask, Staged>(new URL('./ab_worker.js', import.meta.url), workers);
  const staged: StagedResult[] = [];
  const failures: StagedFailure[] = [];
  try {
    const work = tasks.map(({ settings, deployment }) => ({ data, world, settings, deployment }));
    await pool.runInOrder(work, (result, t) => {
      const { label, repetition } = tasks[t] as StagedTask;
      if ('failure' in result) failures.push({ label, repetition, failure: result.failure });
      else staged.push({ label, repetition, ...result });
      progress.update(t + 1, label);
    });
  } finally {
    await pool.close();
  }
  progress.end();
  if (staged.length === 0) throw new UserError(`no model could be trained: ${failures[0]?.failure}`);
  folder.writeJson('abtest.json', { staged, failures });
  writeTables(folder, 'abtest', abTestTables(staged, data.name));
  folder.writeJson('manifest.json', {
    kind: 'abtest',
    program: PROGRAM,
    data: data.name,
    settings: tasks,
    files: await folder.hashes(),
  });
  return { staged, failures };
}
