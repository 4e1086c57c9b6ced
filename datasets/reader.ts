import { basename } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { numbersOf, readTable, textOf } from '../support/arrow.js';
import { explainFileError, UserError } from '../support/errors.js';
import { unknownName } from '../support/registry.js';
import { type ColumnNames, type FileFormat, sniffFormat } from './formats.js';
import { type Interactions, sharedFloat32, sharedFloat64, sharedInt32 } from './interactions.js';

export interface ReadOptions {
  readonly columns?: ColumnNames;
  /** Least and greatest rating allowed; by default what the format says. */
  readonly ratingRange?: readonly [number, number] | undefined;
}

/**
 * Reads a file of ratings: MovieLens `ratings.dat`, `u.data` and `ratings.csv`, any CSV or TSV with named columns, Parquet,
 * Arrow. Rows keep the file's order; ids are numbered in numeric order where all are whole numbers, else alphabetically. Throws
 * UserError naming file and line for anything that is missing, malformed or out of range.
 */
export async function readInteractions(
  path: string,
  options: ReadOptions = {},
): Promise<{ data: Interactions; format: FileFormat }> {
  let format: FileFormat;
  try {
    format = sniffFormat(path, options.columns);
  } catch (error) {
    const explained = explainFileError(error);
    throw explained ? new UserError(`cannot read the ratings: ${explained}`) : error;
  }
  if (options.ratingRange) format = { ...format, ratingRange: options.ratingRange };
  const data = format.kind === 'arrow' ? await readArrow(path, format) : await readWithDuckDB(path, format);
  if (data.user.length === 0) throw new UserError(`"${path}" has no ratings`);
  return { data, format };
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const name = (column: string): string => `"${column.replaceAll('"', '""')}"`;

/** Reads everything as text into a temporary table, finds the first bad line, then converts. */
async function readWithDuckDB(path: string, format: FileFormat): Promise<Interactions> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await loadText(connection, path, format);
    await refuseBadLine(connection, path, format);
    return await convert(connection, path, format);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function loadText(connection: DuckDBConnection, path: string, format: FileFormat): Promise<void> {
  const { use } = format;
  const columns = format.columns.map((column) => `${text(column)}: 'VARCHAR'`).join(', ');
  const source =
    format.kind === 'parquet'
      ? `read_parquet(${text(path)})`
      : `read_csv(${text(path)}, delim=${text(format.delimiter)}, header=false, skip=${format.header ? 1 : 0}, auto_detect=false,
          quote=${format.header ? "'\"'" : "''"}, escape=${format.header ? "'\"'" : "''"}, null_padding=true, columns={${columns}})`;
  const field = (column: string | undefined): string =>
    column === undefined ? 'NULL' : `trim(CAST(${name(column)} AS VARCHAR))`;
  try {
    await connection.run(`CREATE TEMP TABLE raw AS
      SELECT row_number() OVER () AS line, ${field(use.user)} AS u, ${field(use.item)} AS i,
             ${field(use.rating)} AS r, ${field(use.time)} AS t FROM ${source}`);
  } catch (error) {
    const message = (error as Error).message;
    const line = /Line: (\d+)/.exec(message)?.[1];
    const missing = /Referenced column "(.*?)" not found/.exec(message)?.[1];
    if (missing) {
      const found = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
      const known = found.getRows().map((row) => String(row[0]));
      throw new UserError(`"${path}": ${unknownName('column', missing, known)}`);
    }
    if (line) throw new UserError(`"${path}", line ${line}: ${badLine(format)}`);
    throw new UserError(`"${path}" cannot be read: ${message.split('\n')[0]}`);
  }
}

const badLine = (format: FileFormat): string =>
  `expected ${format.columns.length} fields (${format.columns.join(', ')}) separated by ${
    format.delimiter === '\t' ? 'tabs' : `"${format.delimiter}"`
  }`;

async function refuseBadLine(connection: DuckDBConnection, path: string, format: FileFormat): Promise<void> {
  const [least, most] = format.ratingRange;
  const hasRating = format.use.rating !== undefined;
  const hasTime = format.use.time !== undefined;
  const wrongRating = hasRating
    ? `r IS NULL OR TRY_CAST(r AS FLOAT) IS NULL OR NOT isfinite(TRY_CAST(r AS FLOAT))`
    : 'false';
  const limits = Number.isFinite(least) || Number.isFinite(most);
  const outside = hasRating && limits ? `TRY_CAST(r AS FLOAT) NOT BETWEEN ${least} AND ${most}` : 'false';
  const wrongTime = hasTime
    ? `t IS NULL OR TRY_CAST(t AS DOUBLE) IS NULL OR NOT isfinite(TRY_CAST(t AS DOUBLE))`
    : 'false';
  const result = await connection.runAndReadAll(`SELECT line, u, i, r, t,
      (u IS NULL OR u = '') AS no_user, (i IS NULL OR i = '') AS no_item, (${wrongRating}) AS no_rating, (${outside}) AS far, (${wrongTime}) AS no_time
    FROM raw WHERE no_user OR no_item OR no_rating OR far OR no_time ORDER BY line LIMIT 1`);
  const row = result.getRows()[0];
  if (!row) return;
  const [line, , , rating, time, noUser, noItem, noRating, far] = row;
  const where = `"${path}", line ${Number(line) + (format.header ? 1 : 0)}`;
  const shown = (value: unknown): string => (value === null ? 'nothing' : `"${String(value)}"`);
  if (noUser || noItem) throw new UserError(`${where}: the ${noUser ? 'user' : 'item'} is missing; ${badLine(format)}`);
  if (noRating) throw new UserError(`${where}: expected a number as rating, found ${shown(rating)}`);
  if (far)
    throw new UserError(
      `${where}: the rating ${String(rating)} is outside ${least} to ${most}; set --rating-range where that is right`,
    );
  throw new UserError(`${where}: expected a time in seconds, found ${shown(time)}`);
}

async function convert(connection: DuckDBConnection, path: string, format: FileFormat): Promise<Interactions> {
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
  const time = format.use.time === undefined ? undefined : sharedFloat64(count);
  const result = await connection.stream(`SELECT CAST(users.place AS INTEGER), CAST(items.place AS INTEGER),
      CAST(r AS FLOAT), CAST(t AS DOUBLE) FROM raw JOIN users ON users.id = u JOIN items ON items.id = i ORDER BY line`);
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

async function readArrow(path: string, format: FileFormat): Promise<Interactions> {
  const table = await readTable(path);
  const n = table.numRows;
  const { use } = format;
  const has = (column: string | undefined): column is string =>
    column !== undefined && table.schema.names.includes(column);
  const [user, userIds] = numberTexts(textOf(table, use.user), path, use.user);
  const [item, itemIds] = numberTexts(textOf(table, use.item), path, use.item);
  const rating = has(use.rating) ? numbersOf(table, use.rating, sharedFloat32(n), path) : undefined;
  const time = has(use.time) ? numbersOf(table, use.time, sharedFloat64(n), path) : undefined;
  const [least, most] = format.ratingRange;
  rating?.forEach((value, row) => {
    if (!(value >= least && value <= most))
      throw new UserError(`"${path}", row ${row + 1}: the rating ${value} is outside ${least} to ${most}`);
  });
  return { name: basename(path), userIds, itemIds, user, item, rating, time, split: undefined };
}

function numberTexts(values: string[], path: string, column: string): [Int32Array, string[]] {
  if (values.length === 0)
    throw new UserError(`"${path}" has no values in a column "${column}"; name it with --user or --item`);
  const ids = [...new Set(values)];
  const numeric = ids.every((id) => /^-?\d+$/.test(id));
  ids.sort((a, b) => (numeric ? Number(a) - Number(b) : a < b ? -1 : 1));
  const place = new Map(ids.map((id, p) => [id, p]));
  const out = sharedInt32(values.length);
  values.forEach((value, row) => {
    out[row] = place.get(value) as number;
  });
  return [out, ids];
}
