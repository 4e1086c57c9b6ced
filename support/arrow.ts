import { existsSync, readdirSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Data,
  DataType,
  type RecordBatch,
  RecordBatchReader,
  type Schema,
  Table,
  TimeUnit,
  tableFromIPC,
} from 'apache-arrow';
import { loadCodecs } from './arrow_compression.js';
import type { Column, ColumnNote, Columns, TableNotes } from './arrow_writer.js';
import { UserError } from './errors.js';

export { type Column, type Columns, TableWriter, writeTable } from './arrow_writer.js';

/** Files of a table in a folder: NAME.arrow, or the parts NAME/*.arrow in the order of their names. Empty where there are none. */
export function filesOf(folder: string, name: string): string[] {
  const whole = join(folder, `${name}.arrow`);
  if (existsSync(whole)) return [whole];
  const parts = join(folder, name);
  if (!existsSync(parts)) return [];
  return readdirSync(parts)
    .filter((file) => file.endsWith('.arrow'))
    .sort()
    .map((file) => join(parts, file));
}

/** Reads a table that lies in one file or in several, end to end. Throws UserError where one is no Arrow file. */
export async function readParts(paths: readonly string[]): Promise<Table> {
  const tables: Table[] = [];
  for (const path of paths) tables.push(await readTable(path));
  return tables.length === 1 ? (tables[0] as Table) : new Table(tables.flatMap(({ batches }) => batches));
}

/** The record batches of a file (not a stream), so that memory holds one at a time. */
export async function* recordBatchesOf(path: string): AsyncGenerator<RecordBatch> {
  await loadCodecs();
  const file = await open(path);
  try {
    yield* await RecordBatchReader.from(file);
  } finally {
    await file.close();
  }
}

/** The schema of a file, without its rows. */
export async function schemaOf(path: string): Promise<Schema> {
  const file = await open(path);
  try {
    return (await (await RecordBatchReader.from(file)).open()).schema;
  } finally {
    await file.close();
  }
}

/** The record batches of one of our own files, as they were appended. */
export async function* batchesOf(path: string): AsyncGenerator<Columns> {
  for await (const batch of recordBatchesOf(path)) {
    const columns = batch.schema.fields.map(({ name, type }, f): [string, Column] => {
      const data = batch.data.children[f] as Data;
      const values = (data.values as Int32Array).subarray(0, batch.numRows) as never; // in the file there is padding behind
      if (DataType.isBool(type)) return [name, { kind: 'boolean', values: flagsOf(data) }];
      if (DataType.isInt(type)) return [name, { kind: 'int32', values }];
      if (DataType.isFloat(type)) return [name, { kind: 'float32', values }];
      if (DataType.isDictionary(type))
        return [name, { kind: 'names', values: Uint8Array.from(values as Int8Array), names: namesIn(data) }];
      if (DataType.isTimestamp(type)) {
        const seconds = Float64Array.from(values as BigInt64Array, secondsIn(type.unit));
        return [name, { kind: 'seconds', values: seconds, fine: type.unit !== TimeUnit.SECOND }];
      }
      throw new UserError(`"${path}", column "${name}": a table of ours has no ${type}`);
    });
    yield Object.fromEntries(columns);
  }
}

/** The names of a dictionary; one list for equal ones, since all batches of a file must share it. */
function namesIn({ dictionary }: Data): readonly string[] {
  const names = Array.from(dictionary ?? [], String);
  const known = lists.find((list) => list.length === names.length && list.every((name, k) => name === names[k]));
  if (known) return known;
  lists.push(names);
  return names;
}

const lists: (readonly string[])[] = [];

/**
 * Reads an Arrow file or stream, whatever it is packed with. Throws UserError where it is neither, is cut off, or has a column of a type that
 * cannot be read.
 */
export async function readTable(path: string): Promise<Table> {
  const [bytes] = await Promise.all([readFile(path), loadCodecs()]);
  const table = tableOf(bytes, path);
  for (const { name, type } of table.schema.fields) {
    if (DataType.isDecimal(type) && type.bitWidth !== 128)
      throw unreadable(path, `column "${name}" is Decimal${type.bitWidth}: expected at most Decimal128`);
  }
  return table;
}

