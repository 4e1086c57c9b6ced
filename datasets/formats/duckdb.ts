import { UserError } from '../../support/errors.js';
import { firstLineOf, identifier, literal, rowsOf } from '../duckdb.js';
import type { TableFormat } from './format.js';
import { tableToRead, typedTable } from './relation.js';

/** A DuckDB database. */
export const duckdb: TableFormat = {
  name: 'DuckDB',
  matches: ({ start, ending }) => start.subarray(8, 12).toString('latin1') === 'DUCK' || ending === '.duckdb',
  async attach(connection, { path, shown }) {
    try {
      await connection.run(`ATTACH ${literal(path)} AS file (READ_ONLY); USE file`);
    } catch (error) {
      throw new UserError(`"${shown}" cannot be read: ${firstLineOf(error)}`);
    }
  },
  async open(connection, file) {
    await this.attach?.(connection, file);
    const tables = await rowsOf(
      connection,
      "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'file' ORDER BY ALL",
    );
    const chosen = tableToRead(
      file.shown,
      tables.map(([, name]) => String(name)),
    );
    const source = `file.${identifier(String(tables[0]?.[0]))}.${identifier(chosen)}`;
    return typedTable(connection, source, file.shown, 'duckdb');
  },
};
