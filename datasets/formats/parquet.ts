import { literal } from '../duckdb.js';
import type { TableFormat } from './format.js';
import { typedTable } from './relation.js';

/** Apache Parquet. */
export const parquet: TableFormat = {
  name: 'Parquet',
  matches: ({ start, ending }) => start.subarray(0, 4).toString('latin1') === 'PAR1' || ending === '.parquet',
  open: (connection, { path, shown }) => typedTable(connection, `read_parquet(${literal(path)})`, shown, 'parquet'),
};
