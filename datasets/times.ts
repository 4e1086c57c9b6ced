import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../support/errors.js';
import type { ColumnType } from './columns.js';
import { literal, rowsOf } from './duckdb.js';

/** What times count in since 1970, by how large times of our age are in it; minutes, hours and days must be said. */
const UNITS = [
  { name: 'nanoseconds', above: 1e17, divisor: 1e9 },
  { name: 'microseconds', above: 1e14, divisor: 1e6 },
  { name: 'milliseconds', above: 1e11, divisor: 1e3 },
  { name: 'seconds', above: 0, divisor: 1 },
] as const;
const COARSE = { minutes: 60, hours: 3600, days: 86_400 } as const;

/** Numbers that are read by their digits: 20220421 is a day. */
const CALENDARS = [
  { name: 'days as YYYYMMDD', digits: 1, format: '%Y%m%d', example: '20220421' },
  { name: 'hours as YYYYMMDDHH', digits: 1e2, format: '%Y%m%d%H', example: '2022042108' },
  { name: 'minutes as YYYYMMDDHHMM', digits: 1e4, format: '%Y%m%d%H%M', example: '202204210818' },
  { name: 'seconds as YYYYMMDDHHMMSS', digits: 1e6, format: '%Y%m%d%H%M%S', example: '20220421081800' },
] as const;

/** What `--time-unit` takes, besides a pattern such as %d/%m/%Y. */
export const TIME_UNITS = [...UNITS.map(({ name }) => name), ...Object.keys(COARSE), 'calendar'];

/** Patterns of dates as text that are not ISO 8601, with an example; Goodreads has the first. */
const PATTERNS: readonly (readonly [pattern: string, example: string])[] = [
  ['%a %b %d %H:%M:%S %z %Y', 'Fri Aug 25 13:55:02 -0700 2017'],
  ['%a, %d %b %Y %H:%M:%S %z', 'Fri, 25 Aug 2017 13:55:02 -0700'],
  ...['', ' %H:%M', ' %H:%M:%S'].flatMap((clock, c): [string, string][] => {
    const time = ['', ' 13:55', ' 13:55:02'][c];
    return [
      [`%d.%m.%Y${clock}`, `25.08.2017${time}`],
      [`%m/%d/%Y${clock}`, `08/25/2017${time}`],
      [`%d/%m/%Y${clock}`, `25/08/2017${time}`],
    ];
  }),
  ['%m %d, %Y', '08 25, 2017'],
  ['%b %d, %Y', 'Aug 25, 2017'],
  ['%B %d, %Y', 'August 25, 2017'],
  ['%d %b %Y', '25 Aug 2017'],
  ['%d-%b-%Y', '25-Aug-2017'],
  ['%d-%b-%Y %H:%M:%S', '25-Aug-2017 13:55:02'],
  ['%m/%d/%Y %I:%M %p', '08/25/2017 01:55 PM'],
  ['%m/%d/%Y %I:%M:%S %p', '08/25/2017 01:55:02 PM'],
  ['%Y%m%dT%H%M%S%z', '20170825T135502Z'],
  ['%Y%m%dT%H%M%SZ', '20170825T135502Z'],
  ['%Y%m%dT%H%M%S', '20170825T135502'],
];

/** Numbers that may be days by their digits, but in more than one way, or that may be counts as well; what to do is asked. */
const DIGITS = [
  { pattern: '%d%m%Y', width: 8, parts: { day: 1e6, month: 1e4, year: 1 } },
  { pattern: '%m%d%Y', width: 8, parts: { month: 1e6, day: 1e4, year: 1 } },
  { pattern: '%y%m%d', width: 6, parts: { month: 100, day: 1 } },
  { pattern: '%d%m%y', width: 6, parts: { day: 1e4, month: 100 } },
  { pattern: '%m%d%y', width: 6, parts: { month: 1e4, day: 100 } },
  { pattern: '%Y%m', width: 6, parts: { year: 100, month: 1 } },
] as const;

const DAY = 86_400;
/** Times that reach beyond this (1973) count from 1970, so that 0 is none; others may be places in an order, which begins at 0. */
const OF_OUR_AGE = 1e8;
/** 1990 and 1900. */
const [LIKELY, LONG_AGO] = [631_152_000, -2_208_988_800];

export const BAD_TIMES = ['refuse', 'drop', 'keep'] as const;

/** How a table with columns `n` (the time where it is a number), `t` (its text where it is none) and `line` tells seconds since 1970. */
export interface Times {
  /** SQL of the seconds; NULL where a row tells none. */
  readonly seconds: string;
  /** What a time should look like. */
  readonly expected: string;
  /** The unit, and how it is known, in words. */
  readonly unit: string;
  /** SQL of what is wrong with a row's time, a text; NULL where nothing is. */
  readonly wrong: string;
  /** Whether times are points in time for sure, and not counts that may be places in an order. */
  readonly dated: boolean;
  /** Whether they are stored as times, and not as numbers or texts. */
  readonly isStored: boolean;
}

