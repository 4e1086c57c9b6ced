import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Database } from 'sql.js';
import { UserError } from '../support/errors.js';
import { makeScratch } from '../support/scratch.js';
import { tableToRead } from './formats.js';

/** Rows that are written at once. */
const BLOCK = 10_000;

/**
 * Lends the one table of an SQLite database, or what a query gives, as a file of JSON lines in a place that does not last. The database is
 * read into memory. Throws UserError where it is none, or the query is wrong.
 */
export async function withSqliteRows<Result>(
  path: string,
  query: string | undefined,
  work: (rows: string) => Promise<Result>,
): Promise<Result> {
  const { default: initialize } = await import('sql.js');
  const library = await initialize();
  const { folder: place, remove } = makeScratch();
  const database = new library.Database(readFileSync(path));
  try {
    const rows = join(place, `${basename(path)}.json`);
    try {
      writeRows(database, query ?? `SELECT * FROM "${onlyTable(database, path)}"`, rows);
    } catch (error) {
      if (error instanceof UserError) throw error;
      const { message } = error as Error;
      throw new UserError(query === undefined ? `"${path}" cannot be read: ${message}` : `--query: ${message}`);
    }
    return await work(rows);
  } finally {
    database.close();
    remove();
  }
}

function writeRows(database: Database, sql: string, path: string): void {
  const statement = database.prepare(sql);
  const file = openSync(path, 'w');
  try {
    let lines: string[] = [];
    const flush = (): void => {
      if (lines.length > 0) writeSync(file, `${lines.join('\n')}\n`);
      lines = [];
    };
    while (statement.step()) {
      lines.push(JSON.stringify(statement.getAsObject()));
      if (lines.length === BLOCK) flush();
    }
    flush();
  } finally {
    statement.free();
    closeSync(file);
  }
}

function onlyTable(database: Database, path: string): string {
  const [tables] = database.exec(
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name",
  );
  return tableToRead(path, tables?.values.map(([name]) => String(name)) ?? []);
}
