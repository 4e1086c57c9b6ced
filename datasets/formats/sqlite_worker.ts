/** A thread that runs one query over an SQLite database and posts its rows, so that a query without end can be ended. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { Database, Statement } from 'sql.js';
import { sqliteLibrary } from '../../support/sqlite_library.js';
import { textOfBytes } from './bytes.js';

/** Rows that are handed over at once. */
const BLOCK = 10_000;

/** What the thread is to do: run a query, or, without one, list the tables and read the one where there is no other. */
export interface SqliteWork {
  readonly path: string;
  readonly sql?: string;
}

/** What it says: the tables, the columns, rows by column, that it is done, or what is wrong. */
export type SqliteMessage =
  | { readonly tables: readonly string[] }
  | { readonly columns: readonly string[] }
  | { readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly done: true }
  | { readonly wrong: string };

const post = (message: SqliteMessage): void => parentPort?.postMessage(message);

/** A value by its text: integers with all their digits, and reals as such; large ones by a power, as they have lost digits. */
function textOf(value: unknown): string | null {
  if (value === null) return null;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number')
    return Math.abs(value) >= 2 ** 53
      ? value.toExponential()
      : Number.isInteger(value)
        ? value.toFixed(1)
        : String(value);
  return value instanceof Uint8Array ? textOfBytes(value) : String(value);
}

function run(database: Database, sql: string): void {
  database.run('PRAGMA query_only = 1');
  const statements = database.iterateStatements(sql);
  const { value: statement } = statements.next() as { value?: Statement };
  if (
    !statement ||
    /\S/.test(statements.getRemainingSQL().replace(/;|--.*$/gm, '')) ||
    !/^\s*(select|with|values)\b/i.test(withoutComments(sql))
  )
    throw new Error('expected one SELECT, and nothing else');
  const columns = statement.getColumnNames();
  if (columns.length === 0) throw new Error('expected one SELECT, and nothing else');
  post({ columns });
  let rows: (string | null)[][] = columns.map(() => []);
  const flush = (): void => {
    if (rows[0]?.length) post({ rows });
    rows = columns.map(() => []);
  };
  while (statement.step()) {
    const values = (statement as unknown as { get(parameters: null, config: { useBigInt: boolean }): unknown[] }).get(
      null,
      { useBigInt: true },
    );
    values.forEach((value, c) => rows[c]?.push(textOf(value)));
    if (rows[0]?.length === BLOCK) flush();
  }
  flush();
  statement.free();
}

const withoutComments = (sql: string): string => sql.replace(/--.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '');

const { path, sql } = workerData as SqliteWork;
try {
  const database = new (await sqliteLibrary()).Database(readFileSync(path));
  if (sql === undefined) {
    const [found] = database.exec(
      "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name",
    );
    const tables = found?.values.map(([name]) => String(name)) ?? [];
    post({ tables });
    if (tables.length === 1) run(database, `SELECT * FROM "${(tables[0] as string).replaceAll('"', '""')}"`);
  } else run(database, sql);
  post({ done: true });
} catch (error) {
  post({ wrong: String((error as Error).message) });
}
