import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { planSuite } from '../benchmarks/plan.js';
import { quick } from '../benchmarks/suites/quick.js';
import { PLANTED_DEFAULTS, type PlantedOptions } from '../datasets/planted.js';
import { loadRatings } from '../datasets/prepare.js';
import { truthScreen } from '../results/truth_screen.js';
import { SIMULATION_DEFAULTS, type SimulationConfig } from '../simulator/config.js';
import { describeInspection, inspect } from '../simulator/inspect.js';
import { madeOf } from '../simulator/made.js';
import { type SimulationSummary, simulate, simulationInputs } from '../simulator/simulate.js';
import { atPlace, UserError } from '../support/errors.js';
import { LIMITS } from '../support/limits.js';
import { Lock } from '../support/lock.js';
import { makeFolder } from '../support/make_folder.js';
import { writeFolder, writeWhole } from '../support/output.js';
import { truePath } from '../support/paths.js';
import { print, printJson, resultWidth } from './io.js';
import { checkNumber, checkSeed, type FormatArgument, formatOption, workersOption } from './options.js';
import { terminalProgress } from './progress.js';
import { printResult, runSuite } from './run_suite.js';
import { describeSimulation } from './simulate.js';
import type { Verb } from './verb.js';

interface QuickstartArguments extends FormatArgument {
  readonly out?: string;
  readonly overwrite: boolean;
  readonly seed: number;
  readonly repetitions: number;
  readonly workers?: number;
  readonly json: boolean;
}

/**
 * The world of a first look: people come across what is popular, whatever they like, and popular items are shown more than the ratings say. Small, so that
 * nine methods take under a minute.
 */
const START = {
  planted: { users: 1000, items: 500, ratingsPerUser: 60, attraction: 0 },
  simulation: { exposuresPerUser: 150, exposure: { name: 'popularity', settings: { strength: 0.5 } } },
} as const;

/** What is to be done, and where. */
interface Work {
  readonly out: string;
  readonly lock: Lock;
  /** What an earlier start that was stopped simulated. */
  readonly made: SimulationSummary | undefined;
}

/** The wished folder, or the first of runs/quickstart, runs/quickstart-2 ... that is free, or that such a start left: this one goes on there. */
async function begin(argv: QuickstartArguments, inputs: string): Promise<Work> {
  const tables = argv.format === 'parquet' ? ['exposures.arrow', 'exposures.parquet'] : ['exposures.arrow'];
  const madeIn = async (out: string): Promise<SimulationSummary | undefined> =>
    argv.overwrite || existsSync(join(out, 'quick')) ? undefined : madeOf(join(out, 'data'), inputs, tables);
  // Both folders in it are written by one program; what is found there is still so once it is locked.
  const lockOf = (out: string): Lock => {
    return atPlace('out', out, () => {
      makeFolder(dirname(truePath(out)));
      return Lock.take(truePath(out));
    });
  };
  if (argv.out !== undefined) {
    const lock = lockOf(argv.out);
    return { out: argv.out, lock, made: await madeIn(argv.out) };
  }
  for (let n = 1; ; n++) {
    const out = join('runs', n === 1 ? 'quickstart' : `quickstart-${n}`);
    if (existsSync(join(out, 'quick'))) continue;
    let lock: Lock;
    try {
      lock = lockOf(out);
    } catch (error) {
      if (error instanceof UserError) continue; // another one is at work there
      throw error;
    }
    const made = await madeIn(out);
    if (made || !existsSync(join(out, 'data'))) return { out, lock, made };
    lock.release();
  }
}

export const quickstartCommand: Verb<QuickstartArguments> = {
  builder: (yargs) =>
    workersOption(formatOption(yargs))
      .option('out', {
        type: 'string',
        describe: 'folder to write to; by default runs/quickstart, or the next number that is free',
      })
      .option('overwrite', { type: 'boolean', default: false, describe: 'replace --out if it exists' })
      .option('seed', { type: 'number', default: 1, describe: 'seed of everything random' })
      .option('repetitions', { type: 'number', default: 3, describe: 'repetitions of every model' })
      .option('json', { type: 'boolean', default: false, describe: 'print the result as JSON' })
      .example('$0 quickstart', 'about a minute on two cores')
      .example('$0 quickstart --seed 7 --repetitions 10 --out runs/seven', '') as never,
  async handler(argv) {
    checkSeed(argv.seed);
    checkNumber('repetitions', argv.repetitions, 1, LIMITS.repetitions.most, true);
    checkNumber('workers', argv.workers, 1, LIMITS.workers.most, true);
    const { seed } = argv;
    const planted = { ...PLANTED_DEFAULTS, ...START.planted, seed };
    const ratings = await loadRatings('planted', {}, planted);
    const config = {
      ...SIMULATION_DEFAULTS,
      seed,
      ...START.simulation,
    };
    const work = await begin(argv, simulationInputs(ratings.data, { config }));
    try {
      await runQuickstart(argv, work, ratings, planted, config);
    } finally {
      work.lock.release();
    }
  },
};

async function runQuickstart(
  argv: QuickstartArguments,
  { out, made }: Work,
  { data, origin }: Awaited<ReturnType<typeof loadRatings>>,
  planted: PlantedOptions,
  config: SimulationConfig,
): Promise<void> {
  const tell = (text: string): void => {
    if (!argv.json) print(text);
  };
  const [dataFolder, runFolder] = [join(out, 'data'), join(out, 'quick')];
  const progress = terminalProgress();
  const { seed, overwrite, workers, format } = argv;
  const summary =
    made ??
    (await writeFolder(dataFolder, { overwrite }, (folder) =>
      simulate(data, origin, { config, workers, exposures: true, format }, folder, progress),
    ));
  tell(
    `Planted ratings: ${data.user.length.toLocaleString('en')}. Simulated clicks, popular items shown more:\n${describeSimulation(summary, resultWidth())}\n`,
  );
  const inspection = await inspect(dataFolder);
  const picture = writeWhole(join(out, 'data.svg'), inspection.picture);
  tell(`${describeInspection(inspection)}\n`);
  const settings = { batch: 512 };
  const plan = planSuite(quick, { repetitions: argv.repetitions, seed, settings });
  const run = { ...planted, out: runFolder, overwrite, workers };
  const chosen = { entries: [{ key: 'planted', from: dataFolder }], leftOut: [] };
  const result = await runSuite(plan, chosen, run);
  if (argv.json)
    return printJson({ data: dataFolder, picture, run: runFolder, tables: result.tables.map(({ table }) => table) });
  const tableOf = (view: string) => result.tables.find(({ name }) => name === `quick-${view}`)?.table;
  const [value, standard, trust] = [tableOf('value'), tableOf('standard'), tableOf('trust')];
  const hasFailed = result.finished.some(({ outcome }) => 'failure' in outcome);
  if (value && standard && !hasFailed)
    print(`${truthScreen({ value, standard, trust }, Math.min(100, resultWidth()))}\n`);
  else printResult(result);
  print(
    `Data: ${dataFolder}, looked at in ${picture}\nTables: ${runFolder}/tables\nReport, for a browser: ${runFolder}/report.html`,
  );
}
