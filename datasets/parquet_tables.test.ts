import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Columns, writeTable } from '../support/arrow.js';
import { OutputFolder } from '../support/output.js';
import { testFolder } from '../support/test_folder.js';
import { rowsOf, withDuckDB } from './duckdb.js';
import { notesFor } from './notes.js';
import { writeParquet, writeParquetBeside } from './parquet_tables.js';

const rowsOfParquet = (sql: string): Promise<unknown[][]> => withDuckDB((connection) => rowsOf(connection, sql));

describe('tables as Parquet', () => {
  const folder = testFolder();
  const rows = 130_000; // more than one row group
  const numbered = (of: (row: number) => number) => Array.from({ length: rows }, (_, row) => of(row));
  const table: Columns = {
    user: { kind: 'int32', values: Int32Array.from(numbered((row) => row)) },
    p_exposure: { kind: 'float32', values: Float32Array.from(numbered((row) => 1 / (row + 3))) },
    rating: { kind: 'float64', values: Float64Array.from(numbered((row) => row / 10)) },
    clicked: { kind: 'boolean', values: Uint8Array.from(numbered((row) => Number(row % 3 === 0))) },
    time: { kind: 'seconds', values: Float64Array.from(numbered((row) => 1_500_000_000.25 + row)) },
    split: { kind: 'names', values: Uint8Array.from(numbered((row) => row % 2)), names: ['train', 'test'] },
    id: { kind: 'text', values: numbered((row) => row).map((row) => `"${row}'é`) },
  };
  const files = Promise.all(
    ['a', 'b'].map(async (name) => {
      const [from, to] = [join(folder, `${name}.arrow`), join(folder, `${name}.parquet`)];
      await writeTable(from, table, notesFor("somebody's"));
      await writeParquet(from, to);
      return to;
    }),
  );

  test('have the rows of the Arrow table, in its order and types', async () => {
    const [path] = await files;
    const types = await rowsOfParquet(`SELECT column_name, column_type FROM (DESCRIBE FROM '${path}')`);
    expect(Object.fromEntries(types)).toEqual({
      ...{ user: 'INTEGER', p_exposure: 'FLOAT', rating: 'DOUBLE', clicked: 'BOOLEAN' },
      ...{ time: 'TIMESTAMP WITH TIME ZONE', split: 'VARCHAR', id: 'VARCHAR' },
    });
    const read = await rowsOfParquet(
      `SELECT user, p_exposure, rating, clicked, epoch(time), split, id FROM '${path}' WHERE user % 1000 = 0`,
    );
    expect(read).toEqual(
      Array.from({ length: 130 }, (_, k) => 1000 * k).map((row) => [
        ...[row, Math.fround(1 / (row + 3)), row / 10, row % 3 === 0],
        ...[1_500_000_000.25 + row, row % 2 === 1 ? 'test' : 'train', `"${row}'é`],
      ]),
    );
    const [counted] = await rowsOfParquet(
      `SELECT count(*), sum(CASE WHEN user = r THEN 1 END) FROM (SELECT user, file_row_number AS r FROM read_parquet('${path}', file_row_number = true))`,
    );
    expect(counted?.map(Number)).toEqual([rows, rows]);
  });

  test('are the same bytes for the same table, whatever they are called', async () => {
    const [a, b] = await files;
    expect(readFileSync(a as string).equals(readFileSync(b as string))).toBe(true);
  });

  test('say what they are, and what their columns mean', async () => {
    const [path] = await files;
    const said = Object.fromEntries(
      await rowsOfParquet(`SELECT decode(key), decode(value) FROM parquet_kv_metadata('${path}')`),
    ) as Record<string, string>;
    expect(said).toMatchObject({ data: "somebody's", program: expect.stringMatching(/^expobench \d/) });
    expect(JSON.parse(said['columns'] as string)).toMatchObject({
      clicked: { meaning: 'whether what was shown was clicked' },
      p_exposure: { unit: 'probability' },
      user: { meaning: expect.stringContaining('users.parquet') },
    });
  });

  test('times that microseconds cannot tell apart stay apart', async () => {
    const [from, to] = [join(folder, 'fine.arrow'), join(folder, 'fine.parquet')];
    const values = Float64Array.of(1_500_000_000.5, 1_500_000_000.5 + 2 ** -22, -1.5);
    await writeTable(from, { time: { kind: 'seconds', values } });
    await writeParquet(from, to);
    const read = await rowsOfParquet(`SELECT epoch_ns(time) FROM '${to}'`);
    expect(read.flat()).toEqual([1_500_000_000_500_000_000n, 1_500_000_000_500_000_238n, -1_500_000_000n]);
  });

  test('stand beside each table of a folder, and beside each part', async () => {
    const output = new OutputFolder(join(folder, 'out'));
    const small: Columns = { user: { kind: 'int32', values: Int32Array.of(1, 2) } };
    for (const name of ['users.arrow', 'clicks/part-1.arrow', 'clicks/part-2.arrow', 'world.arrow'])
      await writeTable(output.file(name), small);
    await writeParquetBeside(output);
    expect(Object.keys(await output.hashes()).filter((name) => name.endsWith('.parquet'))).toEqual([
      ...['clicks/part-1.parquet', 'clicks/part-2.parquet', 'users.parquet'],
    ]);
    output.discard();
  });
});
