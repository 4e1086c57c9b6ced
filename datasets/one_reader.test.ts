import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  Bool,
  DateDay,
  Decimal,
  Dictionary,
  Float32,
  Float64,
  Int32,
  Int64,
  Table,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  tableToIPC,
  Uint64,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { hashFile, writeFolder } from '../support/output.js';
import { testFolder } from '../support/test_folder.js';
import { runPython, testWithPython } from '../support/test_python.js';
import { NO_FILTER } from './filter.js';
import type { Interactions } from './interactions.js';
import { PLANTED_DEFAULTS } from './planted.js';
import { loadRatings, prepareInteractions, writePrepared } from './prepare.js';
import { type ReadOptions, readInteractions } from './reader.js';

const folder = testFolder();
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const rowsOf = ({ user, item, rating, time, userIds, itemIds }: Interactions): unknown[][] =>
  Array.from(user, (u, r) => [userIds[u], itemIds[item[r] as number], rating?.[r], time?.[r]]);
const read = async (path: string, options: ReadOptions = {}) => {
  const { data, notes, format } = await readInteractions(path, options);
  return { rows: rowsOf(data), notes, label: format.label, data };
};
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

type Row = readonly [user: string, item: string, rating: number, time: string];
/** Odd values in every column: large ids, leading zeros, delimiters, quotes, line ends, other scripts; ratings with digits; parts of seconds. */
const ODD: readonly Row[] = [
  ['9007199254740993', 'a, "quoted" b', 4.1, '1500000000.55'],
  ['9007199254740992', "l'un; l|autre\tet", -0.30000000000000004, '1500000000.25'],
  ['1152921504606846977', 'two\nlines', 1e-7, '1600000000'],
  ['7', '007', 123456.789, '978300760.125'],
  ['7', '7', 4.1, '1500000000.5'],
  ['7', '\u00e9\u6f22\ud83d\ude00', 3, '1500000001'],
];
const NAMES = ['user_id', 'item_id', 'rating', 'timestamp'];

/** The same rows as every kind of file; packed and encoded in other ways, too, where `all` are asked for. */
async function writeEverywhere(place: string, rows: readonly Row[], all: boolean): Promise<string[]> {
  const path = (name: string): string => join(folder, `${place}${name}`);
  const cells = rows.map((row) => row.map(String));
  const csv = stringify([NAMES, ...cells]);
  const tsv = stringify([NAMES, ...cells], { delimiter: '\t', quoted: true });
  writeFileSync(path('.csv'), csv);
  writeFileSync(
    path('.crlf.csv'),
    stringify([NAMES, ...cells], { record_delimiter: 'windows', bom: true, quoted: true }),
  );
  writeFileSync(path('.tsv'), tsv);
  writeFileSync(path('.semicolon.txt'), stringify([NAMES, ...cells], { delimiter: ';' }));
  writeFileSync(path('.utf16.csv'), Buffer.from(`\ufeff${csv}`, 'utf16le'));
  const json = rows.map(
    ([user, item, rating, time]) =>
      `{"user_id":${user},"item_id":${JSON.stringify(item)},"rating":${rating},"timestamp":${time}}`,
  );
  writeFileSync(path('.json'), json.join('\n'));
  writeFileSync(path('.list.json'), `[${json.join(',\n')}]`);
  writeFileSync(path('.csv.gz'), gzipSync(csv));
  writeFileSync(path('.json.gz'), gzipSync(json.join('\n')));
  writeFileSync(path('.zip'), zipSync({ 'folder/mine.csv': bytesOf(csv), '__MACOSX/folder/._mine.csv': bytesOf('x') }));
  const table = new Table({
    user_id: vectorFromArray(
      rows.map(([user]) => BigInt(user)),
      new Int64(),
    ),
    item_id: vectorFromArray(
      rows.map(([, item]) => item),
      new Dictionary(new Utf8(), new Int32()),
    ),
    rating: vectorFromArray(
      rows.map(([, , rating]) => rating),
      new Float64(),
    ),
    timestamp: vectorFromArray(
      rows.map(([, , , time]) => Number(time)),
      new Float64(),
    ),
  });
  writeFileSync(path('.arrow'), tableToIPC(table, 'file'));
  writeFileSync(path('.feather'), tableToIPC(table, 'file'));
  writeFileSync(path('.arrow.gz'), gzipSync(tableToIPC(table, 'file')));
  writeFileSync(path('.arrow.zip'), zipSync({ 'mine.arrow': tableToIPC(table, 'file') }));
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(path('.duckdb'));
  const connection = await instance.connect();
  await connection.run('CREATE TABLE clicks (user_id BIGINT, item_id VARCHAR, rating DOUBLE, "timestamp" DOUBLE)');
  for (const [user, item, rating, time] of rows)
    await connection.run('INSERT INTO clicks VALUES ($1::BIGINT, $2, $3, $4)', [user, item, rating, Number(time)]);
  await connection.run(`COPY clicks TO '${path('.parquet')}'`);
  connection.closeSync();
  instance.closeSync();
  const { default: initialize } = await import('sql.js');
  const database = new (await initialize()).Database();
  database.run('CREATE TABLE clicks (user_id INTEGER, item_id TEXT, rating REAL, timestamp REAL)');
  for (const [user, item, rating, time] of rows)
    database.run(`INSERT INTO clicks VALUES (${user}, ?, ?, ?)`, [item, rating, Number(time)]);
  writeFileSync(path('.sqlite'), database.export());
  const kinds = ['.csv', '.tsv', '.json', '.list.json', '.csv.gz', '.zip', '.arrow', '.duckdb', '.parquet', '.sqlite'];
  const others = ['.crlf.csv', '.semicolon.txt', '.utf16.csv', '.json.gz', '.feather', '.arrow.gz', '.arrow.zip'];
  return [...kinds, ...(all ? others : [])].map(path);
}

