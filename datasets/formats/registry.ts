import { extname } from 'node:path';
import { startOf } from '../unpack.js';
import { arrow } from './arrow.js';
import { isBinary } from './bytes.js';
import { delimited, MOST_BYTES } from './delimited.js';
import { duckdb } from './duckdb.js';
import { refuseForeign } from './foreign.js';
import type { SourceFile, TableFormat } from './format.js';
import { jsonLines } from './json_lines.js';
import { parquet } from './parquet.js';
import { sqlite } from './sqlite.js';

/** Kinds of files that are told by their first bytes or their ending, in the order in which they are asked. */
const BINARY: readonly TableFormat[] = [parquet, arrow, sqlite, duckdb];
/** Kinds of text; a table of lines is what is left. */
const TEXT: readonly TableFormat[] = [jsonLines, delimited];

/** Looks at a file that lies there unpacked. */
export function sourceFile(path: string, shown: string, scratch: string): SourceFile {
  const start = startOf(path, MOST_BYTES);
  refuseForeign(shown, start);
  return { path, shown, start, scratch, ending: extname(path).toLowerCase() };
}

/** What a file is: by its first bytes where they say, else by the ending of its name. A text that begins as such a file does is a text. */
export function formatOf(file: SourceFile): TableFormat {
  const byBytes = isBinary(file.start) ? BINARY.find((format) => format.matches({ ...file, ending: '' })) : undefined;
  const byEnding = BINARY.find((format) => format.matches({ ...file, start: Buffer.alloc(0) }));
  return byBytes ?? byEnding ?? (TEXT.find((format) => format.matches(file)) as TableFormat);
}
