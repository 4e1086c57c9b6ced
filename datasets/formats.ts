import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { UserError } from '../support/errors.js';
import { unknownName } from '../support/registry.js';

/** Which columns of a file hold what; names for files with a header, numbers from 0 otherwise; an empty name for none. */
export interface ColumnNames {
  readonly user?: string | undefined;
  readonly item?: string | undefined;
  readonly rating?: string | undefined;
  readonly time?: string | undefined;
}

/** What a file is, before its columns are looked at. */
export type FileKind = 'delimited' | 'json' | 'parquet' | 'arrow' | 'duckdb' | 'sqlite';

/** How to read a file of ratings. */
export interface FileFormat {
  readonly kind: FileKind;
  /** Name for people. */
  readonly label: string;
  readonly delimiter: string;
  readonly header: boolean;
  /** Names of the columns, in file order. */
  readonly columns: readonly string[];
  /** The columns to use. */
  readonly use: {
    readonly user: string;
    readonly item: string;
    readonly rating?: string | undefined;
    readonly time?: string | undefined;
    /** Day, month and year, where there is no other time. */
    readonly date?: readonly [day: string, month: string, year: string] | undefined;
  };
  /** Least and greatest rating that make sense. */
  readonly ratingRange: readonly [number, number];
  /** A rating that means that none was given. */
  readonly noRating?: number | undefined;
}

const MOVIELENS_COLUMNS = { user: 'user', item: 'item', rating: 'rating', time: 'time' } as const;

/** Names that columns go by, lower case, without a type that RecBole writes behind them; best first. */
const USUAL_NAMES = {
  user: [
    'user',
    'user_id',
    'userid',
    'uid',
    'u',
    'reviewer_id',
    'reviewerid',
    'customer_id',
    'visitorid',
    'session_id',
  ],
  item: [
    ...['item', 'item_id', 'itemid', 'movieid', 'movie_id', 'artistid', 'artist_id', 'book_id', 'bookid', 'song'],
    ...['video_id', 'asin', 'product_id', 'productid', 'business_id', 'track_id', 'song_id', 'article_id', 'iid', 'i'],
  ],
  rating: ['rating', 'ratings', 'score', 'stars', 'overall', 'r'],
  time: [
    'time',
    'timestamp',
    'unixtime',
    'unix_time',
    'unixreviewtime',
    'date_added',
    'datetime',
    'date',
    'created_at',
    't',
  ],
} as const;

/** Whether a path ends as that of a compressed file. */
export const isGzip = (path: string): boolean => extname(path).toLowerCase() === '.gz';

/** What a file is, by its name. Throws UserError for a folder. */
export function kindOf(path: string): FileKind {
  if (statSync(path).isDirectory()) {
    throw new UserError(
      `"${path}" is a folder: name the file of ratings in it, such as ${path}/u.data or ${path}/ratings.dat`,
    );
  }
  const extension = extname(isGzip(path) ? path.slice(0, -3) : path).toLowerCase();
  if (extension === '.parquet') return 'parquet';
  if (['.arrow', '.feather', '.ipc'].includes(extension)) return 'arrow';
  if (extension === '.duckdb') return 'duckdb';
  if (['.sqlite', '.sqlite3', '.db'].includes(extension)) return 'sqlite';
  if (['.json', '.jsonl', '.ndjson'].includes(extension)) return 'json';
  return firstLine(path).startsWith('{') ? 'json' : 'delimited';
}

/** Looks at the first line of a text file. Throws UserError where it is empty or of no known kind. */
export function sniffFormat(path: string, wanted: ColumnNames = {}): FileFormat {
  const line = firstLine(path);
  if (line.trim() === '') throw new UserError(`"${path}" is empty: expected one rating a line`);
  if (line.includes('::')) return movielens('MovieLens ratings.dat', '::', line, path);
  const delimiter = ['\t', ',', ';', '|'].find((one) => line.includes(one)) ?? ',';
  const cells = line.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  const headless = cells.every((cell) => cell !== '' && Number.isFinite(Number(cell)));
  if (headless && Object.values(wanted).every((name) => name === undefined)) {
    return movielens(delimiter === '\t' ? 'MovieLens u.data' : 'headerless ratings', delimiter, line, path);
  }
  if (headless) {
    const columns = cells.map((_, c) => String(c));
    return namedColumns(
      { kind: 'delimited', delimiter, header: false, label: 'headerless table' },
      columns,
      wanted,
      path,
    );
  }
  const isRecBole = cells.every((cell) => /:(token|float)(_seq)?$/.test(cell));
  const label = isRecBole ? 'RecBole atomic file' : 'table with a header';
  return namedColumns({ kind: 'delimited', delimiter, header: true, label }, cells, wanted, path);
}

