import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { testFolder } from '../support/test_folder.js';
import { readFeatureTable, writeFeatures } from './feature_files.js';
import { FeatureReader, featureTable } from './features.js';
import { readFeatures } from './read_features.js';

const folder = testFolder();
const file = (name: string, text: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const IDS = ['1', '2', '10'];
const ITEMS = `movieId,title,genres,year,released,zip,colour,age
2,"Heat, 2",Action|Drama,1995,1995-12-15,02139,true,
10,Q,Drama,2001.5,2001-02-03 04:05:06,10001,false,7
7,Not among the ratings,Comedy,nan,,,true,8
1,Alien,Horror,1979,1979-05-25,90210,true,9
`;

/** All columns, row by row; what is missing as a sentence. */
async function valuesIn(path: string, ids = IDS, role: 'user' | 'item' = 'item'): Promise<Record<string, unknown[]>> {
  const reader = new FeatureReader(await readFeatures(path, role, ids));
  const read = (name: string, row: number): unknown => {
    try {
      return reader.valuesOf(name)(row);
    } catch (error) {
      return (error as Error).message;
    }
  };
  return Object.fromEntries(reader.table.columns.map(({ name }) => [name, ids.map((_, row) => read(name, row))]));
}

const seconds = (text: string): number => Date.parse(text) / 1000;
const EXPECTED = {
  title: ['Alien', 'Heat, 2', 'Q'],
  genres: ['Horror', 'Action|Drama', 'Drama'],
  year: [1979, 1995, 2001.5],
  released: ['1979-05-25Z', '1995-12-15Z', '2001-02-03T04:05:06Z'].map(seconds),
  zip: ['90210', '02139', '10001'],
  colour: [1, 1, 0],
  age: [9, expect.stringMatching(/^item "2" has no "age" in ".*"/), 7],
};

describe('features of users and items', () => {
  test('numbers, dates, truths and texts, in the order of the ids; other rows are passed over, and so is the file packed', async () => {
    expect(await valuesIn(file('items.csv', ITEMS))).toEqual(EXPECTED);
    expect(await valuesIn(file('items.csv.gz', gzipSync(ITEMS)))).toEqual(EXPECTED);
  });

  test('from JSON lines, and from a table without a header, whose first column has the ids', async () => {
    const lines = [
      { id: 1, tier: 'a' },
      { id: 2, tier: 'b' },
      { id: 10, tier: null },
    ];
    const json = file('users.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
    const { tier } = await valuesIn(json, IDS, 'user');
    expect(tier).toEqual(['a', 'b', expect.stringMatching(/^user "10" has no "tier"/)]);
    expect(
      await valuesIn(file('users.dat', '1::F::1::02139\n2::M::56::70072\n10::M::25::55117\n'), IDS, 'user'),
    ).toEqual({
      2: ['F', 'M', 'M'],
      3: [1, 56, 25],
      4: ['02139', '70072', '55117'],
    });
  });

  test.each([
    [
      'item,kind\n1,a\n2,b\n',
      /has no row for item "10": every item of the ratings needs one; its ids were read from "item"/,
    ],
    ['item,kind\n3,a\n', /has no row for item "1" and 2 more of 3/],
    ['item,kind\n1,a\n2,b\n1,c\n10,d\n', /item "1" stands in line 2 and again in line 4/],
    ['item,kind\n1,a\n,b\n2,c\n10,d\n', /line 3: the item is missing/],
    ['item,id\n1,a\n2,b\n10,c\n', /"item" holds the ids, and "id" is another column/],
    ['item,kind,kind\n1,a,b\n2,b,c\n10,d,e\n', /has two columns "kind"/],
  ])('%j is refused in a sentence', async (text, message) => {
    const reading = readFeatures(file('wrong.csv', text), 'item', IDS);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toHaveProperty('name', 'UserError');
  });

  test('a file that is not there', async () => {
    await expect(readFeatures(join(folder, 'none.csv'), 'user', IDS)).rejects.toThrow(
      /cannot read the features of users/,
    );
  });

  test('are kept with a world as they were', async () => {
    const lists = { n: [1, null, 0.1], day: [new Date(0), new Date(86_400_500), null], text: ['é', null, 'x|y'] };
    const table = featureTable('item', IDS, lists);
    const path = join(folder, 'kept.arrow');
    await writeFeatures(path, table);
    expect(await readFeatureTable(path, 'item')).toEqual(table);
  });

  test('as lists must be of one kind, and as many as there are ids', () => {
    expect(() => featureTable('user', IDS, { a: [1, 'x', 2] })).toThrow(
      /"a" holds values of different kinds: category, number/,
    );
    expect(() => featureTable('user', IDS, { a: [1] })).toThrow(/"a" has 1 values for 3 users/);
  });

  test('rows throw for what is missing or no column, and are plain otherwise', () => {
    const [first, second] = new FeatureReader(featureTable('item', IDS, { a: [1, null, 2] })).rows();
    expect([first?.['a'], Object.keys(Object.getPrototypeOf(first))]).toEqual([1, ['a']]);
    expect(() => second?.['a']).toThrow('item "2" has no "a"');
    expect(() => first?.['aa']).toThrow('unknown column of items "aa": did you mean a?');
  });
});
