import type { Progress } from '../support/progress.js';
import { builtIn, type Catalogue } from './catalogue.js';
import type { Executor } from './executors/executor.js';
import { Journal } from './journal.js';
import { TrialRunner } from './runner.js';
import type { OpenedData } from './suite_data.js';
import type { TrialSettings } from './trial.js';
import { type Tuned, type TuningOptions, tune, type Validated } from './tuning.js';

/**
 * `tune` by a runner of trials; the result does not depend on how many workers there are. Every training that ends is kept in the file `journal`, from
 * which a search that was stopped goes on.
 */
export async function tuneOnWorkers(
  data: OpenedData,
  settings: TrialSettings,
  options: TuningOptions,
  {
    workers,
    executor,
    stop,
    journal,
    progress,
    catalogue = builtIn,
  }: {
    readonly workers?: number | undefined;
    /** Where it trains, where that is not on threads here. */
    readonly executor?: Executor | undefined;
    readonly stop?: AbortSignal | undefined;
    readonly journal: string;
    readonly progress: Progress;
    readonly catalogue?: Catalogue;
  },
): Promise<Tuned> {
  const runner = new TrialRunner([data], new Journal(journal, false), { workers, executor, stop }, catalogue);
  const validate = async (tried: TrialSettings): Promise<Validated> =>
    (await runner.run({ work: 'validate', data: 0, settings: tried, row: tried.method })) as Validated;
  try {
    return await tune(settings, options, validate, progress, catalogue);
  } finally {
    await runner.close();
  }
}
