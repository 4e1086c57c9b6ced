import { existsSync } from 'node:fs';
import type { Argv, CommandModule } from 'yargs';
import { cachedPath, cacheFolder, fetchDataset } from '../datasets/fetch.js';
import type { Interactions } from '../datasets/interactions.js';
import { ncfAt, readNcf } from '../datasets/ncf.js';
import { originOf } from '../datasets/open.js';
import {
  countSplits,
  loadRatings,
  type PreparedSummary,
  prepareInteractions,
  writePrepared,
} from '../datasets/prepare.js';
import { PREPARATIONS, type Preparation, type PreparationChoices, preparationOf } from '../datasets/presets.js';
import { datasets } from '../datasets/registry.js';
import type { DatasetSource } from '../datasets/source.js';
import { emptyParts, type SplitOptions } from '../datasets/split.js';
import { readUnbiased, unbiasedAt } from '../datasets/unbiased.js';
import { textTable } from '../results/text_table.js';
import { optionName, UserError } from '../support/errors.js';
import { writeFolder } from '../support/output.js';
import { exportCommand } from './export.js';
import { print, printJson, resultWidth } from './io.js';
import { sayOptions } from './one_page.js';
import {
  checkNumber,
  checkSeed,
  type FormatArgument,
  formatOption,
  type OutputArguments,
  outputOptions,
  plantedOptionsOf,
  type ReadingArguments,
  readingOptions,
  readOptionsOf,
} from './options.js';
import { terminalProgress } from './progress.js';
import { smallParts } from './simulate.js';
import type { Verb } from './verb.js';

const list: CommandModule = {
  command: 'list',
  describe: 'data sets that have a name',
  builder: (yargs) =>
    yargs.option('json', { type: 'boolean', default: false, describe: 'print JSON' }).example('$0 datasets list', ''),
  handler(argv) {
    const rows = datasets.all.map((source) => ({
      name: source.name,
      summary: source.summary,
      state: stateOf(source),
    }));
    if (argv['json']) return printJson(rows);
    const table = [['name', 'what it is', 'state'], ...rows.map(({ name, summary, state }) => [name, summary, state])];
    print(`${textTable(table, { width: resultWidth() })}\nCache: ${cacheFolder()} (set EXPOBENCH_CACHE to move it)`);
  },
};

function stateOf(source: DatasetSource): string {
  if (!source.home) return 'embedded';
  if (!source.download) return 'by hand';
  return existsSync(cachedPath(source)) ? 'in the cache' : 'to be fetched';
}

const info: CommandModule<object, { name: string; json: boolean }> = {
  command: 'info <name>',
  describe: 'what is known about a data set',
  builder: (yargs) =>
    yargs
      .positional('name', { type: 'string', demandOption: true })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('$0 datasets info ml-1m', ''),
  handler({ name, json }) {
    if (json) {
      const source = datasets.get(name);
      const { filter: _, ...known } = source;
      return printJson({ ...known, state: stateOf(source) });
    }
    const { summary, facts, home, licence, download } = datasets.get(name);
    print(`${name}: ${summary}\n  ${facts}\n  licence: ${licence}`);
    if (home) print(`  home: ${home}`);
    if (download)
      print(
        `  file: ${download.url}${download.bytes > 0 ? `, ${download.bytes.toLocaleString('en')} bytes` : ''}${download.md5 ? `, MD5 ${download.md5}` : ''}\n  in the cache: ${cachedPath(datasets.get(name))}`,
      );
  },
};

const fetchOne: CommandModule<object, { name: string; again: boolean; json: boolean }> = {
  command: 'fetch <name>',
  describe: 'download a data set from its home into the cache, and check it',
  builder: (yargs) =>
    yargs
      .positional('name', { type: 'string', demandOption: true })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .option('again', { type: 'boolean', default: false, describe: 'download even if it is there' })
      .example('$0 datasets fetch ml-100k', ''),
  async handler({ name, again, json }) {
    const path = await fetchDataset(datasets.get(name), terminalProgress(), again);
    print(json ? JSON.stringify({ name, path }, null, 2) : path);
  },
};

