import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { planSuite } from '../benchmarks/plan.js';
import { chooseData } from '../benchmarks/suite_data.js';
import { findSuite } from '../benchmarks/suites/file.js';
import { suites } from '../benchmarks/suites/registry.js';
import { BUDGETS, type BudgetName } from '../benchmarks/suites/suite.js';
import { cacheFolder } from '../datasets/fetch.js';
import { UserError } from '../support/errors.js';
import { LIMITS } from '../support/limits.js';
import { OutputFolder } from '../support/output.js';
import { withScratch } from '../support/scratch.js';
import { note, print } from './io.js';
import { type QueueArguments, queueOptions } from './machines.js';
import {
  methodHelp,
  methodNames,
  methodOptions,
  modelSetting,
  settingsOf,
  type TrainingArguments,
} from './method_options.js';
import {
  checkNumber,
  checkSeed,
  outputOptions,
  type ReadingArguments,
  readingOptions,
  workersOption,
} from './options.js';
import { type OwnFileArguments, ownFileOptions, readOwnFiles, withOwnMethods } from './own_files.js';
import { describeDryRun, dryRun, inputsOf, opener, printResult, runSuite } from './run_suite.js';
import { type SlurmArguments, slurmOptions, slurmStage, submitRuns } from './slurm.js';
import type { Verb } from './verb.js';

interface SweepArguments extends OwnFileArguments, ReadingArguments, TrainingArguments, QueueArguments, SlurmArguments {
  readonly suite: string;
  readonly data?: readonly string[];
  readonly models?: readonly string[];
  readonly only?: readonly string[];
  readonly repetitions?: number;
  readonly draws: number;
  readonly testClicks: number;
  readonly budget: BudgetName;
  readonly dryRun: boolean;
  readonly retryFailed: boolean;
  readonly memory?: number;
  readonly cache?: string;
  readonly workers?: number;
  readonly out?: string;
  readonly overwrite: boolean;
  readonly json: boolean;
}