/** Rows that fast-check makes: ids of 64 bits, names of odd letters, ratings with all their digits, parts of seconds. */
const ANY_ROWS = (() => {
  const id = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
  const letters = ['a', 'B', '0', '.', ',', ';', '\t', '"', "'", '|', ' ', '\n', '\u00e9', '%', '#', '\ud83d\ude00'];
  const text = fc
    .string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 8 })
    .map((value) => `x${value}y`);
  const rating = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => (value === 0 ? 0 : value));
  const time = fc
    .integer({ min: 7e8, max: 1.7e9 })
    .chain((second) => fc.constantFrom('', '.5', '.25').map((part) => `${second}${part}`));
  return fc.array(fc.tuple(id, text, rating, time), { minLength: 1, maxLength: 40 });
})();
const expectedOf = (rows: readonly Row[]): unknown[][] =>
  rows.map(([user, item, rating, time]) => [user, item.trim(), rating, Number(time)]);

describe('the same rows as every kind of file', () => {
  test('are the same interactions, and the same prepared bytes', async () => {
    const hashes = new Set<string>();
    for (const path of await writeEverywhere('odd', ODD, true)) {
      const { data: raw, origin } = await loadRatings(path, {}, PLANTED_DEFAULTS);
      expect([path, rowsOf(raw)]).toEqual([path, expectedOf(ODD)]);
      const split = { rule: 'random', seed: 1, shortUsers: 'train' } as const;
      const { data, summary } = prepareInteractions(raw, NO_FILTER, split);
      const out = `${path}-prepared`;
      await writeFolder(out, {}, (place) => writePrepared(place, data, origin, {}, summary));
      const tables = ['interactions', 'users', 'items'].map((table) => hashFile(join(out, `${table}.arrow`)));
      hashes.add((await Promise.all(tables)).join());
    }
    expect(hashes.size).toBe(1);
  });

  test('whatever is in them', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(ANY_ROWS, async (rows) => {
        for (const path of await writeEverywhere(`any${run++}`, rows, false))
          expect([path, (await read(path)).rows]).toEqual([path, expectedOf(rows)]);
      }),
      { numRuns: 2, seed: 7, endOnFailure: true },
    );
  }, 120_000);

  testWithPython('pyarrow.parquet', 'pandas', 'sqlite3')(
    'whatever is in them, written by programs that share nothing with the reader',
    async () => {
      const tables = fc.sample(ANY_ROWS, { numRuns: 3, seed: 11 });
      writeFileSync(join(folder, 'tables.json'), JSON.stringify(tables));
      runPython(WRITERS, folder);
      for (const [t, rows] of tables.entries()) {
        for (const ending of [
          'csv',
          'tsv',
          'jsonl',
          'parquet',
          'old.parquet',
          'feather',
          'arrows',
          'sqlite',
          'csv.gz',
          'zip',
        ]) {
          const path = join(folder, `python${t}.${ending}`);
          expect([path, (await read(path)).rows]).toEqual([path, expectedOf(rows)]);
        }
      }
    },
    120_000,
  );
});

