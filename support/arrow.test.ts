import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { batchesOf, type Columns, notesOf, numbersOf, readTable, textOf, writeTable } from './arrow.js';
import { testFolder } from './test_folder.js';

const folder = testFolder();
const fixture = (name: string): string => fileURLToPath(new URL(`../../support/fixtures/${name}`, import.meta.url));

test.each([
  'pyarrow-zstd.feather',
  'pyarrow-zstd.arrows',
  'pyarrow-lz4.feather',
  'pyarrow-lz4.arrows',
  'polars-zstd.arrow',
  'polars-zstd.arrows',
  'polars-lz4.arrow',
  'polars-lz4.arrows',
])('%s: what other libraries pack is read, file or stream, by the rule that made it', async (name) => {
  const path = fixture(name);
  const table = await readTable(path);
  const n = 9000;
  expect(table.numRows).toBe(n);
  const rows = Array.from({ length: n }, (_, k) => k);
  expect(textOf(table, 'user')).toEqual(rows.map((k) => `u${k % 7}`));
  expect(new Set(textOf(table, 'place'))).toEqual(new Set(['somewhere beyond twelve bytes']));
  expect([...numbersOf(table, 'item', new Int32Array(n), path)]).toEqual(rows.map((k) => k % 50));
  const ratings = rows.map((k) => Math.fround(k % 2 === 0 ? 4.1 : 1.5));
  expect([...numbersOf(table, 'rating', new Float32Array(n), path)]).toEqual(ratings);
  const liked = table.getChild('liked');
  expect(Array.from(liked ?? [])).toEqual(rows.map((k) => k % 3 === 0));
  const time = table.getChild('time');
  expect(Array.from(time ?? [], Number)).toEqual(rows.map((k) => 1_500_000_000_550 + (k % 97) * 1000));
});

test.each(['Decimal256', 'ListView', 'RunEndEncoded'])('a column of type %s is refused by name', async (type) => {
  await expect(readTable(fixture(`${type}.arrow`))).rejects.toThrow(
    new RegExp(`${type}\\.arrow" cannot .*${type}[ :,]`),
  );
});

test('what is cut off, empty or something else is refused with its path', async () => {
  const whole = readFileSync(fixture('polars-zstd.arrow'));
  const stream = readFileSync(fixture('polars-zstd.arrows'));
  const cases: readonly [string, Uint8Array | string, RegExp][] = [
    ['half.arrow', whole.subarray(0, whole.length / 2), /half\.arrow" cannot .*cut off/],
    ['half.arrows', stream.subarray(0, stream.length / 2), /half\.arrows" cannot .*only read/],
    ['empty.arrow', '', /empty\.arrow" cannot .*no columns/],
    ['text.arrow', 'user,item\n1,2\n', /text\.arrow" cannot .*begins as neither/],
    ['old.feather', `FEA1${' '.repeat(100)}FEA1`, /old\.feather" cannot .*Feather version 1/],
  ];
  for (const [name, content, message] of cases) {
    writeFileSync(join(folder, name), content);
    await expect(readTable(join(folder, name))).rejects.toThrow(message);
  }
});

describe('what we write', () => {
  const notes = { data: 'mine', columns: { time: { meaning: 'when', unit: 's' }, absent: { meaning: 'nothing' } } };
  const n = 20;
  const flags = Uint8Array.from({ length: n }, (_, k) => Number(k % 3 === 0));
  const columns = (seconds: (k: number) => number): Columns => ({
    user: { kind: 'int32', values: Int32Array.from({ length: n }, (_, k) => k) },
    liked: { kind: 'boolean', values: flags },
    time: { kind: 'seconds', values: Float64Array.from({ length: n }, (_, k) => seconds(k)) },
  });
  const written = async (name: string, table: Columns): Promise<string> => {
    await writeTable(join(folder, name), table, notes);
    return join(folder, name);
  };

  test.each([
    ['whole seconds', (k: number) => 1_500_000_000 + k, 'Timestamp<SECOND, UTC>'],
    ['before 1970', (k: number) => -1.5 - k, 'Timestamp<MICROSECOND, UTC>'],
    ['milliseconds', (k: number) => (1_500_000_000_550 + k) / 1000, 'Timestamp<MICROSECOND, UTC>'],
    [
      'the next double, which microseconds cannot tell',
      (k: number) => 1_500_000_000.5 + k * 2 ** -22,
      'Timestamp<NANOSECOND, UTC>',
    ],
  ])('times come back as they were: %s', async (name, seconds, type) => {
    const path = await written(`${name}.arrow`, columns(seconds));
    const table = await readTable(path);
    expect(String(table.getChild('time')?.type)).toBe(type);
    const times = Array.from({ length: n }, (_, k) => seconds(k));
    expect([...numbersOf(table, 'time', new Float64Array(n), path)]).toEqual(times);
    for await (const batch of batchesOf(path))
      expect([...(batch['time'] as { values: Float64Array }).values]).toEqual(times);
  });

  test('flags are booleans, and say so; the table says what it is; the same bytes each time', async () => {
    const path = await written(
      'a.arrow',
      columns((k) => k),
    );
    const table = await readTable(path);
    expect(Array.from(table.getChild('liked') ?? [])).toEqual(Array.from(flags, Boolean));
    expect([...numbersOf(table, 'liked', new Int32Array(n), path)]).toEqual([...flags]);
    expect(table.schema.metadata.get('data')).toBe('mine');
    expect(table.schema.metadata.get('program')).toMatch(/^expobench \d/);
    expect(Object.fromEntries(table.schema.fields[2]?.metadata ?? [])).toEqual(notes.columns.time);
    expect((await notesOf(path)).columns).toEqual({ time: notes.columns.time });
    const again = await written(
      'b.arrow',
      columns((k) => k),
    );
    expect(readFileSync(again).equals(readFileSync(path))).toBe(true);
  });

  test('large columns are packed, batch by batch, and what does not get smaller is left', async () => {
    const rows = 1_100_000;
    const bits = new Uint32Array(rows);
    for (let k = 0, state = 1; k < rows; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      bits[k] = (state >>> 9) | 0x3f800000;
    }
    const noise = new Float32Array(bits.buffer);
    const path = join(folder, 'large.arrow');
    await writeTable(path, {
      user: { kind: 'int32', values: Int32Array.from({ length: rows }, (_, k) => k >> 10) },
      noise: { kind: 'float32', values: noise },
    });
    expect(statSync(path).size).toBeLessThan(rows * 4.2);
    const table = await readTable(path);
    expect(table.batches.length).toBe(2);
    const read = numbersOf(table, 'noise', new Float32Array(rows), path);
    expect(Buffer.compare(Buffer.from(read.buffer), Buffer.from(noise.buffer))).toBe(0);
    expect(numbersOf(table, 'user', new Int32Array(rows), path)[rows - 1]).toBe((rows - 1) >> 10);
  });

  test('numbers are asked of a column that has none', async () => {
    const path = join(folder, 'text.arrow');
    await writeTable(path, { id: { kind: 'text', values: ['a'] } });
    await expect(async () => numbersOf(await readTable(path), 'id', new Int32Array(1), path)).rejects.toThrow(
      /column "id": expected numbers, and it is Utf8/,
    );
  });
});
