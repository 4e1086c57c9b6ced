import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import Table from 'cli-table3';
import type { CommandModule } from 'yargs';
import { cachedPath, cacheFolder, fetchDataset } from '../datasets/fetch.js';
import type { FilterOptions } from '../datasets/filter.js';
import { isNcf, readNcf } from '../datasets/ncf.js';
import {
  countSplits,
  loadRatings,
  type PreparedSummary,
  prepareInteractions,
  writePrepared,
} from '../datasets/prepare.js';
import { datasets } from '../datasets/registry.js';
import type { SplitOptions } from '../datasets/split.js';
import { optionName, UserError } from '../support/errors.js';
import { hashFile, writeFolder } from '../support/output.js';
import {
  checkNumber,
  checkSeed,
  type OutputArguments,
  outputOptions,
  plantedOptionsOf,
  readingOptions,
  readOptionsOf,
} from './options.js';
import { terminalProgress } from './progress.js';

const list: CommandModule = {
  command: 'list',
  describe: 'data sets that have a name',
  builder: (yargs) =>
    yargs.option('json', { type: 'boolean', default: false, describe: 'print JSON' }).example('$0 datasets list', ''),
  handler(argv) {
    const rows = datasets.all.map((source) => ({
      name: source.name,
      summary: source.summary,
      state: !source.download ? 'embedded' : existsSync(cachedPath(source)) ? 'in the cache' : 'to be fetched',
    }));
    if (argv['json']) return console.log(JSON.stringify(rows, null, 2));
    const table = new Table({ head: ['name', 'what it is', 'state'], style: { head: [], border: [], compact: true } });
    for (const { name, summary, state } of rows) table.push([name, summary, state]);
    console.log(`${table.toString()}\nCache: ${cacheFolder()} (set EXPOBENCH_CACHE to move it)`);
  },
};

const info: CommandModule<object, { name: string }> = {
  command: 'info <name>',
  describe: 'what is known about a data set',
  builder: (yargs) =>
    yargs.positional('name', { type: 'string', demandOption: true }).example('$0 datasets info ml-1m', ''),
  handler({ name }) {
    const { summary, facts, home, licence, download } = datasets.get(name);
    console.log(`${name}: ${summary}\n  ${facts}\n  licence: ${licence}`);
    if (home) console.log(`  home: ${home}`);
    if (download)
      console.log(
        `  archive: ${download.url}, ${download.bytes.toLocaleString('en')} bytes, MD5 ${download.md5}\n  in the cache: ${cachedPath(datasets.get(name))}`,
      );
  },
};

const fetchOne: CommandModule<object, { name: string; again: boolean }> = {
  command: 'fetch <name>',
  describe: 'download a data set from its home into the cache, and check it',
  builder: (yargs) =>
    yargs
      .positional('name', { type: 'string', demandOption: true })
      .option('again', { type: 'boolean', default: false, describe: 'download even if it is there' })
      .example('$0 datasets fetch ml-100k', ''),
  async handler({ name, again }) {
    console.log(await fetchDataset(datasets.get(name), terminalProgress(), again));
  },
};

