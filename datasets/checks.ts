import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../support/errors.js';
import { literal, rowsOf } from './duckdb.js';
import type { SourceTable } from './formats/format.js';
import { type Interactions, sharedFloat64, sharedInt32 } from './interactions.js';
import type { LoadedRows } from './load.js';
import type { ReadOptions } from './reader.js';

/** Texts that are nobody's id: what programs write where a value is missing. */
const NEVER_IDS = ['', 'nan', '-nan', '<na>', '\\n', 'nat'];
/** Texts that may be names, but not among whole numbers. */
const NO_NUMBERS = ['null', 'none', 'na', 'n/a', 'nil', 'inf', '-inf', 'undefined', '-', '?'];
/** Beyond this not every whole number has a floating-point number of its own. */
const EXACT = 2 ** 53;

/** Ratings beyond this have squares that single precision does not hold. */
const MOST_RATING = 1e15;

const number = (n: number): string => n.toLocaleString('en');

/** A row that is not as it should be. */
interface Fault {
  readonly line: number;
  explain(): Promise<string>;
}

/**
 * Checks rows, whatever source they come from, and makes interactions of them. Throws UserError naming the first row that is wrong: a missing
 * id, a rating that is none or out of range, a time that cannot be.
 */
export async function checkAndConvert(
  connection: DuckDBConnection,
  table: SourceTable,
  rows: LoadedRows,
  shown: string,
  options: ReadOptions,
): Promise<{ data: Interactions; notes: string[] }> {
  const notes = [describeUse(table, rows), ...rows.notes];
  const where = async (line: number): Promise<string> => `"${shown}", ${await table.place(line)}`;
  if (rows.rated && table.noRating !== undefined) {
    const [[count] = []] = await rowsOf(connection, `SELECT count(*) FROM raw WHERE r = ${table.noRating}`);
    if (Number(count) > 0) {
      await connection.run(`DELETE FROM raw WHERE r = ${table.noRating}`);
      notes.push(
        `${number(Number(count))} rows with rating ${table.noRating}, which means none, were left out (--keep-unrated keeps them as interactions, without ratings)`,
      );
    }
  }
  const users = await numberIds(connection, table, rows, 'user', notes);
  const items = await numberIds(connection, table, rows, 'item', notes);
  const kind = (isNumeric: boolean): string => (isNumeric ? 'whole numbers' : 'texts');
  notes.push(
    `users are ${kind(users.isNumeric)}, items are ${kind(items.isNumeric)}${rows.rated ? ', ratings are numbers' : ''}`,
  );
  // Of one line the first field speaks first.
  const faults = [
    ...(rows.use.item < rows.use.user ? [items.fault, users.fault] : [users.fault, items.fault]),
    await ratingFault(connection, table, rows, options),
    await timeFault(connection, rows),
  ];
  const [first] = faults.filter((fault) => fault !== undefined).sort((a, b) => a.line - b.line);
  if (first) throw new UserError(`${await where(first.line)}: ${await first.explain()}`);
  notes.push(...(await cleanTimes(connection, rows, where, options.badTimes ?? 'refuse')));
  return { data: await convert(connection, rows, users.ids, items.ids), notes };
}

/** The columns that are used, for people: "user = userID, item = artistID". */
function describeUse(table: SourceTable, { use, rated, timeNames }: LoadedRows): string {
  const nameOf = (place: number): string => table.columns[place]?.name || `column ${place + 1}`;
  const parts = [`user = ${nameOf(use.user)}`, `item = ${nameOf(use.item)}`];
  if (rated) parts.push(`rating = ${nameOf(use.rating as number)}`);
  if (timeNames !== '') parts.push(`time = ${timeNames}`);
  return parts.join(', ');
}

/** The text of a row's cell as the file has it. */
async function cellOf(
  connection: DuckDBConnection,
  { numbered }: LoadedRows,
  place: number,
  line: number,
): Promise<string> {
  const [[value] = []] = await rowsOf(
    connection,
    `SELECT CAST(c${place} AS VARCHAR) FROM ${numbered} WHERE line = ${line}`,
  );
  return value === null || value === undefined ? 'nothing' : `"${String(value).slice(0, 100)}"`;
}

/** What ids look like, and SQL of those that cannot be, with why. */
interface IdForm {
  readonly isNumeric: boolean;
  /** Whether some whole numbers are written with a point. */
  readonly hasPoints: boolean;
  readonly wrong: readonly (readonly [test: string, why: string])[];
}

