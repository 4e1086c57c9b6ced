import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { numbersOf, readTable, textOf } from '../support/arrow.js';
import { explainFileError, UserError } from '../support/errors.js';
import { withMember, zipPath } from './archive.js';
import { readWithDuckDB } from './duckdb_reader.js';
import { type ColumnNames, describeColumns, type FileFormat, isGzip, kindOf, namedColumns } from './formats.js';
import { type Interactions, sharedFloat32, sharedFloat64, sharedInt32 } from './interactions.js';
import { withSqliteRows } from './sqlite.js';

/** What to do with a time of 0, or in the future. */
export const BAD_TIMES = ['refuse', 'drop', 'keep'] as const;

export interface ReadOptions {
  readonly columns?: ColumnNames;
  /** Least and greatest rating allowed; by default what the format says. */
  readonly ratingRange?: readonly [number, number] | undefined;
  /** SQL that makes the rows: over the tables of a database, or over a file as `data`. */
  readonly query?: string | undefined;
  readonly badTimes?: (typeof BAD_TIMES)[number] | undefined;
  /** Rows whose rating says that none was given are interactions, too; ratings are then not read. */
  readonly keepUnrated?: boolean | undefined;
}

/** Interactions of a file, with what it is and what was guessed or left out, in words. */
export interface ReadResult {
  readonly data: Interactions;
  readonly format: FileFormat;
  readonly notes: readonly string[];
}

/**
 * Reads a file of ratings: MovieLens `ratings.dat`, `u.data` and `ratings.csv`, LastFM, Goodreads, RecBole's `.inter`, any CSV, TSV or JSON
 * lines with named columns, Parquet, Arrow, DuckDB, SQLite; packed with gzip, or in a zip archive. Rows keep the file's order; ids are numbered in
 * numeric order where all are whole numbers, else alphabetically. Throws UserError naming file and line for anything that is missing, malformed
 * or out of range.
 */
export async function readInteractions(path: string, options: ReadOptions = {}): Promise<ReadResult> {
  const zip = zipPath(path);
  if (zip) {
    return withMember(zip.archive, zip.member, async (unpacked, member) => {
      const { data, format, notes } = await readElsewhere(unpacked, `${zip.archive}/${member}`, options);
      return { data: { ...data, name: basename(zip.archive) }, format, notes: [`read ${member}`, ...notes] };
    });
  }
  try {
    kindOf(path);
  } catch (error) {
    const explained = explainFileError(error);
    throw explained ? new UserError(`cannot read the ratings: ${explained}`) : error;
  }
  const [result] = await Promise.all([readFile(path, options), isGzip(path) ? verifyGzip(path) : undefined]);
  if (result.data.user.length === 0) throw new UserError(`"${path}" has no ratings`);
  return result;
}

function readFile(path: string, options: ReadOptions): Promise<ReadResult> {
  const kind = kindOf(path);
  if (kind === 'arrow') return readArrow(path, options);
  if (kind === 'sqlite') return readSqlite(path, options);
  return readWithDuckDB(path, kind, options);
}

/** Reads what was unpacked to a place that means nothing to the user, who is told of `shown`. */
async function readElsewhere(unpacked: string, shown: string, options: ReadOptions): Promise<ReadResult> {
  try {
    return await readInteractions(unpacked, options);
  } catch (error) {
    throw error instanceof UserError ? new UserError(error.message.replaceAll(unpacked, shown)) : error;
  }
}

function readSqlite(path: string, { query, ...options }: ReadOptions): Promise<ReadResult> {
  return withSqliteRows(path, query, async (rows) => {
    const { data, format, notes } = await readElsewhere(rows, path, options);
    const label = query === undefined ? 'SQLite' : 'SQLite, by a query';
    return { data: { ...data, name: basename(path) }, format: { ...format, label }, notes };
  });
}

/** Reads a gzip file to its end. A file that was cut off can look whole: as if it ended with the last row that is there. */
async function verifyGzip(path: string): Promise<void> {
  const nowhere = new Writable({ highWaterMark: 1 << 20, write: (_chunk, _encoding, done) => done() });
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), createGunzip(), nowhere);
  } catch (error) {
    throw new UserError(
      `"${path}" is cut off or damaged (${(error as Error).message}): get it again, and compare its size with the original`,
    );
  }
}

async function readArrow(path: string, options: ReadOptions): Promise<ReadResult> {
  const table = await readTable(path);
  const base = { kind: 'arrow', label: 'arrow', delimiter: '', header: false } as const;
  const format = namedColumns(base, table.schema.names.map(String), options.columns ?? {}, path);
  const n = table.numRows;
  const { use } = format;
  const rating = use.rating === undefined ? undefined : numbersOf(table, use.rating, sharedFloat32(n), path);
  const time = use.time === undefined ? undefined : numbersOf(table, use.time, sharedFloat64(n), path);
  const [least, most] = options.ratingRange ?? format.ratingRange;
  rating?.forEach((value, row) => {
    if (!(value >= least && value <= most))
      throw new UserError(`"${path}", row ${row + 1}: the rating ${value} is outside ${least} to ${most}`);
  });
  const data = fromTexts(basename(path), textOf(table, use.user), textOf(table, use.item), rating, time);
  return { data, format, notes: [describeColumns(format)] };
}

/** Interactions from ids as texts. */
export function fromTexts(
  name: string,
  users: readonly string[],
  items: readonly string[],
  rating: Float32Array | undefined,
  time: Float64Array | undefined,
): Interactions {
  const [user, userIds] = numberTexts(users);
  const [item, itemIds] = numberTexts(items);
  return { name, userIds, itemIds, user, item, rating, time, split: undefined };
}

function numberTexts(values: readonly string[]): [Int32Array, string[]] {
  const ids = [...new Set(values)];
  const numeric = ids.every((id) => /^-?\d+$/.test(id));
  ids.sort((a, b) => (numeric ? Number(a) - Number(b) : 0) || (a < b ? -1 : 1));
  const place = new Map(ids.map((id, p) => [id, p]));
  const out = sharedInt32(values.length);
  values.forEach((value, row) => {
    out[row] = place.get(value) as number;
  });
  return [out, ids];
}