/** A form of times: what findTimes finds out, before it is known which times cannot be. */
interface TimeForm {
  readonly seconds: string;
  readonly expected: string;
  readonly unit: string;
  readonly latest: number;
  readonly dated: boolean;
  readonly isStored?: boolean;
  /** SQL of whether a row is in another unit than `name`. */
  readonly otherUnit?: string;
  readonly name?: string;
}

/** SQL of a count in a unit, as a time of our age. */
const isLikely = (divisor: number, latest: number): string => `(n / ${divisor} BETWEEN ${LIKELY} AND ${latest})`;
const isCalendar = (digits: number): string => {
  const day = `floor(n / ${digits})`;
  // The range comes first: of most tables it leaves nothing to look at.
  return `(n BETWEEN ${19000101 * digits} AND ${21001232 * digits} AND n = floor(n) AND ${day} % 100 BETWEEN 1 AND 31 AND floor(${day} / 100) % 100 BETWEEN 1 AND 12)`;
};

/**
 * Finds out in which form times are: numbers of some unit, calendar numbers, ISO 8601, or another way to write dates. Most rows decide, so that
 * none of the others decides for all. Undefined where all times are 0, so that there are none. `clock` is SQL of seconds since midnight.
 */
export async function findTimes(
  connection: DuckDBConnection,
  table: string,
  type: ColumnType,
  said: string | undefined,
  clock?: string,
): Promise<Times | undefined> {
  const form = await formOfTimes(connection, table, type, said, clock);
  if (!form?.dated) return form && timesOf(form, false);
  // Near 1970 lie zeros of other time zones, counts of days among seconds, and numbers that are no times; where most lie there, it is right.
  const [[early, all] = []] = await rowsOf(
    connection,
    `SELECT count(*) FILTER (abs(s) < ${OF_OUR_AGE}), count(s) FROM (SELECT (${form.seconds}) AS s FROM ${table})`,
  );
  return timesOf(form, Number(early) * 2 < Number(all));
}

async function formOfTimes(
  connection: DuckDBConnection,
  table: string,
  type: ColumnType,
  said: string | undefined,
  clock: string | undefined,
): Promise<TimeForm | undefined> {
  const latest = Math.floor(Date.now() / 1000) + DAY;
  const { all, numbers, zeros, texts, old, units, calendars } = await countTimes(connection, table);
  if (all > 0 && zeros === all) return undefined;
  const whole = (seconds: string): string => (clock === undefined ? seconds : `(${seconds}) + (${clock})`);
  const form = (seconds: string, expected: string, unit: string, dated = true): TimeForm => ({
    ...{ seconds: whole(seconds), expected, unit, latest, dated },
  });
  if (type === 'instant') return { ...form('n / 1e6', 'a time', 'stored as times'), isStored: true };
  if (said?.includes('%')) {
    // A number as its pattern reads it, without a point, and with the zero in front that numbers lose.
    const width = DIGITS.find(({ pattern }) => pattern === said)?.width ?? 0;
    const digits = `CAST(CAST(n AS HUGEINT) AS VARCHAR)`;
    const value = `coalesce(nullif(t, ''), ${width ? `lpad(${digits}, CAST(greatest(${width}, length(${digits})) AS INTEGER), '0')` : digits})`;
    return form(
      `epoch(try_strptime(${value}, ${literal(said)}))`,
      `a time such as --time-unit "${said}" says`,
      `read by ${said}, as was said`,
    );
  }
  const asText = said === undefined && texts > numbers ? await textTimes(connection, table) : undefined;
  if (asText) return form(...asText);
  const calendar =
    said === 'calendar' || said === undefined
      ? CALENDARS.find((_, c) => (calendars[c] as number) > (said ? 0 : (numbers - zeros) / 2))
      : undefined;
  if (calendar) {
    const text = `CASE WHEN ${isCalendar(calendar.digits)} THEN CAST(CAST(n AS BIGINT) AS VARCHAR) END`;
    return form(
      `epoch(try_strptime(${text}, '${calendar.format}'))`,
      `a time such as ${calendar.example}`,
      `${calendar.name}, by their digits`,
    );
  }
  const coarse = said === undefined ? undefined : COARSE[said as keyof typeof COARSE];
  if (coarse !== undefined)
    return { ...form('', `a time in ${said}`, `${said} since 1970, as was said`, false), seconds: `n * ${coarse}` };
  const most = Math.max(...units);
  const u = said === undefined ? units.lastIndexOf(most) : UNITS.findIndex(({ name }) => name === said);
  const unit = UNITS[u] ?? UNITS[3];
  const countsFrom1970 = old > (numbers - zeros) / 2;
  if (said === undefined && !countsFrom1970) await refuseDigits(connection, table);
  const others = UNITS.filter((one) => one !== unit).map(({ divisor }) => isLikely(divisor, latest));
  const otherUnit =
    said === undefined && countsFrom1970
      ? `NOT ${isLikely(unit.divisor, latest)} AND (${others.join(' OR ')})`
      : 'false';
  const why =
    said === undefined
      ? countsFrom1970
        ? `since 1970, by the size of most (${Math.round((100 * most) / all)}%)`
        : 'or places in an order, too small for times of our age; --time-unit says it of counts of minutes, hours or days'
      : 'since 1970, as was said';
  return {
    ...form(
      unit.divisor === 1 ? 'n' : `n / ${unit.divisor}`,
      `a time in ${unit.name}`,
      `${unit.name} ${why}`,
      countsFrom1970,
    ),
    ...{ otherUnit, name: unit.name },
  };
}