/** Looks at the distinct ids of a role, in the table `users_found` or `items_found`. */
async function lookAtIds(
  connection: DuckDBConnection,
  table: SourceTable,
  place: number,
  role: 'user' | 'item',
): Promise<IdForm> {
  const list = (values: readonly string[]): string => values.map(literal).join(', ');
  const tests = {
    missing: `(id IS NULL OR lower(id) IN (${list(NEVER_IDS)}))`,
    words: `(lower(id) IN (${list(NO_NUMBERS)}))`,
    numbers: "(regexp_full_match(id, '-?[0-9]{1,38}([.]0+)?'))",
    points: "(contains(id, '.') AND regexp_full_match(id, '-?[0-9]{1,38}[.]0+'))",
    // A point or a sign tells a power of ten from words such as 12e5.
    powers: "(regexp_full_match(id, '-?[0-9]+([.][0-9]*[eE][+-]?|[eE][+-])[0-9]+'))",
    remarks: "(regexp_matches(id, '^([#%]|//)'))",
    spacedRemarks: "(regexp_matches(id, '^([#%]|//)\\s'))",
  };
  const names = Object.keys(tests) as (keyof typeof tests)[];
  const [row = []] = await rowsOf(
    connection,
    `SELECT count(*), ${names.map((name) => `count(*) FILTER ${tests[name]}`).join(', ')} FROM ${role}s_found`,
  );
  const [all = 0, ...counts] = row.map(Number);
  const count = Object.fromEntries(names.map((name, n) => [name, counts[n] as number])) as Record<
    keyof typeof tests,
    number
  >;
  const none = count.missing + count.words;
  const isNumeric = count.numbers > 0 && count.numbers + none === all;
  const wrong: [string, string][] = [];
  const missing = `the ${role} is missing`;
  const inexact = `cannot tell apart whole numbers this large: store ids as text or integers`;
  if (count.missing > 0) wrong.push([tests.missing, missing]);
  if (count.words > 0 && isNumeric) wrong.push([tests.words, missing]);
  if (table.columns[place]?.type === 'float')
    wrong.push([
      `(abs(TRY_CAST(id AS DOUBLE)) >= ${EXACT})`,
      `the ${role} is stored in floating point, which ${inexact}`,
    ]);
  if (isNumeric && count.points > 0)
    wrong.push([
      `(${tests.points} AND abs(TRY_CAST(id AS DOUBLE)) >= ${EXACT})`,
      `the ${role} was in floating point, which ${inexact}`,
    ]);
  if (count.powers > 0 && count.numbers + count.powers + none === all)
    wrong.push([
      tests.powers,
      `the ${role} is written by a power of ten, as spreadsheets and floating point write large numbers, which ${inexact}`,
    ]);
  // Where all other ids are numbers, what begins as a comment needs no blank to be one.
  const areRemarks =
    count.spacedRemarks > 0
      ? 2 * count.spacedRemarks < all
      : count.numbers > 0 && count.numbers + count.remarks === all;
  if (table.isText && place === 0 && count.remarks > 0 && areRemarks)
    wrong.push([
      count.spacedRemarks > 0 ? tests.spacedRemarks : tests.remarks,
      'the line begins as a comment does: take it out, or begin the file with a comment, so that its mark is known',
    ]);
  return { isNumeric, hasPoints: isNumeric && count.points > 0, wrong };
}

/**
 * Numbers the users or the items in the table `users` or `items` (given, as in the file; name, place): in numeric order where all are whole
 * numbers, else alphabetically. Whole numbers that were written with a point, as floating-point columns are, lose it.
 */