/** Writes each table of tables.json by pandas, pyarrow and Python's own sqlite3, json and zipfile. */
const WRITERS = `
import csv, gzip, io, json, sqlite3, zipfile
import pandas as pd, pyarrow as pa, pyarrow.feather as feather, pyarrow.parquet as parquet
NAMES = ['user_id', 'item_id', 'rating', 'timestamp']
for t, rows in enumerate(json.load(open('tables.json'))):
    name = f'python{t}.'
    users, items, ratings, times = zip(*rows)
    users, times = [int(u) for u in users], [float(x) for x in times]
    frame = pd.DataFrame(dict(zip(NAMES, [users, items, [float(r) for r in ratings], times])))
    frame.to_csv(name + 'csv', index=False)
    frame.to_csv(name + 'tsv', index=False, sep='\\t', quoting=csv.QUOTE_NONNUMERIC)
    frame.to_csv(name + 'csv.gz', index=False)
    with open(name + 'jsonl', 'w', encoding='utf-8') as out:
        for row in frame.to_dict('records'): out.write(json.dumps(row, ensure_ascii=False) + '\\n')
    table = pa.Table.from_pandas(frame, preserve_index=False)
    parquet.write_table(table, name + 'parquet', compression='zstd', row_group_size=7)
    parquet.write_table(table, name + 'old.parquet', version='1.0', use_dictionary=False, data_page_size=64)
    feather.write_feather(table.set_column(1, 'item_id', table['item_id'].dictionary_encode()), name + 'feather', compression='lz4')
    with pa.ipc.new_stream(name + 'arrows', table.schema) as out:
        for batch in table.to_batches(max_chunksize=5): out.write_batch(batch)
    with sqlite3.connect(name + 'sqlite') as database: frame.to_sql('clicks', database, index=False)
    with zipfile.ZipFile(name + 'zip', 'w', zipfile.ZIP_DEFLATED) as out:
        out.write(name + 'csv', 'inside/mine.csv'); out.writestr('__MACOSX/inside/._mine.csv', b'\\0')
print('null')
`;

