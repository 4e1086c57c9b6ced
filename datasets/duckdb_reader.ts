import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../support/errors.js';
import { makeScratch } from '../support/scratch.js';
import {
  describeColumns,
  type FileFormat,
  type FileKind,
  isGzip,
  namedColumns,
  placeOf,
  sniffFormat,
  sniffJson,
  tableToRead,
} from './formats.js';
import { type Interactions, sharedFloat32, sharedFloat64, sharedInt32 } from './interactions.js';
import type { ReadOptions, ReadResult } from './reader.js';
import { findTimes, type Times } from './times.js';

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const name = (column: string): string => `"${column.replaceAll('"', '""')}"`;

/** Of text files: what is not UTF-8 is taken as Latin-1, which anything can be. */
type Encoding = 'utf-8' | 'latin-1';

/** Reads everything as text into a temporary table, finds the first bad line, then converts. */
export async function readWithDuckDB(
  path: string,
  kind: FileKind,
  options: ReadOptions,
  encoding: Encoding = 'utf-8',
): Promise<ReadResult> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const { folder: spill, remove } = makeScratch();
  const instance = await DuckDBInstance.create(':memory:', { temp_directory: spill });
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const { source, format } = await openSource(connection, path, kind, options, encoding);
    const used = withOptions(format, options);
    await loadText(connection, path, source, used);
    const notes = [describeColumns(used), ...(await dropUnrated(connection, used, options))];
    const times = await findTimes(connection, used);
    await refuseBadLine(connection, path, used, times);
    notes.push(...(await times.clean(connection, path, used, options.badTimes ?? 'refuse')));
    return { data: await convert(connection, path, used, times), format: used, notes };
  } catch (error) {
    if (error instanceof EncodingError) return await readWithDuckDB(path, kind, options, 'latin-1');
    throw error;
  } finally {
    connection.closeSync();
    instance.closeSync();
    remove();
  }
}

function withOptions(format: FileFormat, { ratingRange, keepUnrated }: ReadOptions): FileFormat {
  const ranged = ratingRange ? { ...format, ratingRange } : format;
  if (!keepUnrated) return ranged;
  return { ...ranged, use: { ...ranged.use, rating: undefined }, noRating: undefined };
}

class EncodingError extends Error {}

/** What to select from, with the columns to use. Text is read as it stands, so that what is wrong with it can be said. */
async function openSource(
  connection: DuckDBConnection,
  path: string,
  kind: FileKind,
  { columns = {}, query }: ReadOptions,
  encoding: Encoding,
): Promise<{ source: string; format: FileFormat }> {
  const wanted = query === undefined ? columns : {};
  let source: string;
  let format: FileFormat | undefined;
  if (kind === 'delimited') {
    format = sniffFormat(path, wanted);
    source = csvSource(path, format, encoding);
  } else if (kind === 'json') {
    format = sniffJson(path, wanted);
    const named = query === undefined ? usedColumns(format) : format.columns;
    source = `read_json(${text(path)}, format='newline_delimited', columns={${named.map((column) => `${text(column)}: 'VARCHAR'`).join(', ')}})`;
  } else if (kind === 'parquet') source = `read_parquet(${text(path)})`;
  else {
    await explain(path, () => connection.run(`ATTACH ${text(path)} AS file (READ_ONLY); USE file`));
    source = query === undefined ? name(await onlyTable(connection, path)) : '';
  }
  if (query !== undefined) {
    if (kind !== 'duckdb') await connection.run(`CREATE TEMP VIEW data AS SELECT * FROM ${source}`);
    source = `(${query.replace(/;\s*$/, '')})`;
    format = undefined;
  }
  format ??= namedColumns(
    { kind, label: query === undefined ? kind : `${kind}, by a query`, delimiter: '', header: false },
    await columnsOf(connection, path, source, query),
    columns,
    path,
  );
  return { source, format };
}

const usedColumns = ({ use: { user, item, rating, time, date } }: FileFormat): string[] =>
  [user, item, rating, time, ...(date ?? [])].filter((column) => column !== undefined);

