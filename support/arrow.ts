import { once } from 'node:events';
import { createWriteStream, existsSync, readdirSync, type WriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import {
  DataType,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int8,
  Int32,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  Table,
  TimestampMicrosecond,
  TimestampSecond,
  tableFromIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { UserError } from './errors.js';

/** Kinds of columns that our tables have. */
export type Column =
  | { readonly kind: 'int32'; readonly values: Int32Array }
  | { readonly kind: 'float32'; readonly values: Float32Array }
  /** Seconds since 1970, written as an Arrow timestamp in UTC; parts of a second are dropped. */
  | { readonly kind: 'seconds'; readonly values: Float64Array }
  | { readonly kind: 'float64'; readonly values: Float64Array }
  /** Seconds since 1970 with their parts, written as an Arrow timestamp of microseconds in UTC. */
  | { readonly kind: 'instant'; readonly values: Float64Array }
  | { readonly kind: 'text'; readonly values: readonly string[] }
  /** Codes into a fixed list of names, written as an Arrow dictionary. */
  | { readonly kind: 'names'; readonly values: Uint8Array; readonly names: readonly string[] };

export type Columns = Readonly<Record<string, Column>>;

function typeOf(column: Column, id: number): DataType {
  switch (column.kind) {
    case 'int32':
      return new Int32();
    case 'float32':
      return new Float32();
    case 'seconds':
      return new TimestampSecond('UTC');
    case 'float64':
      return new Float64();
    case 'instant':
      return new TimestampMicrosecond('UTC');
    case 'text':
      return new Utf8();
    case 'names':
      return new Dictionary(new Utf8(), new Int8(), id, false);
  }
}

function dataOf(column: Column, type: DataType) {
  const { length } = column.values;
  switch (column.kind) {
    case 'int32':
      return makeData({ type: type as Int32, data: column.values, length });
    case 'float32':
      return makeData({ type: type as Float32, data: column.values, length });
    case 'seconds':
      return makeData({
        type: type as TimestampSecond,
        data: BigInt64Array.from(column.values, (seconds) => BigInt(Math.floor(seconds))),
        length,
      });
    case 'float64':
      return makeData({ type: type as Float64, data: column.values, length });
    case 'instant':
      return makeData({
        type: type as TimestampMicrosecond,
        data: BigInt64Array.from(column.values, (seconds) => BigInt(Math.round(seconds * 1e6))),
        length,
      });
    case 'text':
      return vectorFromArray(column.values as string[], new Utf8()).data[0] as never;
    case 'names': {
      const dictionary = dictionaryOf(column.names);
      return makeData({ type: type as Dictionary, data: Int8Array.from(column.values), dictionary, length } as never);
    }
  }
}

const dictionaries = new WeakMap<readonly string[], Vector<Utf8>>();

/** One vector for each list of names: all batches of a file must share it. */
function dictionaryOf(names: readonly string[]): Vector<Utf8> {
  let dictionary = dictionaries.get(names);
  if (!dictionary) {
    dictionary = vectorFromArray(names as string[], new Utf8());
    dictionaries.set(names, dictionary);
  }
  return dictionary;
}

/** Streams record batches to an Arrow file, so that memory holds one at a time. */
export class BatchWriter {
  private readonly writer = new RecordBatchFileWriter();
  private readonly file: WriteStream;
  private readonly done: Promise<void>;
  private failure: unknown;

  constructor(path: string) {
    this.file = createWriteStream(path);
    this.done = finished(this.file).catch((error: unknown) => {
      this.failure = error;
    });
    this.writer.toNodeStream().pipe(this.file);
  }

  async write(batch: RecordBatch): Promise<void> {
    this.writer.write(batch);
    await new Promise((resolve) => setImmediate(resolve));
    if (this.file.writableNeedDrain && !this.failure) await Promise.race([once(this.file, 'drain'), this.done]);
    if (this.failure) throw this.failure;
  }

  async close(): Promise<void> {
    this.writer.close();
    await this.done;
    if (this.failure) throw this.failure;
  }
}

/** Writes a table of ours batch by batch. */
export class TableWriter {
  private readonly writer: BatchWriter;
  private schema: Schema | undefined;

  constructor(path: string) {
    this.writer = new BatchWriter(path);
  }

  /** Appends one record batch; every batch has the same columns. */
  async append(columns: Columns): Promise<void> {
    this.schema ??= new Schema(
      Object.entries(columns).map(([name, column], id) => new Field(name, typeOf(column, id), false)),
    );
    const { schema } = this;
    const rows = Object.values(columns)[0]?.values.length ?? 0;
    const children = Object.values(columns).map((column, c) => dataOf(column, (schema.fields[c] as Field).type));
    const struct = makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children } as never);
    await this.writer.write(new RecordBatch(schema, struct as never));
  }

  close(): Promise<void> {
    return this.writer.close();
  }
}

/** Writes a whole table as one batch. */
export async function writeTable(path: string, columns: Columns): Promise<void> {
  const writer = new TableWriter(path);
  await writer.append(columns);
  await writer.close();
}

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

/** The record batches of one of our own files, as they were appended. */
export async function* batchesOf(path: string): AsyncGenerator<Columns> {
  const table = await readTable(path);
  for (const batch of table.batches) {
    const columns = batch.schema.fields.map(({ name, type }, f): [string, Column] => {
      const data = batch.data.children[f] as unknown as { values: Int32Array; dictionary?: Vector };
      const values = data.values.subarray(0, batch.numRows) as never; // in the file there is padding behind
      if (DataType.isInt(type)) return [name, { kind: 'int32', values }];
      if (DataType.isFloat(type)) return [name, { kind: 'float32', values }];
      if (DataType.isDictionary(type))
        return [name, { kind: 'names', values: Uint8Array.from(values as Int8Array), names: namesIn(data) }];
      if (DataType.isTimestamp(type))
        return [name, { kind: 'seconds', values: Float64Array.from(values as BigInt64Array, Number) }];
      throw new UserError(`"${path}", column "${name}": a table of ours has no ${type}`);
    });
    yield Object.fromEntries(columns);
  }
}

/** The names of a dictionary; one list for equal ones, since all batches of a file must share it. */
function namesIn({ dictionary }: { readonly dictionary?: Vector }): readonly string[] {
  const names = Array.from(dictionary ?? [], String);
  const known = lists.find((list) => list.length === names.length && list.every((name, k) => name === names[k]));
  if (known) return known;
  lists.push(names);
  return names;
}

const lists: (readonly string[])[] = [];

/** Reads an Arrow file. Throws UserError where it is not one. */
export async function readTable(path: string): Promise<Table> {
  const bytes = await readFile(path);
  try {
    return tableFromIPC(bytes);
  } catch (error) {
    throw new UserError(`"${path}" is not an Arrow file: ${(error as Error).message}`);
  }
}

/** Parts of a second that each unit of a timestamp counts, by its code. */
const PARTS = [1, 1e3, 1e6, 1e9];

/** A numeric column as a typed array of the caller's, converted from whatever width the file has; a timestamp in seconds, whatever its unit. */
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
    const values = data.values as ArrayLike<number | bigint>;
    if (data.nullCount > 0) throw new UserError(`"${path}" has empty values in column "${name}"`);
    const parts = DataType.isTimestamp(data.type) ? (PARTS[data.type.unit] as number) : 1;
    for (let i = 0; i < data.length; i++) out[row++] = Number(values[i]) / parts;
  }
  return out;
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
