import { extname } from 'node:path';
import { identifier, literal, withDuckDB } from './duckdb.js';
import { BatchTable, type BatchType } from './formats/batch_table.js';

/** A column by row. */
export interface RowColumn {
  readonly type: BatchType;
  of(row: number): string | number | boolean | null;
}

/** Writes a table by rows as CSV or Parquet, by the file's ending; the same bytes each time. */
export async function writeTextTable(
  path: string,
  rows: number,
  columns: Readonly<Record<string, RowColumn>>,
): Promise<void> {
  await withDuckDB(async (connection) => {
    await connection.run('SET threads = 1');
    const types = Object.fromEntries(Object.entries(columns).map(([name, { type }]) => [name, type]));
    const table = await BatchTable.create(connection, 'written', types);
    await table.append(
      Object.values(columns).map(({ of }) => of),
      rows,
    );
    const format = extname(path) === '.parquet' ? 'FORMAT parquet, COMPRESSION zstd' : 'FORMAT csv, HEADER true';
    const names = Object.keys(columns).map(identifier).join(', ');
    await connection.run(`COPY (SELECT ${names} FROM written) TO ${literal(path)} (${format})`);
  });
}
