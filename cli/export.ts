import type { Argv, CommandModule } from 'yargs';
import { exportFormats } from '../benchmarks/exports/registry.js';
import { openSplit } from '../datasets/open.js';
import { runningRecBole } from '../datasets/recbole.js';
import { loadingFeedback } from '../simulator/obp.js';
import { LIMITS } from '../support/limits.js';
import { writeFolder } from '../support/output.js';
import { print } from './io.js';
import { sayOptions } from './one_page.js';
import {
  checkFileName,
  checkNumber,
  type OutputArguments,
  outputOptions,
  plantedOptionsOf,
  type ReadingArguments,
  readingOptions,
  readOptionsOf,
} from './options.js';

const code = (lines: string): string => lines.replaceAll(/^/gm, '  ');

/** What to know of an export, and what loads it. */
const NOTES = `RecBole 1.2.1, in Python, from the same folder:
${code(runningRecBole('BPR', 'recbole/popular/popular.yaml'))}
Models of sequences (SASRec) take popular.sequential.yaml, with which RecBole splits by time itself: it makes no histories of a given split.

Open Bandit Pipeline 0.5.7:
${code(loadingFeedback('obp/shown.npz'))}
A round is an exposure, so a mean over rounds gives a user the weight of what was shown to them; pscore is p_exposure over its sum over the user's items.
What could hardly be shown has large weights, and of what could not be shown at all nothing can be said: the export says how much that is.`;

interface ExportArguments extends ReadingArguments, OutputArguments {
  readonly data: string;
  readonly format: string;
  readonly candidates: number;
  readonly name?: string;
}

const exportOptions = (yargs: Argv): Argv =>
  outputOptions(readingOptions(yargs), 'the files')
    .positional('data', {
      type: 'string',
      demandOption: true,
      describe: 'prepared or simulated folder, or file of ratings',
    })
    .option('format', {
      choices: exportFormats.names,
      demandOption: true,
      describe: exportFormats.all.map(({ name, summary }) => `${name}: ${summary}`).join('\n'),
    })
    .option('candidates', {
      type: 'number',
      default: 100,
      describe: 'of --format candidates: items to rank each among',
    })
    .option('name', {
      type: 'string',
      describe:
        "name of the files; by default the data's for obp, and the folder's for recbole, which wants files in a folder of their name",
    })
    .example('$0 datasets export runs/popular --format recbole --out recbole/popular', '')
    .example('$0 datasets export runs/shown --format obp --name shown --out obp', '')
    .epilogue(NOTES) as never;

/** What one page of help shows. */
const LEADING = {
  data: undefined,
  out: undefined,
  format: `what is written: ${exportFormats.names.join(', ')}`,
  candidates: undefined,
  name: 'name of the files',
  seed: undefined,
  overwrite: undefined,
  json: undefined,
};

export const exportCommand: CommandModule<object, ExportArguments> = {
  command: 'export <data>',
  describe: 'write data for other programs: RecBole, Open Bandit Pipeline, LensKit; tables; candidates; the truth',
  builder: (yargs) => {
    sayOptions(yargs, 'datasets export', { builder: exportOptions, leading: LEADING });
    return yargs as never;
  },
  async handler(argv) {
    const { data: reference, format, out } = argv;
    if (argv.name !== undefined) checkFileName('name', argv.name);
    checkNumber('candidates', argv.candidates, 0, LIMITS.candidates.most, true);
    const { files, notes } = await writeFolder(out, { overwrite: argv.overwrite, inputs: [reference] }, (folder) =>
      exportFormats.get(format).write({
        ...{ reference, folder, out, name: argv.name },
        data: () => openSplit(reference, readOptionsOf(argv), plantedOptionsOf(argv)),
        evaluation: { candidates: argv.candidates, seed: argv.seed },
      }),
    );
    print(argv.json ? JSON.stringify(files) : [...notes, `written to ${out}: ${files.join(', ')}`].join('\n'));
  },
};