/** What the times of a table are like. */
interface TimeCounts {
  readonly all: number;
  readonly numbers: number;
  readonly zeros: number;
  readonly texts: number;
  /** Numbers beyond what places in an order are. */
  readonly old: number;
  /** Of each unit, and of each calendar, how many numbers are of its size. */
  readonly units: readonly number[];
  readonly calendars: readonly number[];
}

/** Counts the times of a table. Where the least and the largest number are of one size, as in most tables, they tell of all others. */
async function countTimes(connection: DuckDBConnection, table: string): Promise<TimeCounts> {
  const [row = []] = await rowsOf(
    connection,
    `SELECT count(*), count(n), count(*) FILTER (n = 0), count(*) FILTER (n IS NULL AND t <> ''), coalesce(min(n), 0), coalesce(max(n), 0) FROM ${table}`,
  );
  const [all = 0, numbers = 0, zeros = 0, texts = 0, least = 0, largest = 0] = row.map(Number);
  const above = (u: number): number => UNITS[u - 1]?.above ?? 1e300;
  const inside = UNITS.findIndex((unit, u) => least > Math.max(unit.above, OF_OUR_AGE) && largest <= above(u));
  const mayBeDays = CALENDARS.some(({ digits }) => largest >= 19000101 * digits && least <= 21001232 * digits);
  if (inside >= 0 && !mayBeDays)
    return {
      ...{ all, numbers, zeros, texts, old: numbers },
      units: UNITS.map((_, u) => (u === inside ? numbers : 0)),
      calendars: CALENDARS.map(() => 0),
    };
  const bands = UNITS.map((unit, u) => `count(*) FILTER (abs(n) > ${unit.above} AND abs(n) <= ${above(u)})`);
  const days = CALENDARS.map(({ digits }) => `count(*) FILTER ${isCalendar(digits)}`);
  const [found = []] = await rowsOf(
    connection,
    `SELECT count(*) FILTER (abs(n) > ${OF_OUR_AGE}), ${[...bands, ...days].join(', ')} FROM ${table}`,
  );
  const [old = 0, ...counts] = found.map(Number);
  return {
    ...{ all, numbers, zeros, texts, old },
    units: counts.slice(0, UNITS.length),
    calendars: counts.slice(UNITS.length),
  };
}

function timesOf(
  { seconds, expected, unit, latest, dated, isStored = false, otherUnit = 'false', name = '' }: TimeForm,
  earlyIsWrong: boolean,
): Times {
  const none = dated
    ? `WHEN coalesce(n = 0, false) OR (${seconds}) = 0 THEN 'is zero' WHEN n = -1 AND (${seconds}) <= 0 THEN 'is -1, which means none' WHEN (${seconds}) < ${LONG_AGO + DAY} THEN 'is in 1900 or before'`
    : '';
  const early = earlyIsWrong
    ? `WHEN abs(${seconds}) < ${OF_OUR_AGE} THEN 'is within three years of 1970, far from most'`
    : '';
  const wrong = `CASE WHEN n IS NULL AND coalesce(t, '') = '' THEN 'is missing' WHEN (${seconds}) IS NULL THEN NULL
    WHEN ${otherUnit} THEN ${literal(`is in another unit than most, which are in ${name}`)} ${none} ${early} WHEN (${seconds}) > ${latest} THEN 'is in the future' END`;
  return { seconds, expected, unit, wrong, dated, isStored };
}