describe('types of Arrow columns', () => {
  const times = [1500000000, 1500086400, 1500172800];
  const written = (columns: Record<string, Vector>, name: string): string =>
    file(name, tableToIPC(new Table(columns as never), 'file'));
  const ids = () => vectorFromArray(['a', 'b', 'c'], new Utf8());

  test.each([
    [
      'seconds',
      vectorFromArray(
        times.map((t) => t * 1000),
        new TimestampSecond(),
      ),
    ],
    [
      'milliseconds',
      vectorFromArray(
        times.map((t) => t * 1000),
        new TimestampMillisecond(),
      ),
    ],
    [
      'microseconds',
      vectorFromArray(
        times.map((t) => t * 1000),
        new TimestampMicrosecond(),
      ),
    ],
    [
      'nanoseconds',
      vectorFromArray(
        times.map((t) => t * 1000),
        new TimestampNanosecond(),
      ),
    ],
    [
      'whole numbers',
      vectorFromArray(
        times.map((t) => BigInt(t) * 1000n),
        new Int64(),
      ),
    ],
    [
      'text',
      vectorFromArray(
        times.map((t) => new Date(t * 1000).toISOString()),
        new Utf8(),
      ),
    ],
    ['numbers as text', vectorFromArray(times.map(String), new Utf8())],
    ['dictionary', vectorFromArray(times.map(String), new Dictionary(new Utf8(), new Int32()))],
  ])('times as %s', async (name, time) => {
    const path = written({ user: ids(), item: ids(), time: time as never }, `times ${name}.arrow`);
    expect((await read(path)).rows.map((row) => row[3])).toEqual(times);
  });

  test('days', async () => {
    const path = written(
      {
        user: ids(),
        item: ids(),
        time: vectorFromArray(
          times.map((t) => new Date(t * 1000)),
          new DateDay(),
        ) as never,
      },
      'days.arrow',
    );
    expect((await read(path)).rows.map((row) => row[3])).toEqual(times.map((t) => t - (t % 86_400)));
  });

  test('ratings as text, booleans, decimals and single precision; ids of 64 bits', async () => {
    const rating = async (vector: unknown, name: string) =>
      (await read(written({ user: ids(), item: ids(), rating: vector as never }, `${name}.arrow`))).rows.map(
        (row) => row[2],
      );
    expect(await rating(vectorFromArray(['5', '3.5', '4.1'], new Utf8()), 'text')).toEqual([5, 3.5, 4.1]);
    expect(await rating(vectorFromArray([true, false, true], new Bool()), 'boolean')).toEqual([1, 0, 1]);
    expect(await rating(vectorFromArray([4.1, 3.7, 5], new Float32()), 'single')).toEqual([4.1, 3.7, 5]);
    const decimals = vectorFromArray(
      [
        Uint32Array.of(410, 0, 0, 0),
        Uint32Array.of(50, 0, 0, 0),
        Uint32Array.of(-125 >>> 0, 0xffffffff, 0xffffffff, 0xffffffff),
      ],
      new Decimal(2, 10),
    );
    expect(await rating(decimals, 'decimal')).toEqual([4.1, 0.5, -1.25]);
    const large = [18446744073709551615n, 9007199254740993n, 9007199254740992n];
    const path = written({ user: vectorFromArray(large, new Uint64()), item: ids() }, 'large.arrow');
    expect((await read(path)).rows.map(([user]) => user)).toEqual(large.map(String));
  });

  test('what is missing is refused with its row, and NaN is nobody', async () => {
    const nobody = written({ user: vectorFromArray(['a', null, 'c'], new Utf8()), item: ids() }, 'nobody.arrow');
    await expect(read(nobody)).rejects.toThrow(/nobody\.arrow", row 2: the user is missing/);
    const nan = written({ user: vectorFromArray([1, 2, Number.NaN], new Float64()), item: ids() }, 'nan.arrow');
    await expect(read(nan)).rejects.toThrow(/nan\.arrow", row 3: the user is missing/);
    const unrated = written(
      { user: ids(), item: ids(), rating: vectorFromArray([1, null, 3], new Int32()) },
      'unrated.arrow',
    );
    await expect(read(unrated)).rejects.toThrow(/row 2: expected a number as rating, found nothing/);
    await expect(read(file('nan.csv', 'user,item\n1,2\nnan,3\n'))).rejects.toThrow(
      /line 3: the user is missing \("nan"\)/,
    );
    await expect(read(file('null.csv', 'user,item\n1,2\n2,NULL\n'))).rejects.toThrow(
      /line 3: the item is missing \("NULL"\)/,
    );
    // Where ids are words, that can be a name.
    expect((await read(file('mr.csv', 'user,item\nNull,2\nAnn,3\n'))).rows.length).toBe(2);
  });

  test('whole numbers in floating point are the numbers, in every kind of file; beyond 2^53 they are refused', async () => {
    const floats = written({ user: vectorFromArray([5, 7, 5], new Float64()), item: ids() }, 'floats.arrow');
    const texts = file('floats.csv', 'user,item\n5.0,a\n7.0,b\n5.0,c\n');
    for (const path of [floats, texts]) {
      const { rows, notes } = await read(path);
      expect(rows.map(([user]) => user)).toEqual(['5', '7', '5']);
      expect(notes).toContain('users: whole numbers with a point, such as 5.0, are taken without it');
    }
    const lost = written({ user: vectorFromArray([2 ** 53, 1, 2], new Float64()), item: ids() }, 'lost.arrow');
    await expect(read(lost)).rejects.toThrow(
      /lost\.arrow", row 1: the user is stored in floating point, which cannot tell apart/,
    );
  });

  test('what other libraries write: string views, large strings, dictionaries of numbers', async () => {
    for (const name of ['pandas.feather', 'polars.arrow']) {
      const { rows } = await read(join('datasets', 'test_data', name));
      expect(rows[0]).toEqual(['a', 'w', 5, 1500000000]);
      expect(rows.length).toBe(4);
    }
    expect((await read(join('datasets', 'test_data', 'view.arrow'))).rows[7]).toEqual(['b', 'w', 4, 1500007000]);
  });
});

describe('times', () => {
  const csv = (name: string, head: string, ...lines: string[]): string =>
    file(`${name}.csv`, `user,item,${head}\n${lines.map((line, l) => `u${l % 2},i${l},${line}\n`).join('')}`);
  const timesOf = async (path: string, options: ReadOptions = {}) =>
    (await read(path, options)).rows.map((row) => row[3]);

  test.each([
    ['a sentinel', '253402300799', /line 4: the time 253402300799 is in the future/],
    [
      'a row in milliseconds',
      '1500000110000',
      /line 4: the time 1500000110000 is in another unit than most, which are in seconds/,
    ],
    ['a row in microseconds', '1500000110000000', /line 4: the time 1500000110000000 is in another unit/],
    ['nothing', '', /line 4: the time is missing/],
    ['zero', '0', /line 4: the time 0 is zero/],
    ['minus one', '-1', /line 4: the time -1 is -1, which means none/],
    ['the year 1', '-62135596800', /line 4: the time -62135596800 is in 1900 or before/],
  ])('%s is named by its line, or dropped, and the others keep theirs', async (name, value, message) => {
    const path = csv(name, 'time', '1500000110', '1500000120', value, '1500000130');
    const reading = read(path);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(/--bad-times drop/);
    expect(await timesOf(path, { badTimes: 'drop' })).toEqual([1500000110, 1500000120, 1500000130]);
  });

  test('negative times are taken as before 1970, and said with the line of the first', async () => {
    const { rows, notes } = await read(csv('old', 'time', '1500000000', '-86400', '-172800', '1500000001'));
    expect(rows.map((row) => row[3])).toEqual([1500000000, -86400, -172800, 1500000001]);
    expect(notes.at(-2)).toMatch(/^2 times are before 1970 and are taken as such, the first at ".*old\.csv", line 3$/);
    const dates = await read(csv('dates', 'time', '2017-08-25', '1969-12-30'));
    expect(dates.rows.map((row) => row[3])).toEqual([1503619200, -172800]);
    expect(dates.notes.join('\n')).toMatch(/1 times are before 1970 .* line 3/);
    expect((await read(csv('new', 'time', '1500000000', '1500000001'))).notes.join()).not.toMatch(/before 1970/);
  });

  test('the unit is that of most rows, and is said, with the first and last time', async () => {
    const path = csv('most', 'time', '1500000110000', '1500000120000', '1500000130');
    await expect(read(path)).rejects.toThrow(
      /line 4: the time 1500000130 is in another unit than most, which are in milliseconds/,
    );
    const { rows, notes } = await read(path, { badTimes: 'drop' });
    expect(rows.map((row) => row[3])).toEqual([1500000110, 1500000120]);
    expect(notes.at(-1)).toBe(
      'times: milliseconds since 1970, by the size of most (67%); from 2017-07-14 02:41:50 to 2017-07-14 02:42:00',
    );
    expect(await timesOf(csv('said', 'time', '17361', '17362'), { timeUnit: 'days' })).toEqual([
      17361 * 86_400,
      17362 * 86_400,
    ]);
  });

  test.each([
    ['YYYYMMDD', ['20220421', '20211231'], [1650499200, 1640908800]],
    ['YYYYMMDDHHMM', ['202204210818', '202112312359'], [1650529080, 1640995140]],
    ['YYYYMMDDHHMMSS', ['20220421081801'], [1650529081]],
    ['slashes', ['25/08/2017', '01/02/2017'], [1503619200, 1485907200]],
    ['points', ['25.08.2017 13:55', '01.02.2017 00:00'], [1503669300, 1485907200]],
  ])('calendar times as %s', async (name, values, seconds) => {
    expect(await timesOf(csv(name, 'time', ...values))).toEqual(seconds);
  });

  test('days and months that cannot be told apart are asked for', async () => {
    const path = csv('ambiguous', 'time', '01/02/2017', '03/04/2017');
    await expect(read(path)).rejects.toThrow(/--time-unit "%m\/%d\/%Y" or --time-unit "%d\/%m\/%Y"/);
    expect((await timesOf(path, { timeUnit: '%d/%m/%Y' }))[0]).toBe(Date.UTC(2017, 1, 1) / 1000);
  });

  test('the finest column is taken, and said; a day and a time of the day belong together', async () => {
    const finest = await read(
      csv('finest', 'date,hourmin,time_ms', '20220421,0818,1650500300000', '20220421,0817,1650500240000'),
    );
    expect(finest.rows.map((row) => row[3])).toEqual([1650500300, 1650500240]);
    expect(finest.notes).toContain('the finest column of times is taken, not date; --time takes another');
    expect(await timesOf(csv('clock', 'date,hourmin', '20220421,0818', '20220421,817'))).toEqual([
      1650529080, 1650529020,
    ]);
    expect(await timesOf(csv('iso clock', 'date,time', '2022-04-21,08:18:30', '2022-04-21,08:17:00'))).toEqual([
      1650529110, 1650529020,
    ]);
    expect(await timesOf(csv('hours', 'date,hour', '2022-04-21,8', '2022-04-21,23'))).toEqual([1650528000, 1650582000]);
  });
});

describe('tables of text', () => {
  test.each<[string, string | Uint8Array, ReadOptions, unknown[][]]>([
    [
      'words without a header',
      'ann,x1,2.0\nbob,x2,3.0\n',
      {},
      [
        ['ann', 'x1', 2, undefined],
        ['bob', 'x2', 3, undefined],
      ],
    ],
    ['one row', 'ann,x1,2.0\n', {}, [['ann', 'x1', 2, undefined]]],
    [
      'by numbers',
      'x1;5;ann\nx2;4;bob\n',
      { header: false, columns: { user: '3', item: '1', rating: '2' } },
      [
        ['ann', 'x1', 5, undefined],
        ['bob', 'x2', 4, undefined],
      ],
    ],
    [
      'names that look like data',
      '1,2,3\n7,8,4\n',
      { header: true, columns: { user: '1', item: '2', rating: '3' } },
      [['7', '8', 4, undefined]],
    ],
    [
      "pandas' index",
      ',user_id,item_id\n0,a,b\n1,c,d\n',
      {},
      [
        ['a', 'b', undefined, undefined],
        ['c', 'd', undefined, undefined],
      ],
    ],
    [
      "R's names of rows",
      'user item rating\n1 a b 3\n2 c d 4\n',
      {},
      [
        ['a', 'b', 3, undefined],
        ['c', 'd', 4, undefined],
      ],
    ],
    [
      'quotes in the header',
      '"note, free ""text""\nand more",user,item\nx,1,2\n"y, z",3,4\n',
      {},
      [
        ['1', '2', undefined, undefined],
        ['3', '4', undefined, undefined],
      ],
    ],
    [
      'backslashes',
      '"User-ID";"ISBN";"Book-Rating"\n"1";"\\"44\\"";"4"\n"2";"55";"0"\n',
      {},
      [
        ['1', '"44"', 4, undefined],
        ['2', '55', 0, undefined],
      ],
    ],
    [
      'blanks in plenty',
      '  1   7  3\n 2\t8 4 \n',
      {},
      [
        ['1', '7', 3, undefined],
        ['2', '8', 4, undefined],
      ],
    ],
    [
      'comments',
      '% bip\n% 2 2\n1 7 3\n% between\n2 8 4\n',
      {},
      [
        ['1', '7', 3, undefined],
        ['2', '8', 4, undefined],
      ],
    ],
    [
      'ids that begin as comments do',
      'user,item\n#ann,2\n#bob,3\n',
      {},
      [
        ['#ann', '2', undefined, undefined],
        ['#bob', '3', undefined, undefined],
      ],
    ],
    ['names in a comment', '# user item rating\n1 7 3\n', {}, [['1', '7', 3, undefined]]],
    ["Excel's first line", 'sep=;\nuser;item;rating\n1;7;3\n', {}, [['1', '7', 3, undefined]]],
    [
      'carriage returns',
      'user,item\r1,2\r3,4\r',
      {},
      [
        ['1', '2', undefined, undefined],
        ['3', '4', undefined, undefined],
      ],
    ],
    [
      'line ends of several kinds',
      'user,item\r\n1,2\n3,4\r\n',
      {},
      [
        ['1', '2', undefined, undefined],
        ['3', '4', undefined, undefined],
      ],
    ],
    [
      'a delimiter at the end',
      'user,item,rating\n1,2,3,\n4,5,1,\n',
      {},
      [
        ['1', '2', 3, undefined],
        ['4', '5', 1, undefined],
      ],
    ],
    [
      'quotes in a table of tabs',
      'user\titem\n1\tsay "hi"\n2\tb\n',
      {},
      [
        ['1', 'say "hi"', undefined, undefined],
        ['2', 'b', undefined, undefined],
      ],
    ],
    ['another delimiter', 'user^item\n1^2\n', { delimiter: '^' }, [['1', '2', undefined, undefined]]],
    ['UTF-16 without a mark', Buffer.from('user,item\n1,2\n', 'utf16le'), {}, [['1', '2', undefined, undefined]]],
    ['Latin-1', Buffer.from('user,item\nJos\xe9,2\n', 'latin1'), {}, [['Jos\u00e9', '2', undefined, undefined]]],
    [
      'an encoding that is said',
      Uint8Array.of(...bytesOf('user,item\n'), 0x93, 0xfa, ...bytesOf(',2\n')),
      { encoding: 'shift_jis' },
      [['\u65e5', '2', undefined, undefined]],
    ],
  ])('%s', async (name, content, options, rows) => {
    expect((await read(file(`${name}.txt`, content), options)).rows).toEqual(rows);
  });

  test.each<[string, string | Uint8Array, ReadOptions, RegExp]>([
    [
      'lines are counted as editors do',
      'user,item,rating\n\n1,"two\nlines",3\n\n\n2,5,x\n',
      {},
      /line 7: expected a number as rating, found "x"/,
    ],
    ['comments count', '% one\n1 2 3\n% two\n4 5 x\n', {}, /line 4: expected a number as rating, found "x"/],
    ['a name twice', 'user,item,user\n1,2,3\n', {}, /has 2 columns "user": say which by its number, such as --user 1/],
    [
      'a number beyond',
      'user,item\n1,2\n',
      { columns: { user: '5' } },
      /--user 5: .* has 2 columns, and they are numbered from 1/,
    ],
    ['zero', 'user,item\n1,2\n', { columns: { user: '0' } }, /numbered from 1/],
    ['no table', Uint8Array.of(1, 2, 0, 0, 3, 0, 9, 0, 0, 0), {}, /is not a table that can be read/],
    ['packed otherwise', Buffer.from('BZh91AY&SY', 'latin1'), {}, /is packed with bzip2, which is not read: unpack it/],
    ['a pickle', Uint8Array.of(0x80, 4, 0x95, 0, 0, 0, 0), {}, /is a pickle of Python's, .*to_parquet/],
    ['HDF5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), {}, /is an HDF5 file, which is not read: in pandas/],
    ['MATLAB', 'MATLAB 5.0 MAT-file, Platform: GLNXA64', {}, /is a file of MATLAB, .*writematrix/],
    ['R', gzipSync(Buffer.from('X\n\0\0\0\x03\0\x04', 'latin1')), {}, /is a file of R, .*write\.csv/],
    ['NumPy', Buffer.from('\x93NUMPY\x01\0', 'latin1'), {}, /is a NumPy array, .*savetxt/],
    ['NumPy, several', zipSync({ 'data.npy': bytesOf('x'), 'row.npy': bytesOf('x') }), {}, /is a NumPy array/],
    ['PyTorch', zipSync({ 'archive/data.pkl': bytesOf('x') }), {}, /is a file of PyTorch/],
    [
      'Excel',
      zipSync({ '[Content_Types].xml': bytesOf('<x/>'), 'xl/workbook.xml': bytesOf('<x/>') }),
      {},
      /is an Excel workbook, .* CSV/,
    ],
    ['old Excel', Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1), {}, /is an Excel workbook/],
    [
      'OpenDocument',
      zipSync({ mimetype: bytesOf('x'), 'content.xml': bytesOf('<x/>') }),
      {},
      /is an OpenDocument file/,
    ],
    [
      'tar',
      gzipSync(Buffer.concat([Buffer.alloc(257, 'a'), Buffer.from('ustar')])),
      {},
      /is a tar archive, .* unpack it/,
    ],
    ['ORC', Buffer.from('ORC\n\x06\x12\x04', 'latin1'), {}, /is an ORC file, .*to_parquet/],
    ['Stata, before version 13', Uint8Array.of(0x72, 2, 1, 0, 5, 0), {}, /is a file of Stata/],
    ['a table of a page', '<table border="1"><tr><td>1</td></tr></table>', {}, /is a web page/],
    ['a page in the place of data', '<!DOCTYPE html>\n<html><body>Sign in</body></html>', {}, /is a web page/],
    [
      'a pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n',
      {},
      /Git LFS .*git lfs pull/,
    ],
    [
      'a comment amid the rows',
      'user,item\n1,2\n# then, the rest\n3,4\n',
      {},
      /line 3: the line begins as a comment does/,
    ],
    ['a comment amid names', 'user,item\nann,2\n# the rest\nbob,4\n', {}, /line 3: the line begins as a comment does/],
    ['a comment without a blank', 'item,user\n1,2\n%rest\n3,4\n', {}, /line 3: the line begins as a comment does/],
    [
      'not in that encoding',
      Uint8Array.of(...bytesOf('user,item\n'), 0xff, 0xff),
      { encoding: 'utf-8' },
      /is not in utf-8, as was said/,
    ],
    ['no encoding', 'user,item\n1,2\n', { encoding: 'martian' }, /--encoding "martian" is not known/],
    ['no delimiter', 'user,item\n1,2\n', { delimiter: '' }, /--delimiter "" cannot separate fields/],
  ])('%s: refused in a sentence', async (name, content, options, message) => {
    const reading = read(file(`${name}.txt`, content), options);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toHaveProperty('name', 'UserError');
  });

  test('JSON in columns is refused, and not read as one row', async () => {
    const path = file('columns.json', '{"user_id":{"0":1,"1":2},"item_id":{"0":3,"1":4}}\n');
    await expect(read(path)).rejects.toThrow(/column "user_id" holds lists or objects, not values/);
  });
});

describe('queries reach their file, and nothing else', () => {
  let csv: string;
  let sqlite: string;
  beforeAll(async () => {
    csv = file('asked.csv', 'user,item\n1,2\n3,4\n');
    const { default: initialize } = await import('sql.js');
    const database = new (await initialize()).Database();
    database.run('CREATE TABLE clicks (user INTEGER, item INTEGER); INSERT INTO clicks VALUES (1, 2)');
    sqlite = file('asked.sqlite', database.export());
  });

  test.each([
    ["SELECT column0 AS user, column1 AS item FROM read_csv('/etc/passwd')", /disabled by configuration/],
    ["COPY (SELECT 1) TO '/tmp/expobench-must-not-be'", /disabled by configuration/],
    ['SELECT 1 AS user, 2 AS item; SELECT 3', /expected one SELECT, and nothing else/],
    ["ATTACH '/tmp/expobench-must-not-be.db'", /expected one SELECT, and nothing else/],
    ['INSTALL httpfs', /expected one SELECT, and nothing else/],
    ['SET enable_external_access = true', /expected one SELECT, and nothing else/],
    ['CREATE TABLE x AS SELECT 1', /expected one SELECT, and nothing else/],
    ['SELECT nothing FROM data', /--query: .*nothing/],
  ])('%s', async (query, message) => {
    const reading = read(csv, { query });
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toHaveProperty('name', 'UserError');
  });

  test.each([
    ['DELETE FROM clicks', /expected one SELECT/],
    ['SELECT user, item FROM clicks; DELETE FROM clicks', /expected one SELECT/],
    ["ATTACH 'x' AS y", /expected one SELECT/],
    ['SELECT nobody FROM clicks', /no such column: nobody/],
  ])('SQLite: %s', async (query, message) => {
    await expect(read(sqlite, { query })).rejects.toThrow(message);
  });

  test('and end', async () => {
    const query =
      'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) AS "user", 1 AS item FROM n';
    for (const path of [csv, sqlite])
      await expect(read(path, { query, querySeconds: 0.25 })).rejects.toThrow(
        /not done after 0\.25 seconds, which is the limit/,
      );
  }, 30_000);
});

describe('packed files', () => {
  test('that unpack to too much are refused, with the limit and the option', async () => {
    const large = `user,item\n${'1,2\n'.repeat(100_000)}`;
    const options = { maxUnpacked: 0.0002 };
    const paths = [file('bomb.csv.gz', gzipSync(large)), file('bomb.zip', zipSync({ 'bomb.csv': bytesOf(large) }))];
    for (const path of paths)
      await expect(read(path, options)).rejects.toThrow(
        /unpacks to more than 0\.0002 GiB, which is the limit: --max-unpacked/,
      );
    expect((await read(paths[0] as string)).rows.length).toBe(100_000);
  });

  test('zip: entries that lead out are refused', async () => {
    for (const name of ['../out.csv', '/etc/out.csv'])
      await expect(read(file('out.zip', zipSync({ [name]: bytesOf('user,item\n1,2\n') })))).rejects.toThrow(
        /out\.zip" has an entry that leads out of it/,
      );
  });

  test('a zip or gzip file under another name', async () => {
    const csv = 'user,item\n1,2\n';
    expect((await read(file('named.csv', gzipSync(csv)))).rows.length).toBe(1);
    expect((await read(file('zipped.csv', zipSync({ 'a.csv': bytesOf(csv) })))).rows.length).toBe(1);
  });
});
