import { extname } from 'node:path';
import { UserError } from '../../support/errors.js';
import { startOf } from '../unpack.js';
import { arrow } from './arrow.js';
import { delimited, MOST_BYTES } from './delimited.js';
import { duckdb } from './duckdb.js';
import type { SourceFile, TableFormat } from './format.js';
import { jsonLines } from './json_lines.js';
import { parquet } from './parquet.js';
import { sqlite } from './sqlite.js';

/** Every kind of file, in the order in which they are asked; text takes what is left. */
const FORMATS: readonly TableFormat[] = [parquet, arrow, sqlite, duckdb, jsonLines, delimited];

/** What a file begins with that is not read, with what it is. */
const FOREIGN = [
  ['425a68', 'is packed with bzip2'],
  ['fd377a585a00', 'is packed with xz'],
  ['28b52ffd', 'is packed with zstd'],
  ['377abcaf271c', 'is a 7z archive'],
  ['526172211a07', 'is a RAR archive'],
  ['89484446', 'is an HDF5 file'],
  ['d0cf11e0', 'is an Excel workbook'],
  ['934e554d5059', 'is a NumPy array'],
  ['25504446', 'is a PDF'],
] as const;

/** Looks at a file that lies there unpacked. */
export function sourceFile(path: string, shown: string, scratch: string): SourceFile {
  const start = startOf(path, MOST_BYTES);
  const hex = start.toString('hex', 0, 8);
  const foreign = FOREIGN.find(([mark]) => hex.startsWith(mark));
  if (foreign)
    throw new UserError(`"${shown}" ${foreign[1]}, which is not read: unpack it, or save it as CSV or Parquet`);
  return { path, shown, start, scratch, ending: extname(path).toLowerCase() };
}

/** What a file is: by its first bytes where they say, else by the ending of its name. */
export function formatOf(file: SourceFile): TableFormat {
  const byBytes = FORMATS.find(
    (format) => format.matches({ ...file, ending: '' }) && format !== delimited && format !== jsonLines,
  );
  return byBytes ?? (FORMATS.find((format) => format.matches(file)) as TableFormat);
}