async function numberIds(
  connection: DuckDBConnection,
  table: SourceTable,
  { use }: LoadedRows,
  role: 'user' | 'item',
  notes: string[],
): Promise<{ ids: string[]; isNumeric: boolean; fault: Fault | undefined }> {
  const column = role === 'user' ? 'u' : 'i';
  const name = `${role}s`;
  await connection.run(`DROP TABLE IF EXISTS temp.${name}; DROP TABLE IF EXISTS temp.${name}_found`);
  await connection.run(
    `CREATE TEMP TABLE ${name}_found AS SELECT given, trim(given) AS id FROM (SELECT DISTINCT ${column} AS given FROM raw)`,
  );
  const { isNumeric, hasPoints, wrong } = await lookAtIds(connection, table, use[role], role);
  for (const [test, what] of wrong) {
    const [[line, id] = []] = await rowsOf(
      connection,
      `SELECT min(line), arg_min(id, line) FROM raw JOIN ${name}_found ON given IS NOT DISTINCT FROM ${column} WHERE ${test}`,
    );
    if (line === null || line === undefined) continue;
    const value = id === null || id === '' ? '' : ` (${JSON.stringify(id)})`;
    return {
      ids: [],
      isNumeric,
      fault: { line: Number(line), explain: async () => `${what}${value}; ${table.expected}` },
    };
  }
  if (hasPoints) notes.push(`${name}: whole numbers with a point, such as 5.0, are taken without it`);
  const plain = hasPoints ? "regexp_replace(id, '[.]0+$', '')" : 'id';
  await connection.run(
    `CREATE TEMP TABLE ${name} AS SELECT given, name, CAST(dense_rank() OVER (ORDER BY ${isNumeric ? 'CAST(name AS HUGEINT), ' : ''}name) - 1 AS INTEGER) AS place
      FROM (SELECT given, ${plain} AS name FROM ${name}_found)`,
  );
  const found = await connection.runAndReadAll(`SELECT name FROM ${name} GROUP BY place, name ORDER BY place`);
  return { ids: found.getColumnsJS()[0] as string[], isNumeric, fault: undefined };
}

async function ratingFault(
  connection: DuckDBConnection,
  table: SourceTable,
  rows: LoadedRows,
  { ratingRange }: ReadOptions,
): Promise<Fault | undefined> {
  if (!rows.rated) return undefined;
  const [least, most] = ratingRange ?? table.ratingRange ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const [low, high] = [Math.max(least, -MOST_RATING), Math.min(most, MOST_RATING)];
  const [[line, none] = []] = await rowsOf(
    connection,
    `SELECT min(line), arg_min(r IS NULL OR NOT isfinite(r), line) FROM raw WHERE r IS NULL OR NOT isfinite(r) OR r NOT BETWEEN ${low} AND ${high}`,
  );
  if (line === null || line === undefined) return undefined;
  return {
    line: Number(line),
    explain: async () => {
      const value = await cellOf(connection, rows, rows.use.rating as number, Number(line));
      if (none) return `expected a number as rating, found ${value}`;
      const isRead = Number.isFinite(least) || Number.isFinite(most);
      return !isRead
        ? `the rating ${value.slice(1, -1)} is beyond ${MOST_RATING.toExponential()}, more than can be computed with: bring ratings to a scale such as 1 to 5`
        : `the rating ${value.slice(1, -1)} is outside ${least} to ${most}; set --rating-range where that is right`;
    },
  };
}

/** A time that cannot be read; times that can be read and cannot be are another matter. */
async function timeFault(connection: DuckDBConnection, { times }: LoadedRows): Promise<Fault | undefined> {
  if (!times) return undefined;
  const unread = `(n IS NOT NULL OR t <> '') AND ((${times.seconds}) IS NULL OR NOT isfinite(${times.seconds}))`;
  const [[line, value] = []] = await rowsOf(
    connection,
    `SELECT min(line), arg_min(coalesce(nullif(t, ''), ${PLAIN_NUMBER}), line) FROM raw WHERE ${unread}`,
  );
  if (line === null || line === undefined) return undefined;
  return {
    line: Number(line),
    explain: async () =>
      `expected ${times.expected}, found ${JSON.stringify(value)}; --time-unit says how times are written`,
  };
}

/** SQL of the number of a time, without an exponent where it is whole. */
const PLAIN_NUMBER =
  'CASE WHEN n = floor(n) AND abs(n) < 1e18 THEN CAST(CAST(n AS BIGINT) AS VARCHAR) ELSE CAST(n AS VARCHAR) END';

