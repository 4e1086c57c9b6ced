import type { Argv } from 'yargs';
import { STRATEGIES, type Tuned, type TuningOptions } from '../benchmarks/tuning.js';
import { textTable } from '../results/text_table.js';
import { UserError } from '../support/errors.js';
import { checkLimit, LIMITS } from '../support/limits.js';
import { numberOf } from '../support/numbers.js';
import { resultWidth } from './io.js';
import { checkNumber } from './options.js';

/** Trainings that a search may cost where nobody says. */
const BUDGET = 32;

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
    .option('budget', { type: 'number', describe: `trainings that tuning may cost [${BUDGET}]`, group })
    .option('tune-dims', { type: 'string', describe: 'widths to tune at, e.g. 32,64 [--dim]', group });
}

export interface TuningArguments {
  readonly tune?: TuningOptions['strategy'];
  readonly budget?: number;
  readonly tuneDims?: string;
  readonly workers?: number;
}

/** The options of the search; undefined where none is asked for. */
export function tuningOf(argv: TuningArguments, dim: number, seed: number): TuningOptions | undefined {
  checkNumber('budget', argv.budget, 1, LIMITS.tuningBudget.most, true);
  checkNumber('workers', argv.workers, 1, LIMITS.workers.most, true);
  const dims = argv.tuneDims?.split(',').map(numberOf) ?? [dim];
  if (dims.some((width) => !Number.isSafeInteger(width) || width < 1 || width > LIMITS.width.most))
    throw new UserError(
      `--tune-dims "${argv.tuneDims}" is not understood: write whole numbers from 1 to 1024, e.g. 32,64`,
    );
  checkLimit('widths', dims.length, '--tune-dims');
  if (argv.tune === undefined) {
    const given = argv.tuneDims === undefined ? (argv.budget === undefined ? undefined : '--budget') : '--tune-dims';
    if (given !== undefined) throw new UserError(`${given} goes with --tune one-by-one, random or halving`);
    return undefined;
  }
  return { strategy: argv.tune, budget: argv.budget ?? BUDGET, dims, seed };
}

/** What was tried, for people, in the order of trying. */
export function describeTuning({ tried, remarks }: Tuned): string {
  const rows = tried.map(({ method, values, epochs, metric, failure }) => [
    method,
    Object.entries(values)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    String(epochs),
    metric === undefined ? `failed: ${failure}` : (100 * metric).toFixed(2),
  ]);
  const table = textTable([['tried', 'settings', 'epochs', 'validation Hit@10'], ...rows], {
    width: resultWidth(),
    aligns: ['left', 'left', 'right', 'right'],
  });
  return [table, ...remarks].join('\n');
}
