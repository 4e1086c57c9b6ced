import { basename, dirname, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import type { Interactions } from '../datasets/interactions.js';
import { openSplit } from '../datasets/open.js';
import { runningRecBole, writeRecBole } from '../datasets/recbole.js';
import { readManifest } from '../datasets/store.js';
import { loadingFeedback, obpFeedback, supportText } from '../simulator/obp.js';
import { readWorld } from '../simulator/world_files.js';
import { UserError } from '../support/errors.js';
import { type OutputFolder, writeFolder } from '../support/output.js';
import { print } from './io.js';
import {
  checkFileName,
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

const FORMATS = ['recbole', 'obp'] as const;

interface ExportArguments extends ReadingArguments, OutputArguments {
  readonly data: string;
  readonly format: (typeof FORMATS)[number];
  readonly name?: string;
}

export const exportCommand: CommandModule<object, ExportArguments> = {
  command: 'export <data>',
  describe: 'write data for other programs: RecBole, Open Bandit Pipeline',
  builder: (yargs) =>
    outputOptions(readingOptions(yargs), 'the files')
      .positional('data', {
        type: 'string',
        demandOption: true,
        describe: 'prepared or simulated folder, or file of ratings',
      })
      .option('format', {
        choices: FORMATS,
        demandOption: true,
        describe:
          'recbole: atomic files (.inter, .item), whole and by part, with .yaml, for RecBole 1.2.1; obp: logged feedback (.npz) of a simulated folder with --exposures, for OBP 0.5.7',
      })
      .option('name', {
        type: 'string',
        describe:
          "name of the files; by default the data's for obp, and the folder's for recbole, which wants files in a folder of their name",
      })
      .example('$0 datasets export runs/popular --format recbole --out recbole/popular', '')
      .example('$0 datasets export runs/shown --format obp --name shown --out obp', '')
      .epilogue(NOTES) as never,
  async handler(argv) {
    const { data: reference, format, out } = argv;
    if (argv.name !== undefined) checkFileName('name', argv.name);
    const named = (own: string): string => argv.name ?? own.replace(/[^\w.-]+/g, '-');
    const { files, notes } = await writeFolder(
      out,
      { overwrite: argv.overwrite, inputs: [reference] },
      async (folder) => {
        if (format === 'obp') {
          const manifest = readManifest(reference);
          if (manifest.kind !== 'simulated')
            throw new UserError(
              `"${reference}" is not simulated: only a simulation knows the propensities of what was shown`,
            );
          const file = `${named(manifest.name)}.npz`;
          const { bytes, support } = await obpFeedback(reference, await readWorld(reference));
          folder.writeBytes(file, bytes);
          return { files: [file], notes: supportText(support) };
        }
        const data = await openSplit(reference, readOptionsOf(argv), plantedOptionsOf(argv));
        return recbole(folder, data, out, argv.name);
      },
    );
    print(argv.json ? JSON.stringify(files) : [...notes, `written to ${out}: ${files.join(', ')}`].join('\n'));
  },
};

/** RecBole's files, called as the folder that they are in: `out`, or a folder of the wished name below it. */
function recbole(folder: OutputFolder, data: Interactions, out: string, name = basename(resolve(out))) {
  const isOwn = name === basename(resolve(out));
  return writeRecBole(folder, name, data, { under: isOwn ? undefined : name, dataPath: isOwn ? dirname(out) : out });
}