const prepareOptions = (yargs: Argv): Argv =>
  formatOption(outputOptions(readingOptions(yargs), 'the prepared data'))
    .positional('data', {
      type: 'string',
      demandOption: true,
      describe:
        'a file of ratings (ratings.dat, u.data, LastFM, Goodreads, CSV, TSV, JSON lines, Parquet, Arrow, .inter, DuckDB, SQLite; with gzip or in a zip archive) or the name of a data set',
    })
    .option('preset', {
      choices: Object.keys(PREPARATIONS),
      describe:
        'A.6.2, for LastFM and Goodreads: `paper` filters as the text says; `authors` does what their program does: its filters, --duplicates all, --split leave-last-two-records, --train-on-validation, --any-candidates 100',
      group: 'Filters:',
    })
    .option('min-item', { type: 'number', describe: 'drop items with fewer interactions [0]', group: 'Filters:' })
    .option('min-user', { type: 'number', describe: 'drop users with fewer interactions [0]', group: 'Filters:' })
    .option('max-user', {
      type: 'number',
      describe: 'drop users with more interactions; 0 for no limit [0]',
      group: 'Filters:',
    })
    .option('rule', {
      choices: ['once', 'until-stable'] as const,
      describe: 'apply the filters once, or until nothing more goes [once]',
      group: 'Filters:',
    })
    .option('duplicates', {
      choices: ['first', 'last', 'all'] as const,
      describe:
        'which of several interactions of one user with one item stays; all: each counts, and none goes [first]',
      group: 'Filters:',
    })
    .option('count', {
      choices: ['pairs', 'records'] as const,
      describe: 'what the filters count: pairs of user and item, or records, such as tags [pairs]',
      group: 'Filters:',
    })
    .option('split', {
      choices: ['leave-last-two', 'leave-last-two-records', 'random'] as const,
      describe:
        'by time: last = test, second-to-last = validation, of items, or of records where one pair has several; or 80/10/10 at random [leave-last-two]',
    })
    .option('train-on-validation', {
      type: 'boolean',
      describe: 'copy the validation part into the training part',
    })
    .option('any-candidates', {
      type: 'number',
      describe:
        "rank each test item among so many of all items, the user's own and itself not left out (candidates.arrow)",
    })
    .option('positive', {
      type: 'number',
      describe: 'least rating that is an interaction; lower ones are written as exposures.arrow, shown and not liked',
    })
    .example('$0 datasets prepare ml-100k/u.data --out runs/ml-100k', 'MovieLens-100k as it is')
    .example('$0 datasets prepare ml-100k/u.data --positive 4 --min-user 3 --out runs/liked', 'ratings of 4 and 5')
    .example('$0 datasets prepare ml-1m.train.rating --out runs/ncf', "NCF's files, with their split and candidates")
    .example(
      '$0 datasets prepare mine.csv --user who --item what --min-user 20 --min-item 20 --out runs/mine',
      'a table of your own',
    ) as never;

/** What one page of help shows. */
const PREPARE_LEADING = {
  data: undefined,
  out: undefined,
  user: undefined,
  item: undefined,
  rating: undefined,
  time: undefined,
  positive: undefined,
  split: undefined,
  'min-item': undefined,
  'min-user': undefined,
  preset: 'LastFM and Goodreads as the paper says, or as its authors did (A.6.2)',
  format: 'parquet: write each table as Parquet, too',
  overwrite: undefined,
  json: undefined,
};

const prepare: CommandModule = {
  command: 'prepare <data>',
  describe: 'read ratings, filter them, split them, and write them as tables, in Arrow or Parquet, too',
  builder: (yargs) => {
    sayOptions(yargs, 'datasets prepare', { builder: prepareOptions, leading: PREPARE_LEADING });
    return yargs;
  },
  async handler(given) {
    const argv = given as never as PrepareArguments;
    checkSeed(argv.seed);
    for (const name of ['minItem', 'minUser', 'maxUser'] as const)
      checkNumber(optionName(name).slice(2), argv[name], 0, 1e9, true);
    checkNumber('positive', argv.positive, -1e9, 1e9);
    checkNumber('any-candidates', argv.anyCandidates, 0, 1000, true);
    const preparation = preparationFor(argv);
    const { filter, split: rule, ...memory } = preparation;
    const split: SplitOptions = { rule, seed: argv.seed, shortUsers: 'refuse' };
    const progress = terminalProgress();
    const own = await openOwnSplit(argv);
    if (own) return prepareOwnSplit(argv, own);
    progress.begin('reading ratings', 1);
    const { data: raw, origin, notes } = await loadRatings(argv.data, readOptionsOf(argv), plantedOptionsOf(argv));
    progress.end(`${raw.user.length.toLocaleString('en')} from ${origin.source} (${origin.format})`);
    progress.begin('preparing', 1);
    const { positive } = argv;
    const { data, summary: prepared } = prepareInteractions(raw, filter, split, positive, memory);
    const empty = emptyParts(prepared.splits, 'give more interactions, or let leave-last-two split them');
    const summary = { notes: [...notes, ...(empty === undefined ? [] : [empty])], ...prepared };
    const choices = { filter, split, ...defined(memory), ...(positive !== undefined && { positive }) };
    await writeFolder(argv.out, { overwrite: argv.overwrite, inputs: [argv.data] }, (folder) =>
      writePrepared(folder, data, origin, choices, summary, argv.format),
    );
    progress.end();
    print(argv.json ? JSON.stringify(summary, null, 2) : describe(summary, argv.out));
  },
};

