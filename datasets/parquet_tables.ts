import { relative } from 'node:path';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { type Data, DataType, type Schema, TimeUnit, Vector } from 'apache-arrow';
import { filesOf, recordBatchesOf, schemaOf } from '../support/arrow.js';
import type { OutputFolder } from '../support/output.js';
import { identifier, literal, withDuckDB } from './duckdb.js';
import { BatchTable, type BatchType, type ColumnReader } from './formats/batch_table.js';

/** Formats of the tables of a folder of data: Arrow, which is always written and read back, or Parquet beside it. */
export const TABLE_FORMATS = ['arrow', 'parquet'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** Tables that folders of data have; what else is Arrow there are the factors of a world, which are no rows. */
const TABLES = ['interactions', 'clicks', 'exposures', 'candidates', 'users', 'items'] as const;

/** Rows of a row group: programs read one at a time, and skip it by its least and greatest values. */
const ROWS_A_GROUP = 122_880;

/** Memory in which a table waits to be written; what is larger is laid down on the disk. */
const MEMORY = '512MB';

/** Writes each table of a folder, or each of its parts, as Parquet beside it, with the same rows in the same order. The same bytes for the same tables. */
export async function writeParquetBeside(folder: OutputFolder): Promise<void> {
  for (const table of TABLES)
    for (const path of filesOf(folder.partial, table)) {
      const beside = relative(folder.partial, path).replace(/\.arrow$/, '.parquet');
      await writeParquet(path, folder.file(beside));
    }
}

/** Writes an Arrow file of ours as Parquet. Memory holds one record batch, and what DuckDB may have. */
export async function writeParquet(from: string, to: string): Promise<void> {
  const schema = await schemaOf(from);
  await withDuckDB(async (connection) => {
    // One thread, so that rows fall into row groups in one way.
    for (const setting of ['threads = 1', `memory_limit = '${MEMORY}'`]) await connection.run(`SET ${setting}`);
    const kinds = await Promise.all(schema.fields.map(({ type }) => kindOf(type)));
    const rows = await BatchTable.create(
      connection,
      'written',
      Object.fromEntries(schema.fields.map(({ name }, f) => [name, (kinds[f] as Kind).stored])),
    );
    for await (const batch of recordBatchesOf(from)) {
      const readers = kinds.map(({ reader }, f) => reader(batch.data.children[f] as Data));
      await rows.append(readers, batch.numRows);
    }
    await copyTo(connection, rows.name, to, schema);
  });
}

async function copyTo(connection: DuckDBConnection, table: string, path: string, schema: Schema): Promise<void> {
  const said = Object.entries(metadataOf(schema)).map(([key, value]) => `${identifier(key)}: ${literal(value)}`);
  const options = [
    ...['FORMAT parquet', 'COMPRESSION zstd', `ROW_GROUP_SIZE ${ROWS_A_GROUP}`],
    `KV_METADATA {${said.join(', ')}}`,
  ];
  await connection.run(`COPY (SELECT * FROM ${table}) TO ${literal(path)} (${options.join(', ')})`);
}

/** What the table says of itself: as in Arrow, but that columns have no metadata of their own, so that theirs stand as JSON under "columns". */
function metadataOf({ metadata, fields }: Schema): Record<string, string> {
  const columns = fields
    .filter((field) => field.metadata.size > 0)
    .map((field) => [field.name, Object.fromEntries(field.metadata)]);
  const text = JSON.stringify(Object.fromEntries(columns)).replaceAll('.arrow', '.parquet');
  return { ...Object.fromEntries(metadata), columns: text };
}

/** How a column of ours goes over. */
interface Kind {
  readonly stored: BatchType;
  reader(data: Data): ColumnReader;
}

async function kindOf(type: DataType): Promise<Kind> {
  if (DataType.isInt(type)) return { stored: 'INTEGER', reader: numbers };
  if (DataType.isFloat(type)) return { stored: type.precision === 1 ? 'FLOAT' : 'DOUBLE', reader: numbers };
  if (DataType.isBool(type)) return { stored: 'BOOLEAN', reader: values };
  if (DataType.isUtf8(type) || DataType.isDictionary(type)) return { stored: 'VARCHAR', reader: values };
  if (DataType.isTimestamp(type)) return instants(type.unit);
  throw new Error(`a table of ours has no ${type}`);
}

function numbers({ values }: Data): ColumnReader {
  const list = values as ArrayLike<number>;
  return (row) => list[row] as number;
}

function values(data: Data): ColumnReader {
  const vector = new Vector([data]);
  return (row) => vector.get(row) as DuckDBValue;
}

/** Times as microseconds in UTC; as nanoseconds, which Parquet's writer knows without a time zone alone, where microseconds do not tell them apart. */
async function instants(unit: TimeUnit): Promise<Kind> {
  const { DuckDBTimestampNanosecondsValue, DuckDBTimestampTZValue } = await import('@duckdb/node-api');
  const ticks = ({ values }: Data) => values as unknown as BigInt64Array;
  const of = (stored: BatchType, value: (ticks: bigint) => DuckDBValue): Kind => ({
    stored,
    reader(data) {
      const list = ticks(data);
      return (row) => value(list[row] as bigint);
    },
  });
  if (unit === TimeUnit.NANOSECOND) return of('TIMESTAMP_NS', (t) => new DuckDBTimestampNanosecondsValue(t));
  const micros = unit === TimeUnit.SECOND ? 1_000_000n : 1n;
  return of('TIMESTAMPTZ', (t) => new DuckDBTimestampTZValue(t * micros));
}
