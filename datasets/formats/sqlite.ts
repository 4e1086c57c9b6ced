import { Worker } from 'node:worker_threads';
import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../../support/errors.js';
import { BatchTable } from './batch_table.js';
import type { SourceTable, TableFormat } from './format.js';
import { tableToRead } from './relation.js';
import type { SqliteMessage, SqliteWork } from './sqlite_worker.js';

/** An SQLite database. It is read into memory, by a thread of its own. */
export const sqlite: TableFormat = {
  name: 'SQLite',
  matches: ({ start, ending }) =>
    start.subarray(0, 15).toString('latin1') === 'SQLite format 3' || ['.sqlite', '.sqlite3', '.db'].includes(ending),
  open: (connection, { path, shown }) =>
    loadRows(
      connection,
      { path },
      'SQLite',
      (message) => new UserError(`"${shown}" cannot be read: ${message}`),
      (tables) => void tableToRead(shown, tables),
    ),
  query: (connection, { path }, sql, seconds) =>
    loadRows(
      connection,
      { path, sql },
      'SQLite, by a query',
      (message) => new UserError(`--query: ${message}`),
      () => {},
      seconds,
    ),
};

/** Reads what the thread gives into a table; `check` is told of the tables that there are, and throws where it is not known which is meant. */
async function loadRows(
  connection: DuckDBConnection,
  work: SqliteWork,
  label: string,
  explain: (message: string) => UserError,
  check: (tables: readonly string[]) => void,
  seconds?: number,
): Promise<SourceTable> {
  let names: readonly string[] = [];
  let table: BatchTable | undefined;
  await runWorker(work, explain, seconds, async (message) => {
    if ('tables' in message) check(message.tables);
    else if ('columns' in message) {
      names = message.columns;
      table = await BatchTable.create(
        connection,
        'sqlite_rows',
        Object.fromEntries(names.map((_, c) => [`c${c}`, 'VARCHAR' as const])),
      );
    } else if ('rows' in message) {
      const { rows } = message;
      await table?.append(
        rows.map((column) => (row: number) => column[row] ?? null),
        rows[0]?.length ?? 0,
      );
    }
  });
  return {
    ...{ label, notes: [], expected: `expected ${names.join(', ')}` },
    columns: names.map((name) => ({ name, type: 'text' })),
    relation: async () => 'sqlite_rows',
    place: async (row) => `row ${row.toLocaleString('en')}`,
  };
}

/** Runs the thread to its end; what it says is taken in order. */
async function runWorker(
  workerData: SqliteWork,
  explain: (message: string) => UserError,
  seconds: number | undefined,
  take: (message: SqliteMessage) => Promise<void>,
): Promise<void> {
  const worker = new Worker(new URL('./sqlite_worker.js', import.meta.url), { workerData });
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      let taken = Promise.resolve();
      worker.on('message', (message: SqliteMessage) => {
        if ('wrong' in message) return reject(explain(message.wrong));
        taken = taken.then(() => take(message));
        taken.then(() => 'done' in message && resolve(), reject);
      });
      worker.on('error', (error) => reject(explain(error.message)));
      worker.on('exit', () => taken.then(() => reject(explain('reading ended before its end')), reject));
      if (seconds !== undefined)
        timer = setTimeout(
          () => reject(explain(`not done after ${seconds} seconds, which is the limit; --query-seconds raises it`)),
          1000 * seconds,
        );
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
