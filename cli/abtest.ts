import type { CommandModule } from 'yargs';
import { runAbTest, stagedTasks } from '../benchmarks/ab_run.js';
import { abTestTables, STAGED_MODELS, stagedLabel } from '../benchmarks/ab_test.js';
import { terminalTable } from '../results/table.js';
import { UserError } from '../support/errors.js';
import { writeFolder } from '../support/output.js';
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

interface AbTestArguments extends ReadingArguments, TrainingArguments, OutputArguments {
  readonly data: string;
  readonly models?: readonly string[];
  readonly repetitions: number;
  readonly page: number;
  readonly decay: number;
  readonly workers?: number;
}

export const abTestCommand: CommandModule<object, AbTestArguments> = {
  command: 'abtest',
  describe: 'deploy trained models in a simulated world and compare offline estimates with the clicks (Table 3)',
  builder: (yargs) =>
    workersOption(methodOptions(trainerOptions(outputOptions(readingOptions(yargs), 'the results'))))
      .option('data', { type: 'string', demandOption: true, describe: 'folder made by simulate' })
      .option('models', {
        type: 'string',
        array: true,
        describe: `models to deploy, at --dim; by default eight: ${STAGED_MODELS.map(stagedLabel).join('; ')}\n${methodHelp}`,
      })
      .option('repetitions', {
        type: 'number',
        default: 1,
        describe: 'trainings of every model, with seeds that follow --seed',
      })
      .option('page', { type: 'number', default: 10, describe: 'items that a user is shown' })
      .option('decay', { type: 'number', default: 0, describe: 'the k-th item is clicked with p_rel k^-decay' })
      .default('propensity-model', 'MF')
      .example('$0 abtest --data runs/popular --out runs/online', 'eight adversarially trained models')
      .example(
        '$0 abtest --data runs/popular --models GMF PS:GMF/Pop ACL:GMF/GMF --decay 0.5 --out runs/three',
        '',
      ) as never,
  async handler(argv) {
    checkSeed(argv.seed);
    checkNumber('repetitions', argv.repetitions, 1, 1000, true);
    checkNumber('workers', argv.workers, 1, 1024, true);
    checkNumber('page', argv.page, 1, 1000, true);
    checkNumber('decay', argv.decay, 0, 10);
    const choices = trainingOf(argv);
    const { data, world } = await openTrialData(argv.data, argv);
    if (!world)
      throw new UserError(`"${argv.data}" has no world to deploy in: name a folder made by "expobench simulate"`);
    const options = { repetitions: argv.repetitions, page: argv.page, decay: argv.decay };
    const deployed = argv.models?.map((model) => ({ model, dim: choices.dim })) ?? STAGED_MODELS;
    const tasks = stagedTasks(data, deployed, choices, options);
    const { staged, failures } = await writeFolder(argv.out, argv, (folder) =>
      runAbTest(folder, data, world, tasks, argv.workers, terminalProgress()),
    );
    if (argv.json) return console.log(JSON.stringify({ staged, failures }, null, 2));
    for (const table of abTestTables(staged, data.name)) console.log(terminalTable(table, process.stdout.isTTY));
    for (const { label, failure } of failures) console.log(`failed: ${label}, ${failure}`);
    console.log(`written to ${argv.out}: abtest.json, tables/*.md, *.csv, *.tex, *.json, *.svg`);
  },
};
