import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { UserError } from '../support/errors.js';
import { unknownName } from '../support/registry.js';

/** Which columns of a file hold what; names for files with a header, numbers from 0 otherwise. */
export interface ColumnNames {
  readonly user?: string | undefined;
  readonly item?: string | undefined;
  readonly rating?: string | undefined;
  readonly time?: string | undefined;
}

/** How to read a file of ratings. */
export interface FileFormat {
  readonly kind: 'delimited' | 'parquet' | 'arrow';
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
  };
  /** Least and greatest rating that make sense. */
  readonly ratingRange: readonly [number, number];
}

const MOVIELENS_COLUMNS = { user: 'user', item: 'item', rating: 'rating', time: 'time' } as const;

/** Names that columns go by, lower case, best first. */
const USUAL_NAMES = {
  user: ['user', 'user_id', 'userid', 'uid', 'u'],
  item: [
    'item',
    'item_id',
    'itemid',
    'movieid',
    'movie_id',
    'artistid',
    'artist_id',
    'book_id',
    'bookid',
    'song',
    'video_id',
    'iid',
    'i',
  ],
  rating: ['rating', 'ratings', 'score', 'stars', 'r'],
  time: ['time', 'timestamp', 'unixtime', 'unix_time', 't'],
} as const;

/** Looks at a file's name and first line. Throws UserError where the file is missing, empty or of no known kind. */
export function sniffFormat(path: string, wanted: ColumnNames = {}): FileFormat {
  if (statSync(path).isDirectory()) {
    throw new UserError(
      `"${path}" is a folder: name the file of ratings in it, such as ${path}/u.data or ${path}/ratings.dat`,
    );
  }
  const extension = extname(path).toLowerCase();
  if (extension === '.parquet')
    return namedColumns('parquet', '', ['user', 'item', 'rating', 'time'], wanted, path, false);
  if (['.arrow', '.feather', '.ipc'].includes(extension)) {
    return namedColumns('arrow', '', ['user', 'item', 'rating', 'time'], wanted, path, false);
  }
  const line = firstLine(path);
  if (line.trim() === '') throw new UserError(`"${path}" is empty: expected one rating a line`);
  if (line.includes('::')) return movielens('MovieLens ratings.dat', '::', line, path);
  const delimiter = line.includes('\t') ? '\t' : line.includes(';') && !line.includes(',') ? ';' : ',';
  const cells = line.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  const headless = cells.every((cell) => cell !== '' && Number.isFinite(Number(cell)));
  if (headless && Object.values(wanted).every((name) => name === undefined)) {
    return movielens(delimiter === '\t' ? 'MovieLens u.data' : 'headerless ratings', delimiter, line, path);
  }
  if (headless) {
    const columns = cells.map((_, c) => String(c));
    return namedColumns('delimited', delimiter, columns, wanted, path, false);
  }
  return namedColumns('delimited', delimiter, cells, wanted, path, true);
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

function namedColumns(
  kind: FileFormat['kind'],
  delimiter: string,
  columns: readonly string[],
  wanted: ColumnNames,
  path: string,
  header: boolean,
): FileFormat {
  const lower = columns.map((name) => name.toLowerCase());
  const find = (role: keyof typeof USUAL_NAMES): string | undefined => {
    const name = wanted[role];
    if (name !== undefined) {
      // Parquet and Arrow files name their columns inside; the reader checks those.
      if (kind === 'delimited' && !columns.includes(name)) {
        throw new UserError(`--${role}: in "${path}", ${unknownName('column', name, columns)}`);
      }
      return name;
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
  return {
    kind,
    label: kind === 'delimited' ? (header ? 'table with a header' : 'headerless table') : kind,
    delimiter,
    header,
    columns,
    use: { user: need('user'), item: need('item'), rating: find('rating'), time: find('time') },
    ratingRange: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  };
}

function firstLine(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(65536);
    const count = readSync(file, bytes);
    const text = bytes.toString('latin1', 0, count).replace(/^\u00ef\u00bb\u00bf/, '');
    return text.slice(0, text.search(/\r?\n|$/));
  } finally {
    closeSync(file);
  }
}
