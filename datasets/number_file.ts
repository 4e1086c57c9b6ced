import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { extname } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { numbersOf, readTable, textOf } from '../support/arrow.js';
import { UserError } from '../support/errors.js';
import { firstLineOf, identifier, literal, withDuckDB } from './duckdb.js';

/** An array of NumPy's format, as its header tells it. */
export interface NpyHeader {
  readonly shape: readonly number[];
  readonly type: '<f4' | '<f8' | '<i4' | '<i8';
  /** Byte at which the values begin. */
  readonly start: number;
}

const TYPES = ['<f4', '<f8', '<i4', '<i8'] as const;

/** Reads the header of a .npy file. Throws UserError for what is none, or is not laid out as rows of numbers. */
export function readNpyHeader(path: string): NpyHeader {
  const head = Buffer.alloc(4096);
  const file = openSync(path, 'r');
  const length = readSync(file, head, 0, head.length, 0);
  closeSync(file);
  if (length < 12 || head.toString('latin1', 0, 6) !== '\x93NUMPY')
    throw new UserError(`"${path}" is not a .npy file of NumPy`);
  const [size, at] = head[6] === 1 ? [head.readUInt16LE(8), 10] : [head.readUInt32LE(8), 12];
  const text = head.toString('latin1', at, at + size);
  const [, described] = /'descr':\s*'([^']*)'/.exec(text) ?? [];
  const type = TYPES.find((one) => one === described);
  if (!type)
    throw new UserError(`"${path}" holds numbers of the type "${described}": expected one of ${TYPES.join(', ')}`);
  if (!/'fortran_order':\s*False/.test(text)) throw new UserError(`"${path}" is stored by columns: save it in C order`);
  const [, sizes = ''] = /'shape':\s*\(([^)]*)\)/.exec(text) ?? [];
  const shape = sizes
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map(Number);
  return { shape, type, start: at + size };
}

/** All numbers of a .npy file, as float32. */
export function readNpy(path: string): { readonly shape: readonly number[]; readonly values: Float32Array } {
  const { shape, type, start } = readNpyHeader(path);
  const bytes = readFileSync(path);
  const data = bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.byteLength);
  const count = shape.reduce((product, size) => product * size, 1);
  const wide = Number(type[2]);
  if (data.byteLength < count * wide)
    throw new UserError(`"${path}" is cut off: its header says ${shape.join(' x ')} numbers`);
  const values =
    type === '<f4'
      ? new Float32Array(data, 0, count)
      : type === '<f8'
        ? Float32Array.from(new Float64Array(data, 0, count))
        : type === '<i4'
          ? Float32Array.from(new Int32Array(data, 0, count))
          : Float32Array.from(new BigInt64Array(data, 0, count), Number);
  return { shape, values };
}

/** Columns of a table: ids as text, and numbers. */
export interface FileColumns {
  readonly texts: Readonly<Record<string, readonly string[]>>;
  readonly numbers: Readonly<Record<string, Float64Array>>;
}

/** Names of the columns of a CSV, TSV, Parquet, Arrow or Feather file. */
export async function columnsOf(path: string): Promise<string[]> {
  if (isArrow(path)) return (await readTable(path)).schema.names.map(String);
  return withDuckDB(async (connection) => namesIn(connection, sourceOf(path), path));
}

const isArrow = (path: string): boolean => ['.arrow', '.feather', '.ipc'].includes(extname(path).toLowerCase());

const sourceOf = (path: string): string =>
  extname(path).toLowerCase() === '.parquet'
    ? `read_parquet(${literal(path)})`
    : `read_csv(${literal(path)}, header = true, all_varchar = true, strict_mode = true)`;

async function namesIn(connection: DuckDBConnection, source: string, path: string): Promise<string[]> {
  try {
    return (await connection.runAndReadAll(`SELECT * FROM ${source} LIMIT 0`)).columnNames();
  } catch (error) {
    throw new UserError(`"${path}" cannot be read: ${firstLineOf(error)}`);
  }
}

/**
 * Columns of a CSV, TSV, Parquet, Arrow or Feather file, by name: some as text, without a way through numbers, others as numbers. Throws UserError
 * naming the file and the column that is missing or has something else.
 */
export async function readColumns(
  path: string,
  wanted: { readonly texts?: readonly string[]; readonly numbers: readonly string[] },
): Promise<FileColumns> {
  const { texts = [], numbers } = wanted;
  if (isArrow(path)) {
    const table = await readTable(path);
    const missing = [...texts, ...numbers].find((name) => !table.getChild(name));
    if (missing !== undefined)
      throw new UserError(`"${path}" has no column "${missing}"; it has ${table.schema.names.join(', ')}`);
    const numbersBy = numbers.map((name) => [name, numbersOf(table, name, new Float64Array(table.numRows), path)]);
    return {
      texts: Object.fromEntries(texts.map((name) => [name, textOf(table, name)])),
      numbers: Object.fromEntries(numbersBy),
    };
  }
  return withDuckDB(async (connection) => {
    const source = sourceOf(path);
    const known = await namesIn(connection, source, path);
    const missing = [...texts, ...numbers].find((name) => !known.includes(name));
    if (missing !== undefined) throw new UserError(`"${path}" has no column "${missing}"; it has ${known.join(', ')}`);
    const selected = [
      ...texts.map((name) => `CAST(${identifier(name)} AS VARCHAR)`),
      ...numbers.map((name) => `TRY_CAST(${identifier(name)} AS DOUBLE)`),
    ];
    const columns = await connection
      .runAndReadAll(`SELECT ${selected.join(', ')} FROM ${source}`)
      .then((rows) => rows.getColumns())
      .catch((error: unknown) => {
        throw new UserError(`"${path}" cannot be read: ${firstLineOf(error)}`);
      });
    const column = (place: number, name: string, what: string): unknown[] => {
      const values = columns[place] ?? [];
      const odd = values.indexOf(null);
      if (odd >= 0) throw new UserError(`"${path}", row ${odd + 1}: column "${name}" has no ${what}`);
      return values;
    };
    return {
      texts: Object.fromEntries(texts.map((name, c) => [name, column(c, name, 'value') as string[]])),
      numbers: Object.fromEntries(
        numbers.map((name, c) => [name, Float64Array.from(column(texts.length + c, name, 'number') as number[])]),
      ),
    };
  });
}

/** The same of numbers alone. */
export async function readNumbers<Name extends string>(
  path: string,
  names: readonly Name[],
): Promise<Record<Name, Float64Array>> {
  return (await readColumns(path, { numbers: names })).numbers as Record<Name, Float64Array>;
}
