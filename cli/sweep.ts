import type { CommandModule } from 'yargs';
import { parseMethod } from '../benchmarks/method.js';
import { suites } from '../benchmarks/suites/registry.js';
import type { SuiteOptions } from '../benchmarks/suites/suite.js';
import { sweep } from '../benchmarks/sweep.js';
import { terminalTable } from '../results/table.js';
import {
  methodHelp,
  methodOptions,
  openTrialData,
  type TrainingArguments,
  trainerOptions,
  trainingOf,
} from './method_options.js';
import {
  checkNumber,
  checkSeed,
  type OutputArguments,
  outputOptions,
  type ReadingArguments,
  readingOptions,
  workersOption,
} from './options.js';
import { terminalProgress } from './progress.js';

interface SweepArguments extends ReadingArguments, TrainingArguments, OutputArguments {
  readonly suite: string;
  readonly data: string;
  readonly models?: readonly string[];
  readonly repetitions: number;
  readonly workers?: number;
}

export const sweepCommand: CommandModule<object, SweepArguments> = {
  command: 'sweep <suite>',
  describe: 'train and compare several models, several times each',
  builder: (yargs) =>
    workersOption(methodOptions(trainerOptions(outputOptions(readingOptions(yargs), 'the run'))))
      .positional('suite', {
        type: 'string',
        demandOption: true,
        describe: suites.all.map(({ name, summary }) => `${name}: ${summary}`).join('\n'),
      })
      .option('data', {
        type: 'string',
        default: 'planted',
        describe: 'prepared or simulated folder, file of ratings, or name of a data set',
      })
      .option('models', {
        type: 'string',
        array: true,
        describe: `models to compare, by default those of the suite:\n${methodHelp}`,
      })
      .option('repetitions', {
        type: 'number',
        default: 3,
        describe: 'repetitions of every model, with seeds that follow --seed',
      })
      .example('$0 sweep quick --data runs/popular --out runs/quick', '')
      .example('$0 sweep quick --data runs/ml-100k --models GMF MLP --repetitions 10 --out runs/ten', '')
      .example(
        '$0 sweep quick --data runs/popular --models GMF PS:GMF/Pop PS:GMF/oracle ACL:GMF/GMF --out runs/acl',
        '',
      ) as never,
  async handler(argv) {
    checkSeed(argv.seed);
    checkNumber('repetitions', argv.repetitions, 1, 1000, true);
    checkNumber('workers', argv.workers, 1, 1024, true);
    const suite = suites.get(argv.suite);
    const names = argv.models ?? suite.models;
    const options: SuiteOptions = {
      ...trainingOf(argv),
      models: names.filter((name, n) => names.findIndex((other) => sameMethod(name, other)) === n),
      repetitions: argv.repetitions,
      seed: argv.seed,
    };
    const { data, world } = await openTrialData(argv.data, argv);
    const { tables } = await sweep(suite, data, options, { ...argv, world }, terminalProgress());
    if (argv.json) return console.log(JSON.stringify(tables, null, 2));
    for (const table of tables) console.log(terminalTable(table, process.stdout.isTTY));
    console.log(`written to ${argv.out}: tables/*.md, *.csv, *.tex, *.json, *.svg and trials.ndjson`);
  },
};

const sameMethod = (a: string, b: string): boolean => parseMethod(a).label === parseMethod(b).label;
