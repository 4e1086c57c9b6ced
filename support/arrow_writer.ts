import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import {
  Bool,
  CompressionType,
  type DataType,
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
  TimestampMicrosecond,
  TimestampNanosecond,
  TimestampSecond,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { loadCodecs } from './arrow_compression.js';
import { PROGRAM } from './version.js';

/** Kinds of columns that our tables have. */
export type Column =
  | { readonly kind: 'int32'; readonly values: Int32Array }
  | { readonly kind: 'float32'; readonly values: Float32Array }
  | { readonly kind: 'float64'; readonly values: Float64Array }
  /** 0 and 1. */
  | { readonly kind: 'boolean'; readonly values: Uint8Array }
  /**
   * Seconds since 1970, written as an Arrow timestamp in UTC, in the coarsest unit that loses nothing; microseconds at least where they are `fine`,
   * so that batches without parts of a second are as the others.
   */
  | { readonly kind: 'seconds'; readonly values: Float64Array; readonly fine?: boolean }
  | { readonly kind: 'text'; readonly values: readonly string[] }
  /** Codes into a fixed list of names, written as an Arrow dictionary. */
  | { readonly kind: 'names'; readonly values: Uint8Array; readonly names: readonly string[] };

export type Columns = Readonly<Record<string, Column>>;

/** What a table says about itself, in the metadata of its schema and of its columns. */
export interface TableNotes {
  /** Name of the data set. */
  readonly data?: string | undefined;
  /** Columns by name; those that the table does not have are passed over. */
  readonly columns?: Readonly<Record<string, ColumnNote>> | undefined;
}

export interface ColumnNote {
  readonly meaning: string;
  readonly unit?: string;
}

/** Rows of a batch of `writeTable`: what is packed at once takes memory twice. */
const ROWS_A_BATCH = 1 << 20;

function typeOf(column: Column, id: number): DataType {
  switch (column.kind) {
    case 'int32':
      return new Int32();
    case 'float32':
      return new Float32();
    case 'float64':
      return new Float64();
    case 'boolean':
      return new Bool();
    case 'seconds':
      return new TIMESTAMPS[unitOf(column.values, column.fine ? 1_000_000 : 1)]('UTC');
    case 'text':
      return new Utf8();
    case 'names':
      return new Dictionary(new Utf8(), new Int8(), id, false);
  }
}

/** Timestamps by how many of their unit are a second. */
const TIMESTAMPS = { 1: TimestampSecond, 1000000: TimestampMicrosecond, 1000000000: TimestampNanosecond };
type Unit = keyof typeof TIMESTAMPS;

/** Seconds where all times are whole, else microseconds; nanoseconds where two times could become one. */
function unitOf(seconds: Float64Array, coarsest: Unit = 1): Unit {
  let unit = coarsest;
  for (const time of seconds) {
    if (Number.isInteger(time)) continue;
    unit = 1_000_000;
    if (Number(ticks(time, unit)) / unit !== time) return 1_000_000_000;
  }
  return unit;
}

/** A time as a whole number of its unit. The whole seconds and the rest are taken apart, since their product is beyond a double's digits. */
function ticks(seconds: number, perSecond: Unit): bigint {
  const whole = Math.floor(seconds);
  return BigInt(whole) * BigInt(perSecond) + BigInt(Math.round((seconds - whole) * perSecond));
}

function dataOf(column: Column, type: DataType) {
  const { length } = column.values;
  switch (column.kind) {
    case 'int32':
      return makeData({ type: type as Int32, data: column.values, length });
    case 'float32':
      return makeData({ type: type as Float32, data: column.values, length });
    case 'float64':
      return makeData({ type: type as Float64, data: column.values, length });
    case 'boolean':
      return makeData({ type: type as Bool, data: bitsOf(column.values), length });
    case 'seconds': {
      const unit = Number(
        Object.keys(TIMESTAMPS).find((unit) => type instanceof TIMESTAMPS[Number(unit) as Unit]),
      ) as Unit;
      if (unitOf(column.values) > unit) throw new Error('a later batch has finer times than the first');
      const data = BigInt64Array.from(column.values, (seconds) => ticks(seconds, unit) as never);
      return makeData({ type: type as TimestampSecond, data, length });
    }
    case 'text':
      return vectorFromArray(column.values as string[], new Utf8()).data[0] as never;
    case 'names': {
      const dictionary = dictionaryOf(column.names);
      return makeData({ type: type as Dictionary, data: Int8Array.from(column.values), dictionary, length } as never);
    }
  }
}

/** Flags packed eight to a byte, the first one lowest. */
function bitsOf(flags: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(flags.length / 8));
  flags.forEach((flag, k) => {
    if (flag !== 0) (bits[k >> 3] as number) |= 1 << (k & 7);
  });
  return bits;
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

/**
 * Arrow's writer, but that the number before a packed buffer is the size that it unpacks to, as the format says; apache-arrow 21 writes the size of
 * what is packed, which no other library can read.
 */
class PackingWriter extends RecordBatchFileWriter {
  protected override _compressBodyBuffers(buffers: ArrayBufferView[]) {
    const packed = super._compressBodyBuffers(buffers);
    buffers.forEach(({ byteLength }, k) => {
      const before = packed.buffers[2 * k] as Uint8Array;
      const size = new DataView(before.buffer, before.byteOffset, before.byteLength);
      // -1 stands before what would not get smaller, and is as it is.
      if (byteLength > 0 && size.getBigInt64(0, true) !== -1n) size.setBigInt64(0, BigInt(byteLength), true);
    });
    return packed;
  }
}

/** Streams record batches to an Arrow file, packed with zstd, so that memory holds one at a time. */
export class BatchWriter {
  private readonly writer = new PackingWriter({ compressionType: CompressionType.ZSTD });
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
    await loadCodecs();
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

  constructor(
    path: string,
    private readonly notes: TableNotes = {},
  ) {
    this.writer = new BatchWriter(path);
  }

  /** Appends one record batch; every batch has the same columns. `whole` is the table that it is a part of, where that is known. */
  async append(columns: Columns, whole: Columns = columns): Promise<void> {
    this.schema ??= schemaOf(whole, this.notes);
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

function schemaOf(columns: Columns, { data, columns: notes = {} }: TableNotes): Schema {
  const fields = Object.entries(columns).map(([name, column], id) => {
    const note = Object.hasOwn(notes, name) ? new Map(Object.entries({ ...notes[name] })) : new Map();
    return new Field(name, typeOf(column, id), false, note);
  });
  const metadata = programNote();
  if (data !== undefined) metadata.set('data', data);
  return new Schema(fields, metadata);
}

/** What made a table, for the metadata of its schema. */
export const programNote = (): Map<string, string> => new Map([['program', `${PROGRAM.name} ${PROGRAM.version}`]]);

/** Writes a whole table, in batches of about a million rows. */
export async function writeTable(path: string, columns: Columns, notes: TableNotes = {}): Promise<void> {
  const writer = new TableWriter(path, notes);
  const rows = Object.values(columns)[0]?.values.length ?? 0;
  for (let from = 0; from === 0 || from < rows; from += ROWS_A_BATCH) {
    const batch = Object.entries(columns).map(([name, column]) => [name, sliceOf(column, from, from + ROWS_A_BATCH)]);
    await writer.append(Object.fromEntries(batch), columns);
  }
  await writer.close();
}

function sliceOf(column: Column, from: number, to: number): Column {
  const values = column.kind === 'text' ? column.values.slice(from, to) : column.values.subarray(from, to);
  return { ...column, values } as Column;
}
