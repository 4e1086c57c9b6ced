import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../../support/errors.js';
import type { ColumnType, SourceColumn } from '../columns.js';
import { firstLineOf, identifier, rowsOf } from '../duckdb.js';
import { textOfBlob } from './bytes.js';
import type { SourceTable } from './format.js';

/** What a type of DuckDB's is to us. */
function columnType(type: string): ColumnType {
  if (/^(FLOAT|DOUBLE)$/.test(type)) return 'float';
  if (/^(TIMESTAMP|DATE)/.test(type)) return 'instant';
  if (/^TIME\b/.test(type)) return 'clock';
  return /^(STRUCT|MAP|UNION)|\]$/.test(type) ? 'nested' : 'text';
}

/** A table from something that DuckDB reads with types. */
export async function typedTable(
  connection: DuckDBConnection,
  source: string,
  shown: string,
  label: string,
  explain: (error: unknown) => unknown = (error) => new UserError(`"${shown}" cannot be read: ${firstLineOf(error)}`),
): Promise<SourceTable> {
  let described: unknown[][];
  try {
    described = await rowsOf(connection, `DESCRIBE SELECT * FROM ${source}`);
  } catch (error) {
    throw explain(error);
  }
  const columns = described.map(
    ([name, type]): SourceColumn => ({ name: String(name), type: columnType(String(type)) }),
  );
  const value = (c: number): string => {
    const column = identifier(columns[c]?.name ?? '');
    return described[c]?.[1] === 'BLOB' ? textOfBlob(column) : column;
  };
  return {
    ...{ label, columns, notes: [], expected: `expected ${columns.map(({ name }) => name).join(', ')}` },
    relation: async (used) => `(SELECT ${used.map((c) => `${value(c)} AS c${c}`).join(', ')} FROM ${source})`,
    place: async (row) => `row ${row.toLocaleString('en')}`,
    async afterFailure(error) {
      throw explain(error);
    },
  };
}

/** The table of a database where it has just one. Throws UserError where the user must say which. */
export function tableToRead(shown: string, names: readonly string[]): string {
  if (names.length === 1) return names[0] as string;
  throw new UserError(
    `"${shown}" has ${names.length} tables${names.length > 0 ? ` (${names.join(', ')})` : ''}: say what to read, such as --query "SELECT user, item FROM ${names[0] ?? 'clicks'}"`,
  );
}
