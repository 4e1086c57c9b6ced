import type { Argv } from 'yargs';
import { TABLE_FORMATS, type TableFormat } from '../datasets/parquet_tables.js';
import { PLANTED_DEFAULTS, type PlantedOptions } from '../datasets/planted.js';
import { BAD_TIMES, type ReadOptions } from '../datasets/reader.js';
import { TIME_UNITS } from '../datasets/times.js';
import { UserError } from '../support/errors.js';
import { checkLimit } from '../support/limits.js';
import { numberOf } from '../support/numbers.js';
import { unknownName } from '../support/registry.js';

/** Refuses a number outside of [least, most], or one that is not whole where it must be. */
export function checkNumber(
  name: string,
  value: number | undefined,
  least: number,
  most = Number.POSITIVE_INFINITY,
  whole = false,
): void {
  if (value === undefined) return;
  if (Number.isNaN(value) || value < least || value > most || (whole && !Number.isSafeInteger(value))) {
    const range = most === Number.POSITIVE_INFINITY ? `at least ${least}` : `from ${least} to ${most}`;
    throw new UserError(`--${name} must be a ${whole ? 'whole ' : ''}number ${range}`);
  }
}

/** Refuses what is no plain name of a file, on any system: with folders in it, hidden, an option's, a device's, or too long. */
export function checkFileName(option: string, name: string): void {
  const isPlain = /^[\p{L}\p{N}_][\p{L}\p{N}_.+() -]{0,99}$/u.test(name) && !/[. ]$/.test(name);
  if (!isPlain || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name))
    throw new UserError(
      `--${option} "${name}" is no plain name of a file: write up to 100 letters, digits, spaces and ._-+(), beginning with a letter or digit`,
    );
}

/** Where ratings come from: shared by every verb that reads some. */
export function readingOptions<T>(argv: Argv<T>) {
  return argv
    .option('user', {
      type: 'string',
      describe: 'column of the users: its name, or its number from 1',
      group: 'Reading:',
    })
    .option('item', { type: 'string', describe: 'column of the items', group: 'Reading:' })
    .option('rating', { type: 'string', describe: 'column of the ratings', group: 'Reading:' })
    .option('time', {
      type: 'string',
      describe: 'column of the times: seconds, milliseconds and so on since 1970, or dates',
      group: 'Reading:',
    })
    .option('rating-range', {
      type: 'string',
      describe: 'least and greatest rating allowed, e.g. 1,5',
      group: 'Reading:',
    })
    .option('query', {
      type: 'string',
      describe: 'SQL that makes the rows, over the tables of a DuckDB or SQLite file, or over another file as "data"',
      group: 'Reading:',
    })
    .option('bad-times', {
      choices: BAD_TIMES,
      default: 'refuse' as const,
      describe:
        'times that are missing, 0, in the future or in another unit than most: refuse them, drop their rows, or keep them as they are',
      group: 'Reading:',
    })
    .option('time-unit', {
      type: 'string',
      describe: `what times count in (${TIME_UNITS.join(', ')}), or a pattern such as %d/%m/%Y; by default it is guessed`,
      group: 'Reading:',
    })
    .option('header', {
      type: 'boolean',
      describe:
        'whether a table of text begins with the names of its columns: --no-header, --header; by default it is guessed',
      group: 'Reading:',
    })
    .option('delimiter', {
      type: 'string',
      describe: 'what stands between the fields of a table of text, such as ";", "::" or tab; by default it is guessed',
      group: 'Reading:',
    })
    .option('encoding', {
      type: 'string',
      describe: 'encoding of a text, such as utf-8, utf-16le, latin1 or gb18030; by default it is guessed',
      group: 'Reading:',
    })
    .option('max-unpacked', {
      type: 'number',
      describe: 'GiB that a packed file may unpack to; by default 2, or a hundred times its size',
      group: 'Reading:',
    })
    .option('query-seconds', {
      type: 'number',
      default: 300,
      describe: 'seconds that --query may take',
      group: 'Reading:',
    })
    .option('keep-unrated', {
      type: 'boolean',
      default: false,
      describe: 'rows without a rating (Goodreads: 0) are interactions, too; ratings are then not read',
      group: 'Reading:',
    })
    .option('users', {
      type: 'number',
      default: PLANTED_DEFAULTS.users,
      describe: 'users of the planted world',
      group: 'Planted world:',
    })
    .option('items', {
      type: 'number',
      default: PLANTED_DEFAULTS.items,
      describe: 'items of the planted world',
      group: 'Planted world:',
    })
    .option('ratings-per-user', {
      type: 'number',
      default: PLANTED_DEFAULTS.ratingsPerUser,
      describe: 'mean ratings a user',
      group: 'Planted world:',
    })
    .option('rank', {
      type: 'number',
      default: PLANTED_DEFAULTS.rank,
      describe: 'width of the planted tastes',
      group: 'Planted world:',
    })
    .option('attraction', {
      type: 'number',
      default: PLANTED_DEFAULTS.attraction,
      describe: 'how much more often people come across what they like; 0: what is seen does not depend on it',
      group: 'Planted world:',
    });
}

