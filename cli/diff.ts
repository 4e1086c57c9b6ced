import { markdownTable } from 'markdown-table';
import type { CommandModule } from 'yargs';
import { describeDiff, diffTables, isSame } from '../results/diff.js';
import { REFERENCE, readTables } from '../results/read_tables.js';
import { plainTable } from '../results/table.js';

interface DiffArguments {
  readonly before: string;
  readonly after: string;
  readonly ignoreNoise: boolean;
  readonly markdown: boolean;
  readonly json: boolean;
}

const CHANGED = 1;

export const diffCommand: CommandModule<object, DiffArguments> = {
  command: 'diff <before> <after>',
  describe: 'compare result tables cell by cell: of runs, of table files, of git revisions',
  builder: (yargs) =>
    yargs
      .positional('before', {
        type: 'string',
        demandOption: true,
        describe: `run folder, table file, or git revision (its ${REFERENCE})`,
      })
      .positional('after', { type: 'string', demandOption: true, describe: 'the same' })
      .option('ignore-noise', {
        type: 'boolean',
        default: false,
        describe: 'differences that may be chance (paired over repetitions) do not count as changes',
      })
      .option('markdown', { type: 'boolean', default: false, describe: 'print Markdown, for a pull request' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .epilogue('Exit code 0 where nothing changed, 1 where something did, 2 for a mistake.')
      .example('$0 diff runs/quick runs/quick-again', 'two runs')
      .example('$0 diff HEAD~1 HEAD --markdown', 'what a commit did to the reference tables')
      .example('$0 diff HEAD results/reference', 'what the working tree did') as never,
  async handler({ before, after, ignoreNoise, markdown, json }) {
    const diff = diffTables(await readTables(before), await readTables(after));
    console.log(
      json
        ? JSON.stringify(diff, null, 2)
        : describeDiff(diff, markdown ? (rows) => markdownTable(rows as string[][]) : plainTable),
    );
    if (!isSame(diff, ignoreNoise)) process.exitCode = CHANGED;
  },
};