function tableOf(bytes: Uint8Array, path: string): Table {
  const begins = (magic: string): boolean => Buffer.from(bytes.subarray(0, magic.length)).toString('latin1') === magic;
  if (begins('FEA1'))
    throw unreadable(path, 'it is in Feather version 1, which nobody writes any more: expected version 2, or Parquet');
  if (begins(FILE_MAGIC) && Buffer.from(bytes.subarray(-FILE_MAGIC.length)).toString('latin1') !== FILE_MAGIC)
    throw unreadable(path, 'it is cut off: expected its end to be as its beginning');
  let table: Table;
  try {
    table = tableFromIPC(bytes);
  } catch (error) {
    const { message } = error as Error;
    const [, type] = /^Unrecognized type: "(\w+)"/.exec(message) ?? [];
    if (type !== undefined) throw unreadable(path, `a column is of the type ${type}, which is not known here`);
    const isEither = begins(FILE_MAGIC) || begins(STREAM_MARK);
    throw unreadable(path, isEither ? message : 'it begins as neither of them does');
  }
  if (table.schema.fields.length === 0) throw unreadable(path, 'it has no columns');
  return table;
}

const FILE_MAGIC = 'ARROW1';
/** What stands before each message of a stream, since 2019. */
const STREAM_MARK = '\xff\xff\xff\xff';

const unreadable = (path: string, why: string): UserError =>
  new UserError(`"${path}" cannot be read as an Arrow file or stream: ${why}`);

/** What a table of ours says about itself. */
export async function notesOf(path: string): Promise<TableNotes> {
  const schema = await schemaOf(path);
  const columns = schema.fields
    .filter(({ metadata }) => metadata.size > 0)
    .map(({ name, metadata }) => [name, Object.fromEntries(metadata) as unknown as ColumnNote]);
  return { data: schema.metadata.get('data'), columns: Object.fromEntries(columns) };
}

/**
 * A numeric column of one of our own tables as a typed array of the caller's, whatever width it has in the file: flags are 0 and 1, timestamps
 * seconds. Throws UserError where there is none, or one of another type or with empty values.
 */
export function numbersOf<Values extends Int32Array | Float32Array | Float64Array>(
  table: Table,
  name: string,
  out: Values,
  path: string,
): Values {
  const column = table.getChild(name);
  if (!column) throw new UserError(`"${path}" has no column "${name}"; it has ${table.schema.names.join(', ')}`);
  let row = 0;
  for (const data of column.data) {
    if (data.nullCount > 0) throw new UserError(`"${path}" has empty values in column "${name}"`);
    const values = numbersIn(data);
    if (!values) throw new UserError(`"${path}", column "${name}": expected numbers, and it is ${data.type}`);
    for (let i = 0; i < data.length; i++) out[row++] = values[i] as number;
  }
  return out;
}

/** Numbers of one batch; undefined for a type that is none. */
function numbersIn(data: Data): ArrayLike<number> | undefined {
  const { type, values } = data;
  if (DataType.isBool(type)) return flagsOf(data);
  if (DataType.isTimestamp(type)) return Float64Array.from(values as BigInt64Array, secondsIn(type.unit));
  if (DataType.isFloat(type) && !(values instanceof Uint16Array)) return values as Float64Array;
  if (!DataType.isInt(type)) return undefined;
  return values instanceof BigInt64Array || values instanceof BigUint64Array
    ? Float64Array.from(values as BigInt64Array, Number)
    : (values as Int32Array);
}

/** Flags from their bits, eight to a byte. */
function flagsOf({ values, length, offset }: Data): Uint8Array {
  const bits = values as Uint8Array;
  const flags = new Uint8Array(length);
  for (let k = 0; k < length; k++) flags[k] = ((bits[(k + offset) >> 3] as number) >> ((k + offset) & 7)) & 1;
  return flags;
}

/** What makes seconds of a timestamp. Whole seconds and the rest are taken apart: both are exact as doubles, their joint number may not be. */
function secondsIn(unit: TimeUnit): (ticks: bigint) => number {
  const per = 1000 ** unit;
  if (unit === TimeUnit.SECOND) return Number;
  return (ticks) => {
    const rest = ticks % BigInt(per);
    return Number((ticks - rest) / BigInt(per)) + Number(rest) / per;
  };
}

/** The text of a column, whatever its Arrow type. */
export function textOf(table: Table, name: string): string[] {
  const column = table.getChild(name);
  return column ? Array.from(column, String) : [];
}

/** The codes of a dictionary column in terms of `names`; 255 for a name that is not among them. */
export function codesOf(table: Table, name: string, names: readonly string[], out: Uint8Array): Uint8Array {
  const column = table.getChild(name);
  if (!column) return out;
  let row = 0;
  for (const data of column.data) {
    const dictionary = (data.dictionary?.toArray() ?? []) as readonly string[];
    const translate = Array.from(dictionary, (text) => {
      const code = names.indexOf(text);
      return code < 0 ? 255 : code;
    });
    const values = data.values as Int8Array;
    for (let i = 0; i < data.length; i++) out[row++] = translate[values[i] as number] ?? 255;
  }
  return out;
}