interface PrepareArguments extends ReadingArguments, OutputArguments, FormatArgument, PreparationChoices {
  readonly data: string;
  readonly positive?: number;
}

/** Without what is not said. */
const defined = (record: object): object =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

/** The preset, or nothing, with what the user says besides: steps of the authors' program can be undone, bounds of filters are the preset's own. */
function preparationFor(argv: PrepareArguments): Preparation {
  const { preset, minItem, minUser, maxUser, rule, duplicates, count, split, trainOnValidation, anyCandidates } = argv;
  const bounds = defined({ minItem, minUser, maxUser, rule, count });
  const [said] = Object.keys(bounds);
  if (preset !== undefined && said !== undefined)
    throw new UserError(`--preset ${preset} sets ${optionName(said)} itself: leave out one of them`);
  return preparationOf({ preset, ...bounds, duplicates, split, trainOnValidation, anyCandidates });
}

/** What comes with its own split and candidates, so that no filter applies; undefined for other data. */
async function openOwnSplit(
  argv: PrepareArguments,
): Promise<{ data: Interactions; format: string; source: string; positive?: number } | undefined> {
  const files = await unbiasedAt(argv.data);
  const ncf = await ncfAt(argv.data);
  if (!files && ncf === undefined) return undefined;
  const { filter, trainOnValidation, anyCandidates } = preparationFor(argv);
  const { minItem, minUser, maxUser } = filter;
  const isChanged = minItem > 0 || minUser > 0 || maxUser > 0 || trainOnValidation || anyCandidates;
  if (isChanged || argv.split === 'random' || (argv.positive !== undefined && !files))
    throw new UserError(
      `"${argv.data}" comes with its own split and candidates: leave out --preset, --min-item, --min-user, --max-user, --train-on-validation, --any-candidates${files ? ' and --split' : ', --split and --positive'}`,
    );
  if (files) return { ...(await readUnbiased(files, argv)), source: files.train };
  const source = ncf as string;
  return { data: await readNcf(source), format: 'NCF', source };
}

async function prepareOwnSplit(
  argv: PrepareArguments,
  { data, format, source, positive }: NonNullable<Awaited<ReturnType<typeof openOwnSplit>>>,
): Promise<void> {
  const size = { users: data.userIds.length, items: data.itemIds.length, interactions: data.user.length };
  const notes = positive === undefined ? [] : [`${format}; liked is a rating of at least ${positive}`];
  const summary = { notes, steps: [{ step: 'as read', ...size }], splits: countSplits(data) };
  const origin = await originOf(source, format);
  const choices = positive === undefined ? {} : { positive, seed: argv.seed };
  await writeFolder(argv.out, { overwrite: argv.overwrite, inputs: [argv.data] }, (folder) =>
    writePrepared(folder, data, origin, choices, summary, argv.format),
  );
  print(argv.json ? JSON.stringify(summary, null, 2) : describe(summary, argv.out));
}

function describe({ notes = [], steps, splits }: PreparedSummary, out: string): string {
  const number = (n: number): string => n.toLocaleString('en');
  const rows = steps.map(({ step, users, items, interactions }, s) => {
    const removed = s === 0 ? '' : number((steps[s - 1]?.interactions ?? 0) - interactions);
    return [step, number(users), number(items), number(interactions), removed];
  });
  const table = textTable([['step', 'users', 'items', 'interactions', 'removed'], ...rows], {
    width: resultWidth(),
    aligns: ['left', 'right', 'right', 'right', 'right'],
  });
  const parts = Object.entries(splits).map(([name, count]) => `${number(count)} ${name}`);
  const lines = [...notes, table, `split: ${parts.join(', ')}`, ...smallParts(splits), `written to ${out}`];
  return lines.join('\n');
}

export const datasetsCommand: Verb = {
  builder: (yargs) =>
    yargs
      .command(list)
      .command(info as CommandModule)
      .command(fetchOne as CommandModule)
      .command(prepare)
      .command(exportCommand as CommandModule)
      .demandCommand(1, 'Name an action: list, info, fetch, prepare or export.'),
  handler() {},
};
