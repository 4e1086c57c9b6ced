import type { CommandModule } from 'yargs';
import { openSplit } from '../datasets/open.js';
import { writeRecBole } from '../datasets/recbole.js';
import { readManifest } from '../datasets/store.js';
import { obpFeedback } from '../simulator/obp.js';
import { readWorld } from '../simulator/world.js';
import { UserError } from '../support/errors.js';
import { writeFolder } from '../support/output.js';
import {
  type OutputArguments,
  outputOptions,
  plantedOptionsOf,
  type ReadingArguments,
  readingOptions,
  readOptionsOf,
} from './options.js';

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
          'recbole: atomic files (.inter), whole and by part; obp: logged feedback (.npz) of a simulated folder with --exposures',
      })
      .option('name', { type: 'string', describe: "name of the files; by default the data's" })
      .example('$0 datasets export runs/popular --format recbole --out runs/recbole/popular', '')
      .example('$0 datasets export runs/popular --format obp --out runs/obp', '') as never,
  async handler(argv) {
    const { data: reference, format, out } = argv;
    const named = (own: string): string => argv.name ?? own.replace(/[^\w.-]+/g, '-');
    const files = await writeFolder(out, { overwrite: argv.overwrite, inputs: [reference] }, async (folder) => {
      if (format === 'obp') {
        const manifest = readManifest(reference);
        if (manifest.kind !== 'simulated')
          throw new UserError(
            `"${reference}" is not simulated: only a simulation knows the propensities of what was shown`,
          );
        const file = `${named(manifest.name)}.npz`;
        folder.writeBytes(file, await obpFeedback(reference, await readWorld(reference)));
        return [file];
      }
      const data = await openSplit(reference, readOptionsOf(argv), plantedOptionsOf(argv));
      return writeRecBole(folder, named(data.name), data);
    });
    console.log(argv.json ? JSON.stringify(files) : `written to ${out}: ${files.join(', ')}`);
  },
};