/** Refuses numbers that are too small for counts from 1970, and look like days by their digits: in the order of numbers they would stand wrong. */
async function refuseDigits(connection: DuckDBConnection, table: string): Promise<void> {
  const part = (unit: number, most: number): string => `floor(n / ${unit}) % ${most}`;
  const fits = DIGITS.map(({ width, parts }) => {
    const tests = Object.entries(parts).map(
      ([name, unit]) =>
        ({
          day: `${part(unit, 100)} BETWEEN 1 AND 31`,
          month: `${part(unit, 100)} BETWEEN 1 AND 12`,
          year: `${part(unit, 1e4)} BETWEEN 1900 AND 2100`,
        })[name],
    );
    return `count(*) FILTER (n = floor(n) AND n BETWEEN ${10 ** (width - 2)} AND ${10 ** width} AND ${tests.join(' AND ')})`;
  });
  const [counts = []] = await rowsOf(
    connection,
    `SELECT count(DISTINCT n), count(*) FILTER (n <> 0), ${fits.join(', ')} FROM ${table}`,
  );
  const [distinct = 0, all = 0, ...found] = counts.map(Number);
  const possible = DIGITS.filter((_, d) => (found[d] as number) * 10 > all * 9).map(({ pattern }) => pattern);
  if (possible.length === 0 || distinct < 2) return;
  const [[example] = []] = await rowsOf(connection, `SELECT CAST(min(n) AS BIGINT) FROM ${table} WHERE n > 0`);
  throw new UserError(
    `the times, such as ${String(example)}, may be days by their digits, or counts: say which, by ${possible.map((pattern) => `--time-unit ${pattern}`).join(', ')} or --time-unit seconds`,
  );
}

/** Times that most rows write as text; undefined where no way to write dates fits. */
async function textTimes(
  connection: DuckDBConnection,
  table: string,
): Promise<[seconds: string, expected: string, unit: string] | undefined> {
  const sample = `(SELECT t FROM ${table} WHERE n IS NULL AND t <> '' LIMIT 10000)`;
  const [counts = []] = await rowsOf(
    connection,
    `SELECT count(TRY_CAST(t AS TIMESTAMPTZ)), ${PATTERNS.map(([pattern]) => `count(try_strptime(t, ${literal(pattern)}))`).join(', ')} FROM ${sample}`,
  );
  const [iso = 0, ...others] = counts.map(Number);
  const most = Math.max(...others);
  if (iso === 0 && most === 0) return undefined;
  if (iso >= most)
    return ['epoch(TRY_CAST(t AS TIMESTAMPTZ))', 'a time such as 2017-08-25 13:55:02', 'dates as ISO 8601 writes them'];
  const best = PATTERNS.filter((_, p) => others[p] === most);
  const [[pattern, example] = PATTERNS[0] as (typeof PATTERNS)[number], second] = best;
  if (second !== undefined && /^%[md]\/%[md]/.test(pattern))
    throw new UserError(
      `the times can be read as month/day/year and as day/month/year: say which, by --time-unit "${pattern}" or --time-unit "${second[0]}"`,
    );
  return [`epoch(try_strptime(t, ${literal(pattern)}))`, `a time such as ${example}`, `dates such as ${example}`];
}

/** How fine the times of a table are: 0 days, 1 minutes, 2 seconds, 3 parts of them; undefined where most are no times. */
export async function finenessOf(
  connection: DuckDBConnection,
  table: string,
  times: Times,
): Promise<number | undefined> {
  const [[all, told, minutes, seconds, parts] = []] = (
    await rowsOf(
      connection,
      `SELECT count(*), count(s), count(*) FILTER (s % ${DAY} <> 0), count(*) FILTER (s % 60 <> 0), count(*) FILTER (s % 1 <> 0)
        FROM (SELECT (${times.seconds}) AS s FROM ${table})`,
    )
  ).map((row) => row.map(Number));
  if ((told as number) * 2 < (all as number)) return undefined;
  return parts ? 3 : seconds ? 2 : minutes ? 1 : 0;
}

/** SQL of the seconds since midnight that the text `c` says: 08:18, 08:18:30, 0818, 818 or, of hours, 8. */
export function clockSeconds(isHour: boolean): string {
  const number = 'TRY_CAST(c AS INTEGER)';
  const digits = isHour
    ? `CASE WHEN ${number} BETWEEN 0 AND 23 THEN ${number} * 3600 END`
    : `CASE WHEN length(c) <= 4 AND ${number} BETWEEN 0 AND 2359 AND ${number} % 100 < 60 THEN ${number} // 100 * 3600 + ${number} % 100 * 60
        WHEN ${number} BETWEEN 0 AND 235959 AND ${number} % 100 < 60 AND ${number} // 100 % 100 < 60 THEN ${number} // 10000 * 3600 + ${number} // 100 % 100 * 60 + ${number} % 100 END`;
  return `coalesce(${digits}, epoch(TRY_CAST('1970-01-01 ' || c AS TIMESTAMP)))`;
}
