import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { identifier } from '../duckdb.js';

/** Types of columns that rows are handed over in. */
export type BatchType =
  | 'VARCHAR'
  | 'BIGINT'
  | 'UBIGINT'
  | 'INTEGER'
  | 'FLOAT'
  | 'DOUBLE'
  | 'BOOLEAN'
  | 'TIMESTAMPTZ'
  | 'TIMESTAMP_NS';

/** Values of one column, by row; null where there is none. */
export type ColumnReader = (row: number) => DuckDBValue;

/** A table that is filled by rows from elsewhere, a batch at a time. */
export class BatchTable {
  private constructor(
    private readonly connection: DuckDBConnection,
    readonly name: string,
    private readonly types: readonly DuckDBType[],
    private readonly size: number,
  ) {}

  static async create(
    connection: DuckDBConnection,
    name: string,
    columns: Readonly<Record<string, BatchType>>,
  ): Promise<BatchTable> {
    const duckdb = await import('@duckdb/node-api');
    await connection.run(
      `CREATE TEMP TABLE ${name} (${Object.entries(columns)
        .map(([column, type]) => `${identifier(column)} ${type}`)
        .join(', ')})`,
    );
    return new BatchTable(
      connection,
      name,
      Object.values(columns).map((type) => duckdb[type]),
      2048,
    );
  }

  /** Appends rows, whose values the readers give. */
  async append(readers: readonly ColumnReader[], rows: number): Promise<void> {
    const { DuckDBDataChunk } = await import('@duckdb/node-api');
    const appender = await this.connection.createAppender(this.name, null, 'temp');
    const chunk = DuckDBDataChunk.create(this.types, this.size);
    for (let from = 0; from < rows; from += this.size) {
      const count = Math.min(this.size, rows - from);
      chunk.reset();
      chunk.rowCount = count;
      readers.forEach((reader, c) => {
        const vector = chunk.getColumnVector(c);
        for (let k = 0; k < count; k++) vector.setItem(k, reader(from + k));
        vector.flush();
      });
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }
}