/** Refuses, drops or keeps times that cannot be; says what it did, the unit, and the first and last time. */
async function cleanTimes(
  connection: DuckDBConnection,
  { times }: LoadedRows,
  where: (line: number) => Promise<string>,
  bad: NonNullable<ReadOptions['badTimes']>,
): Promise<string[]> {
  if (!times) return [];
  const notes: string[] = [];
  // Of what is missing nothing can be kept.
  const test = bad === 'keep' ? "n IS NULL AND coalesce(t, '') = ''" : `(${times.wrong}) IS NOT NULL`;
  const [[count, line, value, what, seconds] = []] = await rowsOf(
    connection,
    `SELECT count(*), min(line), arg_min(coalesce(nullif(t, ''), ${PLAIN_NUMBER}), line), arg_min(${times.wrong}, line), arg_min(${times.seconds}, line) FROM raw WHERE ${test}`,
  );
  if (Number(count) > 0) {
    if (bad !== 'drop') {
      const found =
        value === null
          ? `the time is missing; expected ${times.expected}, found nothing`
          : `the time ${times.isStored ? dateOf(seconds) : String(value)} ${String(what)}`;
      throw new UserError(
        `${await where(Number(line))}: ${found} (${number(Number(count))} such rows): --bad-times drop leaves them out${value === null ? ', --time "" reads no times' : ', --bad-times keep takes them as they are'}`,
      );
    }
    await connection.run(`DELETE FROM raw WHERE ${test}`);
    notes.push(
      `${number(Number(count))} rows with times that are missing, 0, in the future or in another unit were left out`,
    );
  }
  const before = `(${times.seconds}) < 0`;
  const [[first, last, early, earliest] = []] = await rowsOf(
    connection,
    `SELECT min(${times.seconds}), max(${times.seconds}), count(*) FILTER (${before}), min(line) FILTER (${before}) FROM raw`,
  );
  // Some data have real ones: they are neither refused nor passed over in silence.
  if (Number(early) > 0)
    notes.push(
      `${number(Number(early))} times are before 1970 and are taken as such, the first at ${await where(Number(earliest))}`,
    );
  const shownAs = times.dated ? dateOf : (seconds: unknown): string => `${Number(seconds)}`;
  notes.push(`times: ${times.unit}; from ${shownAs(first)} to ${shownAs(last)}`);
  return notes;
}

function dateOf(seconds: unknown): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime())
    ? String(seconds)
    : date
        .toISOString()
        .replace('T', ' ')
        .replace(/(\.000)?Z$/, '');
}

async function convert(
  connection: DuckDBConnection,
  { rated, times }: LoadedRows,
  userIds: readonly string[],
  itemIds: readonly string[],
): Promise<Interactions> {
  const [[rows, lines] = []] = await rowsOf(connection, 'SELECT count(*), coalesce(max(line), 0) FROM raw');
  const [count, last] = [Number(rows), Number(lines)];
  // Rows come in any order, and are put at their lines; where lines are missing, they move up afterwards.
  const order = count === last ? undefined : new Int32Array(last + 1);
  if (order) {
    for await (const [vectors, size] of chunksOf(connection, 'SELECT CAST(line AS INTEGER) FROM raw', 1))
      for (let k = 0; k < size; k++) order[vectors[0]?.getItem(k) as number] = 1;
    for (let line = 0, place = 0; line <= last; line++) order[line] = order[line] === 1 ? place++ : -1;
  }
  const [user, item] = [sharedInt32(count), sharedInt32(count)];
  const rating = rated ? sharedFloat64(count) : undefined;
  const time = times ? sharedFloat64(count) : undefined;
  const columns = `CAST(line AS INTEGER), users.place, items.place, r, ${times ? `CAST(${times.seconds} AS DOUBLE)` : 'NULL::DOUBLE'}`;
  const sql = `SELECT ${columns} FROM raw JOIN users ON users.given = u JOIN items ON items.given = i`;
  for await (const [[line, users, items, ratings, seconds], size] of chunksOf(connection, sql, 5)) {
    for (let k = 0; k < size; k++) {
      const at = line?.getItem(k) as number;
      const row = order ? (order[at] as number) : at - 1;
      user[row] = users?.getItem(k) as number;
      item[row] = items?.getItem(k) as number;
      if (rating) rating[row] = ratings?.getItem(k) as number;
      if (time) time[row] = seconds?.getItem(k) as number;
    }
  }
  const data: Interactions = { name: '', userIds, itemIds, user, item, rating, time, split: undefined };
  return data;
}

/** The rows of a query, some at a time, by column. */
async function* chunksOf(connection: DuckDBConnection, sql: string, columns: number) {
  const result = await connection.stream(sql);
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const whole = chunk;
    yield [Array.from({ length: columns }, (_, c) => whole.getColumnVector(c)), whole.rowCount] as const;
  }
}
