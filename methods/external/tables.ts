import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { extname } from 'node:path';
import { finished } from 'node:stream/promises';
import { literal, withDuckDB } from '../../datasets/duckdb.js';
import { type Column, writeTable } from '../../support/arrow.js';

/** Columns of numbers by name; absent ones are left out. */
export type NumberColumns = Readonly<Record<string, Int32Array | Float64Array | undefined>>;

/** Writes a table for another program: CSV with a header, Arrow, or Parquet, by the file's ending. */
export async function writeColumns(path: string, columns: NumberColumns): Promise<void> {
  const present = Object.entries(columns).filter(
    (entry): entry is [string, Int32Array | Float64Array] => entry[1] !== undefined,
  );
  switch (extname(path)) {
    case '.arrow':
      return writeTable(
        path,
        Object.fromEntries(present.map(([name, values]): [string, Column] => [name, kindOf(values)])),
      );
    case '.parquet': {
      const text = `${path}.csv`;
      await writeCsv(text, present);
      await withDuckDB(async (connection) => {
        await connection.run(
          `COPY (SELECT * FROM read_csv(${literal(text)}, header = true)) TO ${literal(path)} (FORMAT parquet)`,
        );
      });
      return;
    }
    default:
      return writeCsv(path, present);
  }
}

const kindOf = (values: Int32Array | Float64Array): Column =>
  values instanceof Int32Array ? { kind: 'int32', values } : { kind: 'float64', values };

/** Rows that are written at once. */
const ROWS = 65536;

async function writeCsv(path: string, columns: readonly [string, Int32Array | Float64Array][]): Promise<void> {
  const stream = createWriteStream(path);
  const rows = columns[0]?.[1].length ?? 0;
  stream.write(`${columns.map(([name]) => name).join(',')}\n`);
  for (let from = 0; from < rows; from += ROWS) {
    const lines: string[] = [];
    for (let row = from; row < Math.min(rows, from + ROWS); row++)
      lines.push(columns.map(([, values]) => values[row]).join(','));
    if (!stream.write(`${lines.join('\n')}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
}
