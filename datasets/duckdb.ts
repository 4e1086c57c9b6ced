import type { DuckDBConnection } from '@duckdb/node-api';
import { makeScratch } from '../support/scratch.js';

/** A value in SQL. */
export const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;
/** A name in SQL. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Memory of one reading; what needs more is laid down on the disk. */
export const MEMORY_LIMIT = '2GB';

/** Lends a database in memory, and a folder that does not last: for what does not fit in memory, and for files on the way. */
export async function withDuckDB<Result>(
  work: (connection: DuckDBConnection, place: string) => Promise<Result>,
): Promise<Result> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const { folder: spill, remove } = makeScratch();
  const instance = await DuckDBInstance.create(':memory:', {
    temp_directory: spill,
    memory_limit: MEMORY_LIMIT,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    return await work(connection, spill);
  } finally {
    connection.closeSync();
    instance.closeSync();
    remove();
  }
}

/** The rows of a query. */
export async function rowsOf(connection: DuckDBConnection, sql: string): Promise<unknown[][]> {
  return (await connection.runAndReadAll(sql)).getRows();
}

/** DuckDB's first line of an error, which says what is wrong. */
export const firstLineOf = (error: unknown): string => String((error as Error).message).split('\n')[0] as string;
