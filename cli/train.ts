import type { CommandModule } from 'yargs';
import { METRICS } from '../benchmarks/metrics.js';
import { runTrial } from '../benchmarks/trial.js';
import { openSplit } from '../datasets/open.js';
import { models } from '../models/registry.js';
import { writeModel } from '../models/store.js';
import { terminalTable } from '../results/table.js';
import { writeFolder } from '../support/output.js';
import { PROGRAM } from '../support/version.js';
import {
  checkSeed,
  type OutputArguments,
  outputOptions,
  plantedOptionsOf,
  type ReadingArguments,
  readingOptions,
  readOptionsOf,
  type TrainingArguments,
  trainerOptions,
  trainingOf,
} from './options.js';
import { terminalProgress } from './progress.js';

interface TrainArguments extends ReadingArguments, TrainingArguments, OutputArguments {
  readonly model: string;
  readonly data: string;
}

export const trainCommand: CommandModule<object, TrainArguments> = {
  command: 'train',
  describe: 'train one model, evaluate it, and save its weights',
  builder: (yargs) =>
    trainerOptions(outputOptions(readingOptions(yargs), 'the trained model'))
      .option('model', {
        type: 'string',
        demandOption: true,
        describe: models.all.map(({ name, summary }) => `${name}: ${summary}`).join('\n'),
      })
      .option('data', {
        type: 'string',
        default: 'planted',
        describe: 'prepared or simulated folder, file of ratings, or name of a data set',
      })
      .example('$0 train --model GMF --data runs/ml-100k --out runs/gmf', '')
      .example(
        '$0 train --model MLP --rate 0.001 --l2 0.01 --epochs 30 --data runs/popular --out runs/mlp',
        '',
      ) as never,
  async handler(argv) {
    checkSeed(argv.seed);
    const settings = { model: models.get(argv.model).name, ...trainingOf(argv) };
    const data = await openSplit(argv.data, readOptionsOf(argv), plantedOptionsOf(argv));
    const progress = terminalProgress();
    progress.begin(`training ${settings.model}`, settings.trainer.epochs);
    const result = await writeFolder(argv.out, argv, async (folder) => {
      const { result, trained } = await runTrial(data, settings, ({ epoch, loss, metric }) =>
        progress.update(epoch, `loss ${loss.toFixed(4)}, validation Hit@10 ${(100 * metric).toFixed(2)}`),
      );
      writeModel(folder, settings.model, trained);
      folder.writeJson('trial.json', { settings, result });
      folder.writeJson('manifest.json', {
        kind: 'model',
        model: settings.model,
        program: PROGRAM,
        data: data.name,
        size: trained.size,
        files: await folder.hashes(),
      });
      return result;
    });
    progress.end();
    if (argv.json) return console.log(JSON.stringify(result, null, 2));
    const summaries = ([name, metrics]: readonly [string, typeof result.standard | undefined]) =>
      metrics
        ? [
            {
              label: name,
              cells: Object.fromEntries(METRICS.map((m) => [m, { n: 1, mean: metrics[m], sd: undefined }])),
            },
          ]
        : [];
    const rows = (
      [
        ['validation', result.validation],
        ['test', result.standard],
        ['test, unbiased', result.unbiased?.metrics],
      ] as const
    ).flatMap(summaries);
    const note =
      result.bestEpoch === undefined
        ? 'In percent.'
        : `In percent; weights of epoch ${result.bestEpoch} of ${result.epochs.length}.`;
    console.log(
      `${terminalTable({ title: `${settings.model} on ${data.name}`, note, columns: METRICS, rows }, false)}written to ${argv.out}`,
    );
  },
};
