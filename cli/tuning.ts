import Table from 'cli-table3';
import type { Argv } from 'yargs';
import type { TrialSettings } from '../benchmarks/trial.js';
import { STRATEGIES, type Tuned, type TuningOptions, tune, type Validated } from '../benchmarks/tuning.js';
import type { TrialTask } from '../benchmarks/worker.js';
import type { Interactions } from '../datasets/interactions.js';
import type { WorldState } from '../simulator/world.js';
import { UserError } from '../support/errors.js';
import { WorkerPool } from '../support/pool.js';
import { checkNumber } from './options.js';
import { terminalProgress } from './progress.js';

/** Options of a search for settings before the training. */
export function tuningOptions<T>(argv: Argv<T>) {
  const group = 'Tuning:';
  return argv
    .option('tune', {
      choices: STRATEGIES,
      describe:
        'choose rate, l2 and the like by validation Hit@10 first: one setting after another (the paper), at random, or by successive halving',
      group,
    })
    .option('budget', { type: 'number', default: 32, describe: 'trainings that tuning may cost', group })
    .option('tune-dims', { type: 'string', describe: 'widths to tune at, e.g. 32,64 [--dim]', group });
}

export interface TuningArguments {
  readonly tune?: TuningOptions['strategy'];
  readonly budget: number;
  readonly tuneDims?: string;
  readonly workers?: number;
}

/** The options of the search; undefined where none is asked for. */
export function tuningOf(argv: TuningArguments, dim: number, seed: number): TuningOptions | undefined {
  checkNumber('budget', argv.budget, 1, 1e5, true);
  checkNumber('workers', argv.workers, 1, 1024, true);
  const dims = argv.tuneDims?.split(',').map(Number) ?? [dim];
  if (dims.some((width) => !Number.isSafeInteger(width) || width < 1 || width > 1024))
    throw new UserError(
      `--tune-dims "${argv.tuneDims}" is not understood: write whole numbers from 1 to 1024, e.g. 32,64`,
    );
  if (argv.tune === undefined) {
    if (argv.tuneDims !== undefined) throw new UserError('--tune-dims goes with --tune one-by-one, random or halving');
    return undefined;
  }
  return { strategy: argv.tune, budget: argv.budget, dims, seed };
}

/** Searches on worker threads. */
export async function tuneOnWorkers(
  data: Interactions,
  world: WorldState | undefined,
  settings: TrialSettings,
  options: TuningOptions,
  workers: number | undefined,
): Promise<Tuned> {
  const pool = new WorkerPool<TrialTask, Validated>(
    new URL('../benchmarks/tuning_worker.js', import.meta.url),
    workers,
  );
  try {
    return await tune(settings, options, (one) => pool.run({ data, world, settings: one }), terminalProgress());
  } finally {
    await pool.close();
  }
}

/** What was tried, for people: best first within each method. */
export function describeTuning({ tried }: Tuned): string {
  const table = new Table({
    head: ['tried', 'settings', 'epochs', 'validation Hit@10'],
    colAligns: ['left', 'left', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { method, values, epochs, metric, failure } of tried) {
    const settings = Object.entries(values).map(([name, value]) => `${name} ${value}`);
    table.push([
      method,
      settings.join(', '),
      epochs,
      metric === undefined ? `failed: ${failure}` : (100 * metric).toFixed(2),
    ]);
  }
  return table.toString();
}
