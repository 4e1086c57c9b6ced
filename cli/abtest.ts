import { planSuite } from '../benchmarks/plan.js';
import { chooseData } from '../benchmarks/suite_data.js';
import type { Suite } from '../benchmarks/suites/suite.js';
import { table3 } from '../benchmarks/suites/table3.js';
import { LIMITS } from '../support/limits.js';
import { print } from './io.js';
import { type QueueArguments, queueOptions } from './machines.js';
import { methodHelp, methodNames, methodOptions, settingsOf, type TrainingArguments } from './method_options.js';
import {
  checkNumber,
  checkSeed,
  type OutputArguments,
  outputOptions,
  type ReadingArguments,
  readingOptions,
  workersOption,
} from './options.js';
import { type OwnFileArguments, ownFileOptions, readOwnFiles } from './own_files.js';
import { inputsOf, opener, printResult, runSuite } from './run_suite.js';
import { type SlurmArguments, slurmOptions, slurmStage, submitRuns } from './slurm.js';
import type { Verb } from './verb.js';

interface AbTestArguments
  extends OwnFileArguments,
    ReadingArguments,
    TrainingArguments,
    OutputArguments,
    QueueArguments,
    SlurmArguments {
  readonly data: string;
  readonly models?: readonly string[];
  readonly repetitions: number;
  readonly page: number;
  readonly decay: number;
  readonly workers?: number;
}

export const abTestCommand: Verb<AbTestArguments> = {
  builder: (yargs) =>
    slurmOptions(
      queueOptions(workersOption(ownFileOptions(methodOptions(outputOptions(readingOptions(yargs), 'the results'))))),
    )
      .option('data', { type: 'string', demandOption: true, describe: 'folder made by simulate' })
      .option('models', {
        type: 'string',
        array: true,
        describe: `models to deploy, at --dim; by default ACL of MF, GMF, MLP and NCF, each at 16 and 32:\n${methodHelp}`,
      })
      .option('repetitions', {
        type: 'number',
        default: 1,
        describe: 'trainings of every model, with seeds that follow --seed',
      })
      .option('page', { type: 'number', default: 10, describe: 'items that a user is shown' })
      .option('decay', { type: 'number', default: 0, describe: 'the k-th item is clicked with p_rel k^-decay' })
      .example('$0 abtest --data runs/popular --out runs/online', 'eight adversarially trained models')
      .example(
        '$0 abtest --data runs/popular --models GMF PS:GMF/Pop ACL:GMF/GMF --decay 0.5 --out runs/three',
        '',
      ) as never,
  leading: {
    data: undefined,
    out: undefined,
    models: `models to deploy, by default ACL of MF, GMF, MLP and NCF at 16 and 32; any of ${methodNames}`,
    repetitions: undefined,
    page: undefined,
    decay: undefined,
    epochs: undefined,
    dim: undefined,
    workers: undefined,
    seed: undefined,
    overwrite: undefined,
    json: undefined,
  },
  async handler(argv) {
    checkSeed(argv.seed);
    checkNumber('repetitions', argv.repetitions, 1, LIMITS.repetitions.most, true);
    checkNumber('workers', argv.workers, 1, LIMITS.workers.most, true);
    checkNumber('page', argv.page, 1, 1000, true);
    checkNumber('decay', argv.decay, 0, 10);
    const { models: asked, repetitions, seed, page, decay, out } = argv;
    const { vary, ...rest } = table3;
    const suite: Suite = { ...rest, ...(asked ? {} : { vary }), online: { page, decay } };
    const { methods, catalogue } = await readOwnFiles(asked, argv);
    const plan = planSuite(suite, { methods, repetitions, seed, settings: settingsOf(argv, catalogue), catalogue });
    // Models are deployed where they are, never in a world made on the way.
    const data = chooseData({ ...suite, data: [argv.data] }, [argv.data]);
    const stage = slurmStage(argv);
    if (stage === 'submit' || stage === 'print')
      return submitRuns([{ plan, out, inputs: inputsOf(data), open: opener(plan, data, argv, '.') }], argv);
    const result = await runSuite(plan, data, argv);
    if (argv.json)
      return print(
        JSON.stringify(
          result.tables.map(({ table }) => table),
          null,
          2,
        ),
      );
    printResult(result);
    print(`written to ${out}: report.html, tables, trials.ndjson`);
  },
};