export const sweepCommand: Verb<SweepArguments> = {
  builder: (yargs) =>
    slurmOptions(
      queueOptions(
        workersOption(ownFileOptions(methodOptions(outputOptions(readingOptions(yargs), 'the run', false)))),
      ),
    )
      .positional('suite', {
        type: 'string',
        demandOption: true,
        describe: `a .yaml, .json or .ts file, or one of\n${suites.all.map(({ name, summary }) => `${name}: ${summary}`).join('\n')}`,
      })
      .option('data', {
        type: 'string',
        array: true,
        describe:
          "in the place of the suite's data: folders, files of ratings, names of data sets; or NAME=PATH for where one of its data sets lies",
      })
      .option('models', {
        type: 'string',
        array: true,
        describe: `methods in the place of the suite's:\n${methodHelp}\n./vae.yaml or ./mine.ts: a program, or a model, of your own (init method)`,
      })
      .option('only', { type: 'string', array: true, describe: 'patterns of the methods to keep, such as "ACL*"' })
      .option('repetitions', {
        type: 'number',
        describe: 'repetitions of every method, with seeds that follow --seed; by default as the suite says, or 3',
      })
      .option('draws', {
        type: 'number',
        default: 1,
        describe:
          'draw the clicks of simulated worlds so many times, and run --repetitions on each: intervals and stars then allow for the draw, too',
      })
      .option('test-clicks', {
        type: 'number',
        default: 1,
        describe:
          'test clicks of each user of simulated worlds, from further draws that nothing is trained on: unbiased evaluation needs many',
      })
      .option('budget', {
        choices: BUDGETS,
        default: 'small' as const,
        describe: 'small: untuned, few repetitions; paper: tuned as in A.6.4, ten repetitions',
      })
      .option('dry-run', {
        type: 'boolean',
        default: false,
        describe: 'only list what would be run, with the time it takes at the speed measured here',
      })
      .option('retry-failed', {
        type: 'boolean',
        default: false,
        describe: 'run the failed trials of --out again, and keep the others',
      })
      .option('memory', {
        type: 'number',
        describe: 'gigabytes that trials under way may need together; by default four fifths of what is free',
      })
      .option('cache', {
        type: 'string',
        describe: 'folder of finished trials of all runs, to take from and add to; without a name, one in the cache',
      })
      .example('$0 sweep quick --data runs/popular --out runs/quick', '')
      .example('$0 sweep table2 --data ml-1m=path/to/ratings.dat --budget paper --out runs/table2', '')
      .example('$0 sweep table2 --data runs/ml-100k --only "ACL*" GMF --dry-run', '')
      .example('$0 sweep mine.yaml --out runs/mine', 'a suite of your own')
      .example('$0 sweep table2 --queue redis://host:6379/0 --out runs/table2', 'by workers on other machines')
      .example('$0 sweep table2 --slurm --array 50 --sbatch "--time=4:00:00" --out runs/table2', 'on a cluster')
      .example(
        '$0 sweep quick --data runs/popular --models GMF PS:GMF/Pop PS:GMF/oracle ACL:GMF/GMF --out runs/acl',
        '',
      ) as never,
  leading: {
    suite: `a .yaml, .json or .ts file, or one of ${suites.names.join(', ')}`,
    data: "folders, files of ratings, names of data sets; or NAME=PATH for one of the suite's",
    out: undefined,
    models: `methods in the place of the suite's: ${methodNames}; ./vae.yaml, ./mine.ts`,
    repetitions: 'trainings of every method; by default as the suite says, or 3',
    budget: undefined,
    epochs: undefined,
    'dry-run': 'only list what would be run, and how long it takes',
    workers: undefined,
    queue: 'run on workers of a queue: redis://HOST:6379/0',
    slurm: 'as jobs of Slurm; --slurm=print only prints',
    seed: undefined,
    overwrite: undefined,
    json: undefined,
  },
  saidOtherwise: modelSetting,
  async handler(argv) {
    checkSeed(argv.seed);
    checkNumber('repetitions', argv.repetitions, 1, LIMITS.repetitions.most, true);
    checkNumber('test-clicks', argv.testClicks, 1, LIMITS.testClicks.most, true);
    checkNumber('draws', argv.draws, 1, LIMITS.draws.most, true);
    checkNumber('workers', argv.workers, 1, LIMITS.workers.most, true);
    checkNumber('memory', argv.memory, 0.01);
    const { budget, models: asked, only, repetitions, draws, testClicks, seed } = argv;
    const own = await readOwnFiles(asked, argv);
    const { suite: written, folder } = await findSuite(argv.suite, own.catalogue);
    const { suite, catalogue } = await withOwnMethods(written, folder, own);
    const settings = settingsOf(argv, catalogue);
    const plan = planSuite(suite, {
      budget,
      methods: own.methods,
      only,
      repetitions,
      draws,
      testClicks,
      seed,
      settings,
      catalogue,
    });
    const chosen = chooseData(suite, argv.data ?? [], folder);
    if (chosen.leftOut.length > 0)
      note(`left out, not at hand: ${chosen.leftOut.join(', ')} (--data NAME=PATH names your copy)`);
    if (argv.dryRun) return listOnly(plan, chosen, argv, folder);
    const { out } = argv;
    if (out === undefined) throw new UserError('Missing required argument: out (see expobench --help)');
    const stage = slurmStage(argv);
    if (stage === 'submit' || stage === 'print') {
      const inputs = [...inputsOf(chosen, folder), argv.suite];
      return submitRuns([{ plan, out, inputs, open: opener(plan, chosen, argv, folder) }], { ...argv, out });
    }
    const cache = argv.cache === '' ? join(cacheFolder(), 'trials') : argv.cache;
    const result = await runSuite(plan, chosen, { ...argv, out, cache, inputs: [argv.suite] }, folder);
    const { tables } = result;
    if (argv.json)
      return print(
        JSON.stringify(
          tables.map(({ table }) => table),
          null,
          2,
        ),
      );
    printResult(result);
    print(`written to ${out}: report.html, tables, figures, trials.ndjson`);
  },
};

/** Opens the data, in a folder that does not last, and says what would be run. */
async function listOnly(
  plan: ReturnType<typeof planSuite>,
  chosen: ReturnType<typeof chooseData>,
  argv: SweepArguments,
  suiteFolder: string,
): Promise<void> {
  await withScratch(async (place) => {
    const { workers = availableParallelism() } = argv;
    const folder = new OutputFolder(join(place, 'run'));
    const data = await opener(plan, chosen, argv, suiteFolder)(folder);
    const listed = await dryRun(plan, data, workers);
    print(argv.json ? JSON.stringify(listed, null, 2) : describeDryRun(listed, data, workers));
    folder.discard();
  });
}
