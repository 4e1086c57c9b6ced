import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeDiff, diffTables, isSame } from '../results/diff.js';
import { markdownTableOf } from '../results/markdown.js';
import { REFERENCE, readTables, type TableSet } from '../results/read_tables.js';
import { diffPageOf } from '../results/report/diff.js';
import { runRevisions } from '../results/revisions.js';
import { plainTable } from '../results/table.js';
import { UserError } from '../support/errors.js';
import { writeWhole } from '../support/output.js';
import { currentRun, note, print, resultWidth } from './io.js';
import { logger } from './logging.js';
import type { Verb } from './verb.js';

interface DiffArguments {
  readonly before: string;
  readonly after: string;
  readonly run?: string;
  readonly out?: string;
  readonly ignoreNoise: boolean;
  readonly markdown: boolean;
  readonly html?: string;
  readonly json: boolean;
  readonly '--'?: readonly string[];
}

const CHANGED = 1;

export const diffCommand: Verb<DiffArguments> = {
  builder: (yargs) =>
    yargs
      .positional('before', {
        type: 'string',
        demandOption: true,
        describe: `run folder, table file, or git revision (its ${REFERENCE})`,
      })
      .positional('after', { type: 'string', demandOption: true, describe: 'the same' })
      .option('run', {
        type: 'string',
        describe:
          'check out both revisions of this program, build them, and run this suite in each; by default quick. Options of the sweep follow after --',
      })
      .option('out', {
        type: 'string',
        describe: 'with --run: a folder in which both runs are kept, each by the name of its commit',
      })
      .option('ignore-noise', {
        type: 'boolean',
        default: false,
        describe: 'differences that may be chance (paired over repetitions) do not count as changes',
      })
      .option('markdown', { type: 'boolean', default: false, describe: 'print Markdown, for a pull request' })
      .option('html', { type: 'string', requiresArg: true, describe: 'write a page of HTML to this file, too' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .epilogue('Exit code 0 where nothing changed, 1 where something did, 2 for a mistake.')
      .example('$0 diff runs/quick runs/quick-again', 'two runs')
      .example('$0 diff HEAD~1 HEAD --markdown', 'what a commit did to the reference tables')
      .example('$0 diff HEAD results/reference', 'what the working tree did')
      .example('$0 diff main my-branch --run table2 -- --data runs/ml-100k --repetitions 5', 'run both, and compare')
      .example('$0 diff HEAD $(git stash create) --run', 'what changes that are not committed do') as never,
  leading: {
    before: undefined,
    after: undefined,
    run: 'run this suite in both revisions, each checked out and built; by default quick',
    out: undefined,
    'ignore-noise': undefined,
    markdown: undefined,
    html: undefined,
    json: undefined,
  },
  async handler({ before, after, run, out, ignoreNoise, markdown, html, json, '--': words = [] }) {
    if (run === undefined && (words.length > 0 || out !== undefined))
      throw new UserError(`${out === undefined ? 'options after --' : '--out'} go with --run`);
    const sets =
      run === undefined
        ? ([await readTables(before), await readTables(after)] as const)
        : await runBoth([before, after], [run === '' ? 'quick' : run, ...words], out);
    const diff = diffTables(...sets);
    if (html !== undefined) writeWhole(html, diffPageOf(diff));
    print(
      json
        ? JSON.stringify(diff, null, 2)
        : describeDiff(diff, markdown ? markdownTableOf : (rows) => plainTable(rows, resultWidth())),
    );
    if (!isSame(diff, ignoreNoise)) currentRun().code = CHANGED;
  },
};

/** Runs a sweep in each of two revisions, and reads what it wrote. */
async function runBoth(
  revisions: readonly [string, string],
  words: readonly string[],
  out: string | undefined,
): Promise<readonly [TableSet, TableSet]> {
  const place = out ?? mkdtempSync(join(tmpdir(), 'expobench-diff-'));
  try {
    const [before, after] = await runRevisions(revisions, {
      words: ['sweep', ...words],
      out: place,
      onStep(revision, step) {
        logger().info({ revision, step }, 'revision');
        if (currentRun().io.isErrorTerminal) note(`${revision}: ${step}`);
      },
    });
    const read = async (one: typeof before): Promise<TableSet> => {
      const { revision, folder } = one as NonNullable<typeof one>;
      return { ...(await readTables(folder)), name: revision };
    };
    return [await read(before), await read(after)];
  } finally {
    if (out === undefined) rmSync(place, { recursive: true, force: true });
  }
}
