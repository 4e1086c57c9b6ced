import { statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { explainFileError, UserError } from '../support/errors.js';
import { zipPath } from './archive.js';
import { checkAndConvert } from './checks.js';
import { type ColumnNames, chooseColumns } from './columns.js';
import { withDuckDB } from './duckdb.js';
import type { SourceFile, SourceTable } from './formats/format.js';
import { formatOf, sourceFile } from './formats/registry.js';
import type { Interactions } from './interactions.js';
import { loadRows } from './load.js';
import { queryTable } from './query.js';
import { BAD_TIMES } from './times.js';
import { type PlainFile, withPlainFile } from './unpack.js';

export { BAD_TIMES };

export interface ReadOptions {
  readonly columns?: ColumnNames;
  /** Least and greatest rating allowed; by default what the format says. */
  readonly ratingRange?: readonly [number, number] | undefined;
  /** SQL that makes the rows: over the tables of a database, or over a file as `data`. */
  readonly query?: string | undefined;
  /** Seconds that the query may take. */
  readonly querySeconds?: number | undefined;
  /** What to do with a time that is missing, 0, in the future, or in another unit than most. */
  readonly badTimes?: (typeof BAD_TIMES)[number] | undefined;
  /** Rows whose rating says that none was given are interactions, too; ratings are then not read. */
  readonly keepUnrated?: boolean | undefined;
  /** Whether a table of text begins with the names of its columns; by default it is looked at. */
  readonly header?: boolean | undefined;
  /** The file is known to hold user, item, rating and time, in this order and without a header. */
  readonly isPlain?: boolean | undefined;
  readonly delimiter?: string | undefined;
  readonly encoding?: string | undefined;
  /** What times count in, or a pattern such as %d/%m/%Y; by default it is guessed. */
  readonly timeUnit?: string | undefined;
  /** GiB that a packed file may unpack to; by default 2, or a hundred times its size. */
  readonly maxUnpacked?: number | undefined;
}

/** Interactions of a file, with what it is and what was guessed or left out, in words. */
export interface ReadResult {
  readonly data: Interactions;
  readonly format: { readonly label: string };
  readonly notes: readonly string[];
}

/**
 * Reads a file of ratings: MovieLens `ratings.dat`, `u.data` and `ratings.csv`, LastFM, Goodreads, RecBole's `.inter`, any table of text or JSON
 * with named columns, Parquet, Arrow, DuckDB, SQLite; packed with gzip, or in a zip archive. Whatever the source, the same rows give the same
 * interactions. Rows keep the file's order; ids are numbered in numeric order where all are whole numbers, else alphabetically. Throws UserError
 * naming file and line for anything that is missing, malformed or out of range.
 */
export async function readInteractions(path: string, options: ReadOptions = {}): Promise<ReadResult> {
  const zip = zipPath(path);
  if (!zip) checkFile(path);
  const file = { path, shown: path, notes: [] };
  const { data, format, notes } = await withPlainFile(file, options.maxUnpacked, (plain) => readPlain(plain, options));
  if (data.user.length === 0) throw new UserError(`"${path}" has no ratings`);
  return { data: { ...data, name: basename(zip?.archive ?? path) }, format, notes };
}

/** Throws UserError for what is no file, or an empty one. */
export function checkFile(path: string, what = 'ratings'): void {
  try {
    const state = statSync(path);
    if (state.isDirectory())
      throw new UserError(
        `"${path}" is a folder: name the file of ${what} in it${what === 'ratings' ? `, such as ${path}/u.data or ${path}/ratings.dat` : ''}`,
      );
    if (!state.isFile())
      throw new UserError(`"${path}" is a pipe or a device: write what it gives to a file, and name that`);
    if (state.size === 0 && !['.db', '.sqlite'].includes(extname(path)))
      throw new UserError(`"${path}" is empty: expected ${what === 'ratings' ? 'one rating a line' : what}`);
  } catch (error) {
    const explained = explainFileError(error);
    throw explained ? new UserError(`cannot read the ${what}: ${explained}`) : error;
  }
}

function readPlain({ path, shown, notes }: PlainFile, options: ReadOptions): Promise<ReadResult> {
  return withDuckDB(async (connection, place) => {
    const file = sourceFile(path, shown, place);
    let table = await openTable(connection, file, options);
    for (;;) {
      const use = chooseColumns(table.columns, options.columns ?? {}, shown);
      try {
        const rows = await loadRows(connection, table, use, shown, options);
        const { data, notes: said } = await checkAndConvert(connection, table, rows, shown, options);
        return { data, format: { label: table.label }, notes: [...notes, ...table.notes, ...said] };
      } catch (error) {
        if (error instanceof UserError || !table.afterFailure) throw error;
        table = await table.afterFailure(error);
      }
    }
  });
}

function openTable(connection: DuckDBConnection, file: SourceFile, options: ReadOptions): Promise<SourceTable> {
  const format = formatOf(file);
  const { query, columns = {}, isPlain, delimiter, encoding } = options;
  const header = isPlain ? false : options.header;
  if (query === undefined) return format.open(connection, file, { columns, header, isPlain, delimiter, encoding });
  return queryTable(connection, format, file, query, options);
}
