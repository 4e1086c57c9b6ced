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
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { readTable } from './arrow.js';
import { BatchWriter, programNote } from './arrow_writer.js';
import { UserError } from './errors.js';

/** Named arrays with their shapes: a model's weights, a world's factors. */
export type NamedArrays = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>
>;

const meaning = (text: string): Map<string, string> => new Map([['meaning', text]]);
const SCHEMA = new Schema(
  [
    new Field('name', new Utf8(), false, meaning('name of an array')),
    new Field('shape', new List(new Field('item', new Int32(), false)), false, meaning('its rows, columns and so on')),
    new Field('values', new List(new Field('item', new Float32(), false)), false, meaning('its numbers, row by row')),
  ],
  programNote(),
);

/**
 * Writes arrays as an Arrow table, a row an array: name (text), shape (list of int32), values (list of float32). Each row is a record batch of
 * its own, so that memory holds one array at a time besides the caller's.
 */
export async function writeArrays(path: string, arrays: NamedArrays): Promise<void> {
  const writer = new BatchWriter(path);
  const list = (type: Int32 | Float32, values: Int32Array | Float32Array) => {
    const child = makeVector(makeData({ type, data: values, length: values.length } as never)).data[0];
    const listType = new List(new Field('item', type, false));
    const valueOffsets = Int32Array.of(0, values.length);
    return makeData({ type: listType, length: 1, nullCount: 0, valueOffsets, child } as never);
  };
  for (const [name, { shape, values }] of Object.entries(arrays)) {
    const children = [
      vectorFromArray([name], new Utf8()).data[0],
      list(new Int32(), Int32Array.from(shape)),
      list(new Float32(), values),
    ];
    const struct = makeData({ type: new Struct(SCHEMA.fields), length: 1, nullCount: 0, children } as never);
    await writer.write(new RecordBatch(SCHEMA, struct as never));
  }
  await writer.close();
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