/** Looks at the first object of a file of JSON lines. */
export function sniffJson(path: string, wanted: ColumnNames = {}): FileFormat {
  const line = firstLine(path);
  let columns: string[];
  try {
    columns = Object.keys(JSON.parse(line) as object);
  } catch {
    throw new UserError(`"${path}", line 1: expected a JSON object a line`);
  }
  const isGoodreads = ['user_id', 'book_id', 'rating', 'date_added'].every((name) => columns.includes(name));
  const base = { kind: 'json', delimiter: '', header: false, label: isGoodreads ? 'Goodreads' : 'JSON lines' } as const;
  const format = namedColumns(base, columns, wanted, path);
  return isGoodreads && format.use.rating === 'rating' ? { ...format, ratingRange: [0, 5], noRating: 0 } : format;
}

function movielens(label: string, delimiter: string, line: string, path: string): FileFormat {
  const cells = line.split(delimiter).length;
  if (cells < 2 || cells > 4) {
    throw new UserError(
      `"${path}", line 1: expected user${delimiter}item${delimiter}rating${delimiter}time, found ${cells} field(s)`,
    );
  }
  const columns = ['user', 'item', 'rating', 'time'].slice(0, cells);
  const use = { ...MOVIELENS_COLUMNS, rating: cells > 2 ? 'rating' : undefined, time: cells > 3 ? 'time' : undefined };
  return { kind: 'delimited', label, delimiter, header: false, columns, use, ratingRange: [0.5, 5] };
}

/** Finds the columns to use by what the user says, or by their usual names. Throws UserError where one is not there. */
export function namedColumns(
  base: Pick<FileFormat, 'kind' | 'label' | 'delimiter' | 'header'>,
  columns: readonly string[],
  wanted: ColumnNames,
  path: string,
): FileFormat {
  const lower = columns.map((name) => name.toLowerCase().replace(/:(token|float)(_seq)?$/, ''));
  const find = (role: keyof typeof USUAL_NAMES): string | undefined => {
    const name = wanted[role];
    if (name === '' && role !== 'user' && role !== 'item') return undefined; // there is none to be used
    if (name !== undefined) {
      const place = columns.includes(name) ? columns.indexOf(name) : lower.indexOf(name.toLowerCase());
      if (place < 0) throw new UserError(`--${role}: in "${path}", ${unknownName('column', name, columns)}`);
      return columns[place];
    }
    const usual = USUAL_NAMES[role].find((candidate) => lower.includes(candidate));
    return usual === undefined ? undefined : columns[lower.indexOf(usual)];
  };
  const need = (role: 'user' | 'item'): string => {
    const name = find(role);
    if (name === undefined) {
      throw new UserError(
        `"${path}": no column looks like the ${role}; name it with --${role}. Columns: ${columns.join(', ')}`,
      );
    }
    return name;
  };
  const date = ['day', 'month', 'year'].map((name) => columns[lower.indexOf(name)]);
  const hasDate = date.every((name) => name !== undefined) && wanted.time === undefined;
  const use = { user: need('user'), item: need('item'), rating: find('rating'), time: find('time') };
  return {
    ...base,
    columns,
    use: { ...use, ...(hasDate && use.time === undefined && { date: date as [string, string, string] }) },
    ratingRange: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  };
}

/** The columns that are used, for people: "user = userID, item = artistID". */
export function describeColumns({ use: { user, item, rating, time, date } }: FileFormat): string {
  const parts = [`user = ${user}`, `item = ${item}`];
  if (rating !== undefined) parts.push(`rating = ${rating}`);
  if (time !== undefined) parts.push(`time = ${time}`);
  if (date) parts.push(`time = ${date.join(', ')}`);
  return parts.join(', ');
}

/** "file", line 3 */
export function placeOf(path: string, { kind, header }: FileFormat, row: number): string {
  const isText = kind === 'delimited' || kind === 'json';
  return `"${path}", ${isText ? 'line' : 'row'} ${row + Number(header)}`;
}

/** The table of a database where it has just one. Throws UserError where the user must say which. */
export function tableToRead(path: string, names: readonly string[]): string {
  if (names.length === 1) return names[0] as string;
  throw new UserError(
    `"${path}" has ${names.length} tables${names.length > 0 ? ` (${names.join(', ')})` : ''}: say what to read, such as --query "SELECT user, item FROM ${names[0] ?? 'clicks'}"`,
  );
}

const MOST_BYTES = 1 << 20;

/** The first line of a file, packed or not. */
function firstLine(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(MOST_BYTES);
    const read = bytes.subarray(0, readSync(file, bytes));
    const text = (isGzip(path) ? unpackStart(path, read) : read).toString('utf8').replace(/^\ufeff/, '');
    return text.slice(0, text.search(/\r?\n|$/));
  } finally {
    closeSync(file);
  }
}

/** What the start of a gzip stream holds. */
function unpackStart(path: string, bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    throw new UserError(`"${path}" is not a gzip file, though its name ends as that of one`);
  }
}
