import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { type Data, DataType, DateUnit, type Table, TimeUnit, Vector } from 'apache-arrow';
import { readTable } from '../../support/arrow.js';
import { UserError } from '../../support/errors.js';
import type { ColumnType, SourceColumn } from '../columns.js';
import { BatchTable, type BatchType, type ColumnReader } from './batch_table.js';
import { textOfBytes } from './bytes.js';
import type { TableFormat } from './format.js';

/** Apache Arrow: files (Feather) and streams. */
export const arrow: TableFormat = {
  name: 'Arrow',
  matches: ({ start, ending }) =>
    start.subarray(0, 6).toString('latin1') === 'ARROW1' ||
    start.toString('hex', 0, 4) === 'ffffffff' ||
    ['.arrow', '.arrows', '.feather', '.ipc'].includes(ending),
  async open(connection, { path, shown, start }) {
    if (start.subarray(0, 4).toString('latin1') === 'FEA1')
      throw new UserError(
        `"${shown}" is in the first Feather format, which Arrow gave up: write it again with a newer program`,
      );
    let table: Table;
    try {
      table = await readTable(path);
    } catch (error) {
      throw error instanceof UserError ? new UserError(error.message.replaceAll(path, shown)) : error;
    }
    const kinds = table.schema.fields.map(({ type, metadata }) =>
      metadata.get('ARROW:extension:name') === 'arrow.uuid' ? uuid : kindOf(type),
    );
    const columns = table.schema.fields.map(
      ({ name }, f): SourceColumn => ({ name, type: kinds[f]?.type ?? 'nested' }),
    );
    return {
      ...{ label: 'arrow', columns, notes: [], expected: `expected ${columns.map(({ name }) => name).join(', ')}` },
      relation: (used) => load(connection, table, kinds, used),
      place: async (row) => `row ${row.toLocaleString('en')}`,
    };
  },
};

/** How a column goes over: as which type, what that is to us, and how its values are read. */
interface Kind {
  readonly stored: BatchType;
  readonly type: ColumnType;
  /** SQL of the value from what was stored. */
  readonly sql?: (column: string) => string;
  reader(data: Data): ColumnReader;
}

type Values = ArrayLike<number | bigint>;
const valuesOf = (data: Data): Values => data.values as unknown as Values;
const number = (stored: BatchType, type: ColumnType = 'text'): Kind => ({
  ...{ stored, type },
  reader: (data) => {
    const values = valuesOf(data);
    return (row) => values[row] as DuckDBValue;
  },
});
const instant = (microseconds: (data: Data) => (row: number) => bigint): Kind => ({
  ...{ stored: 'BIGINT', type: 'instant', sql: (column) => `make_timestamp(${column})` },
  reader: microseconds,
});
/** Whole microseconds of a count of units, down where there are parts. */
const scaled = (multiply: bigint, divide = 1n): Kind =>
  instant((data) => {
    const values = valuesOf(data);
    return (row) => {
      const product = BigInt(values[row] as number | bigint) * multiply;
      const rest = product % divide;
      return (product - (rest < 0n ? rest + divide : rest)) / divide;
    };
  });
const PER_UNIT = {
  [TimeUnit.SECOND]: scaled(1_000_000n),
  [TimeUnit.MILLISECOND]: scaled(1000n),
  [TimeUnit.MICROSECOND]: scaled(1n),
  [TimeUnit.NANOSECOND]: scaled(1n, 1000n),
};
/** Whatever can be asked for by row. */
const text = (convert: (value: unknown) => string | null, type: ColumnType = 'text'): Kind => ({
  ...{ stored: 'VARCHAR', type },
  reader: (data) => {
    const vector = vectorOf(data);
    return (row) => convert(vector.get(row));
  },
});

const vectorOf = (data: Data): Vector => new Vector([data]);

