import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Binary, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { testFolder } from '../support/test_folder.js';
import { withDuckDB } from './duckdb.js';
import { readInteractions } from './reader.js';

const folder = testFolder();
const write = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const usersOf = async (path: string): Promise<unknown[]> => {
  const { data } = await readInteractions(path);
  return Array.from(data.user, (user) => data.userIds[user]);
};
const sqlite = async (name: string, sql: string): Promise<string> => {
  const { default: initialize } = await import('sql.js');
  const database = new (await initialize()).Database();
  database.run(sql);
  return write(name, database.export());
};

describe('ids that were bytes', () => {
  const ids = ['ff01', 'fe01', '6162', '0001'];
  const expected = ['\\xff01', '\\xfe01', 'ab', '\\x0001'];

  test('stay apart, in Arrow, Parquet and SQLite alike: what is no text is told by its digits', async () => {
    const user = vectorFromArray(
      ids.map((id) => Buffer.from(id, 'hex')),
      new Binary(),
    );
    const item = vectorFromArray(['a', 'b', 'c', 'd'], new Utf8());
    const arrow = write('bytes.arrow', tableToIPC(new Table({ user, item }), 'file'));
    expect(await usersOf(arrow)).toEqual(expected);
    const values = ids.map((id, k) => `(x'${id}', 'i${k}')`).join(', ');
    expect(
      await usersOf(
        await sqlite('bytes.sqlite', `CREATE TABLE a (user BLOB, item TEXT); INSERT INTO a VALUES ${values}`),
      ),
    ).toEqual(expected);
    const parquet = join(folder, 'bytes.parquet');
    await withDuckDB((connection) =>
      connection.run(
        `COPY (SELECT unhex(u) AS user, i AS item FROM (VALUES ${ids.map((id, k) => `('${id}', 'i${k}')`).join(', ')}) t(u, i)) TO '${parquet}'`,
      ),
    );
    expect(await usersOf(parquet)).toEqual(expected);
  });
});

describe('ids that have lost digits are refused, not made one', () => {
  test.each([
    [
      'a spreadsheet',
      'sheet.csv',
      'user,item\n1.15274E+18,1\n1.15274E+18,2\n5,3\n',
      /line 2: the user is written by a power/,
    ],
    ['JSON', 'power.json', '{"user":5,"item":1}\n{"user":1.1527351033316424e18,"item":2}\n', /line 2: the user/],
    ['with a point', 'point.csv', 'user,item\n5.0,1\n9007199254740993.0,2\n', /line 3: the user was in floating point/],
  ])('%s', async (_, name, content, message) => {
    await expect(usersOf(write(name, content))).rejects.toThrow(message);
    await expect(usersOf(write(name, content))).rejects.toThrow(/store ids as text or integers/);
  });

  test('in SQLite, where a column takes what it gets', async () => {
    const path = await sqlite(
      'reals.sqlite',
      'CREATE TABLE a (user REAL, item); INSERT INTO a VALUES (1152735103331642316, 1), (1152735103331642317, 2)',
    );
    await expect(usersOf(path)).rejects.toThrow(/row 1: the user is written by a power of ten/);
  });

  test('words that look so are words', async () => {
    expect(await usersOf(write('words.csv', 'user,item\n12e5,1\n13e6,2\n77,3\n'))).toEqual(['12e5', '13e6', '77']);
    expect(await usersOf(write('names.csv', 'user,item\n1.5E+3,1\nann,2\n'))).toEqual(['1.5E+3', 'ann']);
  });
});

describe('a comment in the midst of a file is nobody', () => {
  test.each([
    ['with too few fields', '1,2\n# a comment\n3,4\n'],
    ['with as many fields', '1,2\n# made by x, y\n3,4\n'],
    ['without a blank, among numbers', '1,2\n//made by x,y\n3,4\n'],
    ['of another mark, among names', 'ann,2\n% made by x,y\nbob,4\n'],
  ])('%s', async (name, lines) => {
    await expect(usersOf(write(`${name}.csv`, `user,item\n${lines}`))).rejects.toThrow(
      /line 3: the line begins as a comment does: take it out/,
    );
  });

  test('but names may begin so', async () => {
    expect(await usersOf(write('fans.csv', 'user,item\nann,2\n#1fan,3\n'))).toEqual(['ann', '#1fan']);
    expect(await usersOf(write('marked.csv', 'user,item\n#1,2\n#3,4\n'))).toEqual(['#1', '#3']);
  });
});

describe('first lines that may be two things are asked about', () => {
  test('names as pandas writes them where there are none, or a rating', async () => {
    const path = write('numbered.csv', '0,1,2\n1,0,5\n1,1,4\n');
    await expect(usersOf(path)).rejects.toThrow(/line 1: 0, 1, 2 are a rating, or names of columns/);
    expect((await readInteractions(path, { header: false })).data.user.length).toBe(3);
    const { data } = await readInteractions(path, { header: true, columns: { user: '0', item: '1' } });
    expect(data.user.length).toBe(2);
  });

  test('an index without a header', async () => {
    const path = write('index.csv', '0,7,0,5\n1,7,1,4\n2,7,2,3\n3,8,2,3\n4,8,3,3\n');
    await expect(usersOf(path)).rejects.toThrow(/line 1: the first field counts the lines/);
    const { data } = await readInteractions(path, { columns: { user: '2', item: '3' } });
    expect(data.userIds).toEqual(['7', '8']);
  });
});

test('ratings beyond what can be computed with are refused', async () => {
  for (const value of ['1e38', '-1e200'])
    await expect(usersOf(write('large.csv', `user,item,rating\n1,2,5\n1,3,${value}\n`))).rejects.toThrow(
      /line 3: the rating .* is beyond 1e\+15, more than can be computed with/,
    );
});
