import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../support/errors.js';
import { firstLineOf, identifier, literal, MEMORY_LIMIT } from './duckdb.js';
import type { SourceFile, SourceTable, TableFormat } from './formats/format.js';
import { typedTable } from './formats/relation.js';
import type { ReadOptions } from './reader.js';

/** Seconds that a query may take where nobody says otherwise. */
const SECONDS = 300;

/**
 * The rows that a query gives: one SELECT, which reaches the named file and nothing else, within limits of memory and time. Throws UserError
 * where it is something else, or wrong, or goes beyond them.
 */
export async function queryTable(
  connection: DuckDBConnection,
  format: TableFormat,
  file: SourceFile,
  query: string,
  { querySeconds = SECONDS, header, delimiter, encoding }: ReadOptions,
): Promise<SourceTable> {
  if (format.query) return format.query(connection, file, query, querySeconds);
  if (format.attach) await format.attach(connection, file);
  else {
    const table = await format.open(connection, file, { columns: {}, header, delimiter, encoding });
    const places = table.columns.map((_, c) => c);
    const names = table.columns.map(({ name }, c) => `c${c} AS ${identifier(name || `column${c + 1}`)}`);
    const numbered = `(SELECT *, row_number() OVER () AS place FROM ${await table.relation(places)})`;
    const keep = `place > ${table.skipped ?? 0}${table.filled === undefined ? '' : ` AND ${table.filled}`}`;
    await connection.run(`CREATE TEMP VIEW data AS SELECT ${names.join(', ')} FROM ${numbered} WHERE ${keep}`);
  }
  await connection.run(
    `SET allowed_paths = [${literal(file.path)}]; SET allowed_directories = [${literal(file.scratch)}]`,
  );
  await connection.run('SET enable_external_access = false; SET lock_configuration = true');
  let isLate = false;
  const explain = (error: unknown): unknown => {
    const message = firstLineOf(error);
    if (isLate)
      return new UserError(
        `--query: not done after ${querySeconds} seconds, which is the limit; --query-seconds raises it`,
      );
    if (/out of memory/i.test(message))
      return new UserError(`--query: needs more than ${MEMORY_LIMIT} of memory, which is the limit: ${message}`);
    return new UserError(`--query: ${message}`);
  };
  const { StatementType } = await import('@duckdb/node-api');
  try {
    const statements = await connection.extractStatements(query);
    const type = statements.count === 1 ? (await statements.prepare(0)).statementType : undefined;
    if (type !== StatementType.SELECT) throw new Error('expected one SELECT, and nothing else');
  } catch (error) {
    throw explain(error);
  }
  const timer = setTimeout(() => {
    isLate = true;
    connection.interrupt();
  }, 1000 * querySeconds);
  try {
    await connection.run(`CREATE TEMP TABLE asked AS SELECT * FROM (${query.replace(/;\s*$/, '')}\n)`);
  } catch (error) {
    throw explain(error);
  } finally {
    clearTimeout(timer);
  }
  return typedTable(connection, 'temp.asked', file.shown, `${format.name}, by a query`, explain);
}