/** A CSV file as text. */
function csvSource(path: string, format: FileFormat, encoding: Encoding): string {
  const columns = format.columns.map((column) => `${text(column)}: 'VARCHAR'`).join(', ');
  const quote = format.header ? "'\"'" : "''";
  return `read_csv(${text(path)}, delim=${text(format.delimiter)}, header=false, skip=${format.header ? 1 : 0}, auto_detect=false,
    quote=${quote}, escape=${quote}, null_padding=true, encoding=${text(encoding)}, columns={${columns}})`;
}

async function onlyTable(connection: DuckDBConnection, path: string): Promise<string> {
  const tables = await connection.runAndReadAll(
    "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'file' ORDER BY table_name",
  );
  return tableToRead(
    path,
    tables.getRows().map(([table]) => String(table)),
  );
}

async function columnsOf(
  connection: DuckDBConnection,
  path: string,
  source: string,
  query: string | undefined,
): Promise<string[]> {
  try {
    const found = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
    return found.getRows().map((row) => String(row[0]));
  } catch (error) {
    const [message] = (error as Error).message.split('\n');
    throw new UserError(query === undefined ? `"${path}" cannot be read: ${message}` : `--query: ${message}`);
  }
}

async function explain(path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new UserError(`"${path}" cannot be read: ${(error as Error).message.split('\n')[0]}`);
  }
}

async function loadText(connection: DuckDBConnection, path: string, source: string, format: FileFormat): Promise<void> {
  const { user, item, rating, time, date } = format.use;
  const field = (column: string | undefined): string =>
    column === undefined ? 'NULL' : `trim(CAST(${name(column)} AS VARCHAR))`;
  const two = (column: string): string => `lpad(${field(column)}, 2, '0')`;
  const when = date ? `${field(date[2])} || '-' || ${two(date[1])} || '-' || ${two(date[0])}` : field(time);
  try {
    await connection.run(`CREATE TEMP TABLE raw AS
      SELECT row_number() OVER () AS line, ${field(user)} AS u, ${field(item)} AS i, ${field(rating)} AS r, ${when} AS t
      FROM ${source}`);
  } catch (error) {
    const { message } = error as Error;
    if (/Invalid unicode/.test(message)) throw new EncodingError();
    const line = /[Ll]ine:? (\d+)/.exec(message)?.[1];
    if (/Malformed JSON/.test(message)) {
      throw new UserError(`"${path}", line ${(await firstBadLine(path)) ?? line}: expected a JSON object a line`);
    }
    if (line) throw new UserError(`"${path}", line ${line}: ${badLine(format)}`);
    throw new UserError(`"${path}" cannot be read: ${message.split('\n')[0]}`);
  }
}

/** The number of the first line that is no JSON; DuckDB counts from another place where a line goes on in the next. */
async function firstBadLine(path: string): Promise<number | undefined> {
  const file = createReadStream(path);
  const lines = createInterface({ input: isGzip(path) ? file.pipe(createGunzip()) : file });
  let number = 0;
  try {
    for await (const line of lines) {
      number++;
      if (line.trim() !== '') JSON.parse(line);
    }
  } catch {
    return number;
  } finally {
    lines.close();
    file.destroy();
  }
  return undefined;
}

/** What a line should be. */
const badLine = ({ kind, columns, delimiter }: FileFormat): string =>
  kind === 'delimited'
    ? `expected ${columns.length} fields (${columns.join(', ')}) separated by ${delimiter === '\t' ? 'tabs' : `"${delimiter}"`}`
    : `expected ${columns.join(', ')}`;

async function dropUnrated(connection: DuckDBConnection, format: FileFormat, options: ReadOptions): Promise<string[]> {
  if (format.noRating === undefined || options.keepUnrated) return [];
  const unrated = `TRY_CAST(r AS FLOAT) = ${format.noRating}`;
  const count = Number((await connection.runAndReadAll(`SELECT count(*) FROM raw WHERE ${unrated}`)).getRows()[0]?.[0]);
  if (count === 0) return [];
  await connection.run(`DELETE FROM raw WHERE ${unrated}`);
  return [
    `${count.toLocaleString('en')} rows with rating ${format.noRating}, which means none, were left out (--keep-unrated keeps them as interactions, without ratings)`,
  ];
}