/** What a type of Arrow's is to us; undefined for lists, structures and the like. */
function kindOf(type: DataType): Kind | undefined {
  if (DataType.isDictionary(type)) return dictionary(kindOf(type.dictionary));
  if (DataType.isInt(type)) {
    if (type.bitWidth < 32 || (type.bitWidth === 32 && type.isSigned)) return number('INTEGER');
    if (type.bitWidth === 32)
      return { stored: 'BIGINT', type: 'text', reader: (data) => (row) => BigInt(valuesOf(data)[row] as number) };
    return number(type.isSigned ? 'BIGINT' : 'UBIGINT');
  }
  if (DataType.isFloat(type))
    return type.precision === 0 ? halfFloat : number(type.precision === 1 ? 'FLOAT' : 'DOUBLE', 'float');
  if (DataType.isTimestamp(type)) return PER_UNIT[type.unit];
  if (DataType.isDate(type)) return type.unit === DateUnit.DAY ? scaled(86_400_000_000n) : scaled(1000n);
  if (DataType.isTime(type))
    return text((value) => clockText(Number(value) / { 0: 1, 1: 1e3, 2: 1e6, 3: 1e9 }[type.unit]), 'clock');
  if (DataType.isDecimal(type)) return decimal(type.scale, type.bitWidth);
  if (DataType.isBool(type))
    return { stored: 'BOOLEAN', type: 'text', reader: (data) => (row) => Boolean(vectorOf(data).get(row)) };
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isFixedSizeBinary(type))
    return text((value) => textOfBytes(value as Uint8Array));
  if (DataType.isNull(type)) return { stored: 'VARCHAR', type: 'text', reader: () => () => null };
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || /^(Utf8|String)View/i.test(String(type)))
    return text((value) => String(value));
  if (/^BinaryView/i.test(String(type))) return text((value) => textOfBytes(value as Uint8Array));
  return undefined;
}

const uuid = text((value) =>
  Buffer.from(value as Uint8Array)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
);

const halfFloat: Kind = {
  ...{ stored: 'FLOAT', type: 'float' },
  reader: (data) => {
    const vector = vectorOf(data);
    return (row) => vector.get(row) as number;
  },
};

const clockText = (seconds: number): string =>
  [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':') + (seconds % 1 ? String(Math.round((seconds % 1) * 1e6) / 1e6).slice(1) : '');

/** Codes into values: each value is read once. */
function dictionary(values: Kind | undefined): Kind | undefined {
  return (
    values && {
      ...values,
      reader(data) {
        const codes = valuesOf(data);
        const read = (data.dictionary?.data ?? []).flatMap((part) => readAll(values, part));
        return (row) => read[Number(codes[row])] as DuckDBValue;
      },
    }
  );
}

function readAll(kind: Kind, data: Data): DuckDBValue[] {
  const reader = kind.reader(data);
  return Array.from({ length: data.length }, (_, row) => (data.getValid(row) ? reader(row) : null));
}

/** Exact decimals, by their text. */
const decimal = (scale: number, bits: number): Kind => ({
  ...{ stored: 'VARCHAR', type: 'text' },
  reader: (data) => {
    const words = data.values as unknown as Uint32Array;
    const each = bits / 32;
    return (row) => {
      let whole = 0n;
      for (let word = each - 1; word >= 0; word--) whole = (whole << 32n) | BigInt(words[row * each + word] as number);
      const signed = BigInt.asIntN(bits, whole);
      const digits = String(signed < 0n ? -signed : signed).padStart(scale + 1, '0');
      const point = digits.length - scale;
      return `${signed < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`;
    };
  },
});

async function load(
  connection: DuckDBConnection,
  table: Table,
  kinds: readonly (Kind | undefined)[],
  used: readonly number[],
): Promise<string> {
  const chosen = used.flatMap((place) => (kinds[place] ? [{ place, kind: kinds[place] }] : []));
  const rows = await BatchTable.create(
    connection,
    'arrow_rows',
    Object.fromEntries(chosen.map(({ place, kind }) => [`c${place}`, kind.stored])),
  );
  for (const batch of table.batches) {
    const readers = chosen.map(({ place, kind }): ColumnReader => {
      const data = batch.data.children[place] as Data;
      const reader = kind.reader(data);
      return data.nullCount === 0 ? reader : (row) => (data.getValid(row) ? reader(row) : null);
    });
    await rows.append(readers, batch.numRows);
  }
  const fields = chosen.map(({ place, kind }) => `${kind.sql?.(`c${place}`) ?? `c${place}`} AS c${place}`);
  return `(SELECT ${fields.join(', ')} FROM ${rows.name})`;
}
