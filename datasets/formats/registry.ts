import { extname } from 'node:path';
import { startOf } from '../unpack.js';
import { arrow } from './arrow.js';
import { delimited, MOST_BYTES } from './delimited.js';
import { duckdb } from './duckdb.js';
import { refuseForeign } from './foreign.js';
import type { SourceFile, TableFormat } from './format.js';
import { jsonLines } from './json_lines.js';
import { parquet } from './parquet.js';
import { sqlite } from './sqlite.js';

/** Every kind of file, in the order in which they are asked; text takes what is left. */
const FORMATS: readonly TableFormat[] = [parquet, arrow, sqlite, duckdb, jsonLines, delimited];

/** Looks at a file that lies there unpacked. */
export function sourceFile(path: string, shown: string, scratch: string): SourceFile {
  const start = startOf(path, MOST_BYTES);
  refuseForeign(shown, start);
  return { path, shown, start, scratch, ending: extname(path).toLowerCase() };
}

/** What a file is: by its first bytes where they say, else by the ending of its name. */
export function formatOf(file: SourceFile): TableFormat {
  const byBytes = FORMATS.find(
    (format) => format.matches({ ...file, ending: '' }) && format !== delimited && format !== jsonLines,
  );
  return byBytes ?? (FORMATS.find((format) => format.matches(file)) as TableFormat);
}