async function refuseBadLine(
  connection: DuckDBConnection,
  path: string,
  format: FileFormat,
  times: Times,
): Promise<void> {
  const [least, most] = format.ratingRange;
  const hasRating = format.use.rating !== undefined;
  const wrongRating = hasRating
    ? 'r IS NULL OR TRY_CAST(r AS FLOAT) IS NULL OR NOT isfinite(TRY_CAST(r AS FLOAT))'
    : 'false';
  const limits = Number.isFinite(least) || Number.isFinite(most);
  const outside = hasRating && limits ? `TRY_CAST(r AS FLOAT) NOT BETWEEN ${least} AND ${most}` : 'false';
  const { seconds } = times;
  const wrongTime = seconds === undefined ? 'false' : `t IS NULL OR (${seconds}) IS NULL OR NOT isfinite(${seconds})`;
  const result = await connection.runAndReadAll(`SELECT line, u, i, r, t,
      (u IS NULL OR u = '') AS no_user, (i IS NULL OR i = '') AS no_item, (${wrongRating}) AS no_rating, (${outside}) AS far, (${wrongTime}) AS no_time
    FROM raw WHERE no_user OR no_item OR no_rating OR far OR no_time ORDER BY line LIMIT 1`);
  const row = result.getRows()[0];
  if (!row) return;
  const [line, , , rating, time, noUser, noItem, noRating, far] = row;
  const where = placeOf(path, format, Number(line));
  const shown = (value: unknown): string => (value === null ? 'nothing' : `"${String(value)}"`);
  if (noUser || noItem) throw new UserError(`${where}: the ${noUser ? 'user' : 'item'} is missing; ${badLine(format)}`);
  if (noRating) throw new UserError(`${where}: expected a number as rating, found ${shown(rating)}`);
  if (far)
    throw new UserError(
      `${where}: the rating ${String(rating)} is outside ${least} to ${most}; set --rating-range where that is right`,
    );
  throw new UserError(`${where}: expected ${times.expected}, found ${shown(time)}`);
}

async function convert(
  connection: DuckDBConnection,
  path: string,
  format: FileFormat,
  { seconds }: Times,
): Promise<Interactions> {
  const numberIds = async (column: 'u' | 'i', table: string): Promise<string[]> => {
    await connection.run(`CREATE TEMP TABLE ${table} AS
      WITH ids AS (SELECT DISTINCT ${column} AS id, TRY_CAST(${column} AS BIGINT) AS number FROM raw),
           kind AS (SELECT count(*) = count(number) AS numeric FROM ids)
      SELECT id, row_number() OVER (ORDER BY CASE WHEN kind.numeric THEN number END, id) - 1 AS place FROM ids, kind`);
    const rows = await connection.runAndReadAll(`SELECT id FROM ${table} ORDER BY place`);
    return rows.getColumnsJS()[0] as string[];
  };
  const userIds = await numberIds('u', 'users');
  const itemIds = await numberIds('i', 'items');
  const count = Number((await connection.runAndReadAll('SELECT count(*) FROM raw')).getRows()[0]?.[0]);
  const user = sharedInt32(count);
  const item = sharedInt32(count);
  const rating = format.use.rating === undefined ? undefined : sharedFloat32(count);
  const time = seconds === undefined ? undefined : sharedFloat64(count);
  const result = await connection.stream(`SELECT CAST(users.place AS INTEGER), CAST(items.place AS INTEGER),
      CAST(r AS FLOAT), CAST(${seconds ?? 'NULL'} AS DOUBLE)
    FROM raw JOIN users ON users.id = u JOIN items ON items.id = i ORDER BY line`);
  let row = 0;
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const [users, items, ratings, times] = [0, 1, 2, 3].map((c) => chunk.getColumnVector(c));
    for (let k = 0; k < chunk.rowCount; k++, row++) {
      user[row] = users?.getItem(k) as number;
      item[row] = items?.getItem(k) as number;
      if (rating) rating[row] = ratings?.getItem(k) as number;
      if (time) time[row] = times?.getItem(k) as number;
    }
  }
  return { name: basename(path), userIds, itemIds, user, item, rating, time, split: undefined };
}
