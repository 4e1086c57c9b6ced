import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../support/errors.js';
import { type FileFormat, placeOf } from './formats.js';
import type { ReadOptions } from './reader.js';

/** Units that whole numbers may be in, by how large times of our age are in them. */
const UNITS = [
  { name: 'nanoseconds', above: 1e17, divisor: 1e9 },
  { name: 'microseconds', above: 1e14, divisor: 1e6 },
  { name: 'milliseconds', above: 1e11, divisor: 1e3 },
  { name: 'seconds', above: 0, divisor: 1 },
] as const;

/** As Goodreads writes them: "Fri Aug 25 13:55:02 -0700 2017". */
const GOODREADS = '%a %b %d %H:%M:%S %z %Y';
const DAY = 24 * 3600;
/** Times that reach beyond this (1973) count from 1970, so that 0 is none; others may be places in an order, which begins at 0. */
const OF_OUR_AGE = 1e8;

/** How the column `t` of the table `raw` tells seconds since 1970. */
export interface Times {
  /** SQL; undefined where there are no times. */
  readonly seconds: string | undefined;
  /** What a time should look like. */
  readonly expected: string;
  /** Refuses, drops or keeps times of 0 and in the future; says what it did, and what unit was found. */
  clean(
    connection: DuckDBConnection,
    path: string,
    format: FileFormat,
    bad: NonNullable<ReadOptions['badTimes']>,
  ): Promise<string[]>;
}

/** Finds out in which form times are: numbers of some unit, dates and times as ISO 8601 writes them, or as Goodreads does. */
export async function findTimes(connection: DuckDBConnection, { use }: FileFormat): Promise<Times> {
  const none: Times = { seconds: undefined, expected: '', clean: async () => [] };
  if (use.time === undefined && !use.date) return none;
  const found = await connection.runAndReadAll(`SELECT count(*), count(TRY_CAST(t AS DOUBLE)),
      max(abs(TRY_CAST(t AS DOUBLE))), first(t ORDER BY line) FILTER (t <> '') FROM raw`);
  const [all, numbers, largest, first] = found.getRows()[0] as [bigint, bigint, number | null, string | null];
  if (Number(all) > 0 && numbers === all && largest === 0)
    return { ...none, clean: async () => ['all times are 0, so that there are none'] };
  if (numbers === 0n && first !== null && (await parses(connection, first, GOODREADS)))
    return timesOf(`epoch(try_strptime(t, '${GOODREADS}'))`, 'a time such as Fri Aug 25 13:55:02 -0700 2017');
  if (numbers === 0n && first !== null && (await parses(connection, first)))
    return timesOf('epoch(TRY_CAST(t AS TIMESTAMPTZ))', 'a time such as 2017-08-25 13:55:02');
  const countsFrom1970 = (largest ?? 0) > OF_OUR_AGE;
  const unit = UNITS.find(({ above }) => (largest ?? 0) > above) ?? UNITS[3];
  return timesOf(
    unit.divisor === 1 ? 'TRY_CAST(t AS DOUBLE)' : `TRY_CAST(t AS DOUBLE) / ${unit.divisor}`,
    `a time in ${unit.name}`,
    { notes: unit.name === 'seconds' ? [] : [`times are in ${unit.name}`], zeroIsNone: countsFrom1970 },
  );
}

async function parses(connection: DuckDBConnection, value: string, format?: string): Promise<boolean> {
  const quoted = `'${value.replaceAll("'", "''")}'`;
  const parsed = format === undefined ? `TRY_CAST(${quoted} AS TIMESTAMPTZ)` : `try_strptime(${quoted}, '${format}')`;
  return (await connection.runAndReadAll(`SELECT ${parsed} IS NOT NULL`)).getRows()[0]?.[0] === true;
}

function timesOf(
  seconds: string,
  expected: string,
  { notes, zeroIsNone }: { readonly notes: readonly string[]; readonly zeroIsNone: boolean } = {
    notes: [],
    zeroIsNone: true,
  },
): Times {
  return {
    seconds,
    expected,
    async clean(connection, path, format, bad) {
      if (bad === 'keep') return [...notes];
      const latest = Date.now() / 1000 + DAY;
      const wrong = `${zeroIsNone ? `(${seconds}) = 0 OR ` : ''}(${seconds}) > ${latest}`;
      const found = await connection.runAndReadAll(
        `SELECT count(*), min(line), first(t ORDER BY line), first((${seconds}) = 0 ORDER BY line) FROM raw WHERE ${wrong}`,
      );
      const [count, line, value, isZero] = found.getRows()[0] as [bigint, bigint, string, boolean];
      if (count === 0n) return [...notes];
      if (bad === 'refuse')
        throw new UserError(
          `${placeOf(path, format, Number(line))}: the time ${value} is ${isZero ? 'zero' : 'in the future'} (${Number(count).toLocaleString('en')} such rows): --bad-times drop leaves them out, --bad-times keep takes them as they are`,
        );
      await connection.run(`DELETE FROM raw WHERE ${wrong}`);
      return [...notes, `${Number(count).toLocaleString('en')} rows with times of 0 or in the future were left out`];
    },
  };
}