const prepare: CommandModule = {
  command: 'prepare <data>',
  describe: 'read ratings, filter them, split them, and write them as Arrow tables',
  builder: (yargs) =>
    outputOptions(readingOptions(yargs), 'the prepared data')
      .positional('data', {
        type: 'string',
        demandOption: true,
        describe: 'a file of ratings (ratings.dat, u.data, CSV, TSV, Parquet, Arrow) or the name of a data set',
      })
      .option('min-item', {
        type: 'number',
        default: 0,
        describe: 'drop items with fewer interactions',
        group: 'Filters:',
      })
      .option('min-user', {
        type: 'number',
        default: 0,
        describe: 'drop users with fewer interactions',
        group: 'Filters:',
      })
      .option('max-user', {
        type: 'number',
        default: 0,
        describe: 'drop users with more interactions; 0 for no limit',
        group: 'Filters:',
      })
      .option('rule', {
        choices: ['once', 'until-stable'] as const,
        default: 'once' as const,
        describe: 'apply the filters once, or until nothing more goes',
        group: 'Filters:',
      })
      .option('duplicates', {
        choices: ['first', 'last'] as const,
        default: 'first' as const,
        describe: 'which of several interactions of one user with one item stays',
        group: 'Filters:',
      })
      .option('split', {
        choices: ['leave-last-two', 'random'] as const,
        default: 'leave-last-two' as const,
        describe: 'by time: last = test, second-to-last = validation; or 80/10/10 at random',
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
      ),
  async handler(given) {
    const argv = given as never as Parameters<typeof readOptionsOf>[0] &
      FilterOptions &
      OutputArguments & { data: string; split: SplitOptions['rule']; positive?: number };
    checkSeed(argv.seed);
    for (const name of ['minItem', 'minUser', 'maxUser'] as const)
      checkNumber(optionName(name).slice(2), argv[name], 0, 1e9, true);
    checkNumber('positive', argv.positive, -1e9, 1e9);
    const { minItem, minUser, maxUser, rule, duplicates } = argv;
    const filter: FilterOptions = { minItem, minUser, maxUser, rule, duplicates };
    const split: SplitOptions = { rule: argv.split, seed: argv.seed, shortUsers: 'refuse' };
    const progress = terminalProgress();
    if (isNcf(argv.data)) return prepareNcf(argv);
    progress.begin('reading ratings', 1);
    const { data: raw, origin } = await loadRatings(argv.data, readOptionsOf(argv), plantedOptionsOf(argv));
    progress.end(`${raw.user.length.toLocaleString('en')} from ${origin.source} (${origin.format})`);
    progress.begin('preparing', 1);
    const { positive } = argv;
    const { data, summary } = prepareInteractions(raw, filter, split, positive);
    const choices = { filter, split, ...(positive !== undefined && { positive }) };
    await writeFolder(argv.out, argv, (folder) => writePrepared(folder, data, origin, choices, summary));
    progress.end();
    console.log(argv.json ? JSON.stringify(summary, null, 2) : describe(summary, argv.out));
  },
};

/** NCF's files keep their own split and candidates, so that no filter applies. */
async function prepareNcf(
  argv: FilterOptions & OutputArguments & { data: string; split: SplitOptions['rule']; positive?: number },
): Promise<void> {
  const filtered = argv.minItem > 0 || argv.minUser > 0 || argv.maxUser > 0;
  if (filtered || argv.split === 'random' || argv.positive !== undefined)
    throw new UserError(
      `"${argv.data}" comes with its own split and candidates: leave out --min-item, --min-user, --max-user, --split and --positive`,
    );
  const data = await readNcf(argv.data);
  const size = { users: data.userIds.length, items: data.itemIds.length, interactions: data.user.length };
  const summary = { steps: [{ step: 'as read', ...size }], splits: countSplits(data) };
  const origin = { source: basename(argv.data), format: 'NCF', sha256: await hashFile(argv.data) };
  await writeFolder(argv.out, argv, (folder) => writePrepared(folder, data, origin, {}, summary));
  console.log(argv.json ? JSON.stringify(summary, null, 2) : describe(summary, argv.out));
}

function describe({ steps, splits }: PreparedSummary, out: string): string {
  const table = new Table({
    head: ['step', 'users', 'items', 'interactions', 'removed'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const number = (n: number): string => n.toLocaleString('en');
  steps.forEach(({ step, users, items, interactions }, s) => {
    const removed = s === 0 ? '' : number((steps[s - 1]?.interactions ?? 0) - interactions);
    table.push([step, number(users), number(items), number(interactions), removed]);
  });
  const parts = Object.entries(splits).map(([name, count]) => `${number(count)} ${name}`);
  return `${table.toString()}\nsplit: ${parts.join(', ')}\nwritten to ${out}`;
}

export const datasetsCommand: CommandModule = {
  command: 'datasets <action>',
  describe: 'list, fetch and prepare data',
  builder: (yargs) =>
    yargs
      .command(list)
      .command(info as CommandModule)
      .command(fetchOne as CommandModule)
      .command(prepare)
      .demandCommand(1, 'Name an action: list, info, fetch or prepare.'),
  handler() {},
};
