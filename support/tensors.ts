import { writeFileSync } from 'node:fs';
import {
  Field,
  Float32,
  Int32,
  List,
  makeData,
  makeVector,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { readTable } from './arrow.js';
import { UserError } from './errors.js';

/** Named arrays with their shapes: a model's weights, a world's factors. */
export type NamedArrays = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>
>;

/** Writes arrays as an Arrow table, a row an array: name (text), shape (list of int32), values (list of float32). */
export function writeArrays(path: string, arrays: NamedArrays): void {
  const entries = Object.entries(arrays);
  const list = <T extends Int32 | Float32>(type: T, parts: readonly (Int32Array | Float32Array)[]) => {
    const offsets = new Int32Array(parts.length + 1);
    parts.forEach((part, p) => {
      offsets[p + 1] = (offsets[p] as number) + part.length;
    });
    const length = offsets[parts.length] as number;
    const all = type instanceof Int32 ? new Int32Array(length) : new Float32Array(length);
    parts.forEach((part, p) => all.set(part, offsets[p]));
    const child = makeVector(makeData({ type, data: all, length } as never)).data[0];
    const listType = new List(new Field('item', type, false));
    return makeData({ type: listType, length: parts.length, nullCount: 0, valueOffsets: offsets, child } as never);
  };
  const names = vectorFromArray(
    entries.map(([name]) => name),
    new Utf8(),
  ).data[0];
  const schema = new Schema([
    new Field('name', new Utf8(), false),
    new Field('shape', new List(new Field('item', new Int32(), false)), false),
    new Field('values', new List(new Field('item', new Float32(), false)), false),
  ]);
  const children = [
    names,
    list(
      new Int32(),
      entries.map(([, { shape }]) => Int32Array.from(shape)),
    ),
    list(
      new Float32(),
      entries.map(([, { values }]) => values),
    ),
  ];
  const struct = makeData({ type: new Struct(schema.fields), length: entries.length, nullCount: 0, children } as never);
  writeFileSync(path, tableToIPC(new Table([new RecordBatch(schema, struct as never)]), 'file'));
}

/** Reads what `writeArrays` wrote. */
export async function readArrays(path: string): Promise<NamedArrays> {
  const table = await readTable(path);
  const arrays: Record<string, { shape: number[]; values: Float32Array }> = {};
  for (const row of table) {
    const { name, shape, values } = row as unknown as {
      name: string;
      shape: Iterable<number>;
      values: { toArray(): Float32Array };
    };
    if (!shape || !values)
      throw new UserError(`"${path}" is not a table of named arrays: expected columns name, shape, values`);
    arrays[name] = { shape: [...shape], values: values.toArray().slice() };
  }
  return arrays;
}