export interface ReadingArguments {
  readonly user?: string | undefined;
  readonly item?: string | undefined;
  readonly rating?: string | undefined;
  readonly time?: string | undefined;
  readonly ratingRange?: string | undefined;
  readonly query?: string | undefined;
  readonly badTimes?: ReadOptions['badTimes'];
  readonly keepUnrated?: boolean | undefined;
  readonly timeUnit?: string | undefined;
  readonly header?: boolean | undefined;
  readonly delimiter?: string | undefined;
  readonly encoding?: string | undefined;
  readonly maxUnpacked?: number | undefined;
  readonly querySeconds?: number | undefined;
  readonly users: number;
  readonly items: number;
  readonly ratingsPerUser: number;
  readonly rank: number;
  readonly attraction: number;
  readonly seed: number;
}

export function readOptionsOf(argv: ReadingArguments): ReadOptions {
  const { user, item, rating, time, ratingRange, query, badTimes, keepUnrated } = argv;
  const { timeUnit, header, delimiter, encoding, maxUnpacked, querySeconds } = argv;
  if (timeUnit !== undefined && !timeUnit.includes('%') && !TIME_UNITS.includes(timeUnit))
    throw new UserError(`--time-unit: ${unknownName('unit', timeUnit, TIME_UNITS)}`);
  checkNumber('max-unpacked', maxUnpacked, 0.001, 1e6);
  checkNumber('query-seconds', querySeconds, 1, 86_400);
  const range = ratingRange?.split(',').map(numberOf);
  if (range && (range.length !== 2 || range.some(Number.isNaN) || (range[0] as number) >= (range[1] as number))) {
    throw new UserError(
      `--rating-range "${ratingRange}" is not understood: write the least and the greatest rating, e.g. 1,5`,
    );
  }
  const columns = { user, item, rating, time };
  return {
    ...{ columns, ratingRange: range as [number, number] | undefined, query, badTimes, keepUnrated },
    ...{ timeUnit, header, delimiter, encoding, maxUnpacked, querySeconds },
  };
}

export function plantedOptionsOf(argv: ReadingArguments): PlantedOptions {
  const { users, items, ratingsPerUser, rank, attraction, seed } = argv;
  checkNumber('users', users, 10, 1e6, true);
  checkNumber('items', items, 10, 1e6, true);
  checkNumber('rank', rank, 1, 256, true);
  checkNumber('attraction', attraction, 0, 10);
  checkNumber('ratings-per-user', ratingsPerUser, 1, items - 1);
  checkLimit('plantedRatings', users * ratingsPerUser, '--users times --ratings-per-user');
  return { users, items, ratingsPerUser, rank, attraction, seed };
}

/** `--seed`, `--out`, `--overwrite`, `--json`: what every verb that writes has. */
export function outputOptions<T>(argv: Argv<T>, what: string, demandOption = true) {
  return argv
    .option('out', { type: 'string', demandOption, requiresArg: true, describe: `folder to write ${what} to` })
    .option('overwrite', { type: 'boolean', default: false, describe: 'replace --out if it exists' })
    .option('seed', { type: 'number', default: 1, describe: 'seed of everything random' })
    .option('json', { type: 'boolean', default: false, describe: 'print the result as JSON' });
}

/** What `outputOptions` gives. */
export interface OutputArguments {
  readonly out: string;
  readonly overwrite: boolean;
  readonly seed: number;
  readonly json: boolean;
}

/** `--format` of verbs that write a folder of data. */
export function formatOption<T>(argv: Argv<T>) {
  return argv.option('format', {
    choices: TABLE_FORMATS,
    default: 'arrow' as const,
    describe: 'of tables: parquet writes each as Parquet, too, beside Arrow, which expobench itself reads',
  });
}

export interface FormatArgument {
  readonly format: TableFormat;
}

export function checkSeed(seed: number): void {
  checkNumber('seed', seed, 0, Number.MAX_SAFE_INTEGER, true);
}

export function workersOption<T>(argv: Argv<T>) {
  return argv.option('workers', {
    type: 'number',
    describe: 'worker threads; by default one a core. Results do not depend on it',
  });
}
