import type { CommandModule } from 'yargs';
import {
  errorTable,
  SCALES,
  STAGED_MODELS,
  type StagedResult,
  stagedLabel,
  stagedTable,
} from '../benchmarks/ab_test.js';
import type { Staged, StageTask } from '../benchmarks/ab_worker.js';
import { checkMethod, concerning, parseMethod } from '../benchmarks/method.js';
import type { TrialSettings } from '../benchmarks/trial.js';
import { csvOf, jsonOf, latexOf, markdownOf, terminalTable } from '../results/table.js';
import { UserError } from '../support/errors.js';
import { writeFolder } from '../support/output.js';
import { WorkerPool } from '../support/pool.js';
import { PROGRAM } from '../support/version.js';
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
    const deployed = argv.models?.map((model) => ({ model, dim: choices.dim })) ?? STAGED_MODELS;
    const tasks = deployed.flatMap(({ model, dim }) =>
      Array.from({ length: argv.repetitions }, (_, repetition) => {
        const seed = argv.seed + repetition;
        const settings: TrialSettings = {
          ...choices,
          ...{ model, dim, method: concerning(parseMethod(model), choices.method) },
          trainer: { ...choices.trainer, seed },
          evaluation: { ...choices.evaluation, seed },
          report: { ...choices.report, bootstrap: 0, full: false },
        };
        const deployment = { page: argv.page, decay: argv.decay, seed };
        return { label: stagedLabel({ model, dim }), repetition, settings, deployment };
      }),
    );
    for (const { settings } of tasks) checkMethod(parseMethod(settings.model), data, settings, true);
    const progress = terminalProgress();
    const { staged, failures } = await writeFolder(argv.out, argv, async (folder) => {
      progress.begin('models trained and deployed', tasks.length);
      const pool = new WorkerPool<StageTask, Staged>(
        new URL('../benchmarks/ab_worker.js', import.meta.url),
        argv.workers,
      );
      const staged: StagedResult[] = [];
      const failures: { label: string; repetition: number; failure: string }[] = [];
      try {
        const work = tasks.map(({ settings, deployment }) => ({ data, world, settings, deployment }));
        await pool.runInOrder(work, (result, t) => {
          const { label, repetition } = tasks[t] as (typeof tasks)[number];
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
      tablesOf(staged, data.name).forEach((table, t) => {
        const name = `tables/abtest-${t + 1}`;
        folder.writeJson(`${name}.json`, jsonOf(table));
        folder.write(`${name}.md`, markdownOf(table));
        folder.write(`${name}.csv`, csvOf(table));
        folder.write(`${name}.tex`, latexOf(table));
      });
      folder.writeJson('manifest.json', {
        kind: 'abtest',
        program: PROGRAM,
        data: data.name,
        settings: tasks,
        files: await folder.hashes(),
      });
      return { staged, failures };
    });
    if (argv.json) return console.log(JSON.stringify({ staged, failures }, null, 2));
    for (const table of tablesOf(staged, data.name)) console.log(terminalTable(table, process.stdout.isTTY));
    for (const { label, failure } of failures) console.log(`failed: ${label}, ${failure}`);
    console.log(`written to ${argv.out}: abtest.json, tables/*.md, *.csv, *.tex, *.json`);
  },
};

const tablesOf = (staged: readonly StagedResult[], name: string) => [
  stagedTable(staged, name),
  ...SCALES.map((scale) => errorTable(staged, name, scale)),
];
