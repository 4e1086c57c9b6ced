import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { zipSync } from 'fflate';
import { OutputFolder, writeFolder } from '../support/output.js';
import { testFolder } from '../support/test_folder.js';
import { FILTER_PRESETS, filterInteractions, type NO_FILTER } from './filter.js';
import { type Interactions, SPLITS } from './interactions.js';
import { openRatings, openSplit } from './open.js';
import { PLANTED_DEFAULTS } from './planted.js';
import { loadRatings, writePrepared } from './prepare.js';
import { type ReadOptions, readInteractions } from './reader.js';
import { writeRecBole } from './recbole.js';

const folder = testFolder();
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** Rows as [user id, item id, rating, time]. */
const rowsOf = ({ user, item, rating, time, userIds, itemIds }: Interactions): unknown[] =>
  Array.from(user, (u, r) => [userIds[u], itemIds[item[r] as number], rating?.[r], time?.[r]]);
const read = async (path: string, options: ReadOptions = {}) => {
  const { data, format, notes } = await readInteractions(path, options);
  return { rows: rowsOf(data), label: format.label, notes, data };
};

/** As Goodreads writes a review, with text that no column is for. */
const review = (user: string, book: string, rating: number, added: string): string =>
  JSON.stringify({
    ...{ user_id: user, book_id: book, review_id: `${user}${book}`, rating },
    review_text: 'a "quoted" line,\nwith a break, {braces} and 50% \u00e9',
    ...{ date_added: added, date_updated: 'Mon Oct 09 08:55:59 -0700 2017', read_at: '', n_votes: 16 },
  });
const GOODREADS = [
  review('8842281e1d1347389f2ab93d60773d4d', '24375664', 5, 'Fri Aug 25 13:55:02 -0700 2017'),
  review('8842281e1d1347389f2ab93d60773d4d', '18245960', 0, 'Sun Jul 30 07:44:10 +0000 2017'),
  review('00000000000000000000000000000001', '24375664', 3, 'Sat Jan 01 00:00:00 -0800 2000'),
].join('\n');

describe('LastFM', () => {
  test('tags with times in milliseconds: one pair repeats, times before 1970 are as they are', async () => {
    const path = file(
      'user_taggedartists-timestamps.dat',
      'userID\tartistID\ttagID\ttimestamp\r\n2\t52\t13\t1238536800000\r\n2\t52\t15\t1238536800000\r\n10\t7\t1\t-428720400000\r\n',
    );
    const { rows, notes } = await read(path);
    expect(rows).toEqual([
      ['2', '52', undefined, 1238536800],
      ['2', '52', undefined, 1238536800],
      ['10', '7', undefined, -428720400],
    ]);
    expect(notes).toEqual([
      'user = userID, item = artistID, time = timestamp',
      'users are whole numbers, items are whole numbers',
      `1 times are before 1970 and are taken as such, the first at "${path}", line 4`,
      'times: milliseconds since 1970, by the size of most (100%); from 1956-05-31 23:00:00 to 2009-03-31 22:00:00',
    ]);
  });

  test('tags by day, month and year', async () => {
    const path = file('user_taggedartists.dat', 'userID\tartistID\ttagID\tday\tmonth\tyear\n2\t52\t13\t1\t4\t2009\n');
    const { rows, notes } = await read(path);
    expect(rows).toEqual([['2', '52', undefined, Date.UTC(2009, 3, 1) / 1000]]);
    expect(notes[0]).toMatch(/time = day, month, year/);
    await expect(read(file('no_date.dat', 'userID\tartistID\tday\tmonth\tyear\n2\t52\t31\t2\t2009\n'))).rejects.toThrow(
      /no_date\.dat", line 2: expected a time .*, found "2009-02-31"/,
    );
  });

  test('listening counts have no times', async () => {
    const { rows } = await read(file('user_artists.dat', 'userID\tartistID\tweight\n2\t51\t13883\n'));
    expect(rows).toEqual([['2', '51', undefined, undefined]]);
  });
});

describe('Goodreads', () => {
  test('gzip, dates with time zones; a rating of 0 is none', async () => {
    const { rows, notes, label } = await read(file('goodreads_reviews_x.json.gz', gzipSync(GOODREADS)));
    expect(label).toBe('Goodreads');
    expect(rows).toEqual([
      ['8842281e1d1347389f2ab93d60773d4d', '24375664', 5, 1503694502],
      ['00000000000000000000000000000001', '24375664', 3, Date.UTC(2000, 0, 1, 8) / 1000],
    ]);
    expect(notes[1]).toMatch(/^1 rows with rating 0, which means none, were left out/);
  });

  test('unrated reviews can be kept as interactions, without ratings', async () => {
    const { rows } = await read(file('kept.json', GOODREADS), { keepUnrated: true });
    expect(rows.map((row) => (row as unknown[]).slice(1, 3))).toEqual([
      ['24375664', undefined],
      ['18245960', undefined],
      ['24375664', undefined],
    ]);
  });

  test('what is cut off or no JSON is refused with file and line', async () => {
    const whole = gzipSync(
      Array.from({ length: 500 }, (_, r) => review(`u${r}`, `b${r * 7919}`, 3, 'Fri Aug 25 13:55:02 -0700 2017')).join(
        '\n',
      ),
    );
    const cut = file('cut.json.gz', whole.subarray(0, whole.length - 200));
    await expect(read(cut)).rejects.toThrow(/cut\.json\.gz" is cut off or damaged/);
    // Cut at the end of a line the rows that are there look whole.
    const csv = gzipSync('user,item\n1,2\n3,4\n', { level: 0 });
    await expect(read(file('cut.csv.gz', csv.subarray(0, csv.length - 9)))).rejects.toThrow(/is cut off or damaged/);
    await expect(read(file('plain.csv.gz', 'user,item\n1,2\n'))).rejects.toThrow(/is not a gzip file/);
    const bad = file(
      'bad.json',
      '{"user_id":"a","book_id":1}\n{"user_id":"b", "book_id":\n{"user_id":"c","book_id":3}\n',
    );
    await expect(read(bad)).rejects.toThrow(/bad\.json", line 2: expected a JSON object a line/);
  });
});

describe('files of every kind', () => {
  test('RecBole, with types in the names', async () => {
    const { rows, label } = await read(
      file('x.inter', 'user_id:token\titem_id:token\trating:float\ttimestamp:float\n10\t7\t4.5\t100\n'),
    );
    expect([label, rows]).toEqual(['RecBole atomic file', [['10', '7', 4.5, 100]]]);
  });

  test('a database: its one table, or what a query gives', async () => {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const path = join(folder, 'clicks.duckdb');
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run(
      "CREATE TABLE clicks AS SELECT 3 AS user_id, 'x' AS item, TIMESTAMP '2020-01-02 03:04:05' AS t",
    );
    connection.closeSync();
    instance.closeSync();
    expect((await read(path)).rows).toEqual([['3', 'x', undefined, Date.UTC(2020, 0, 2, 3, 4, 5) / 1000]]);
    const query = 'SELECT user_id + 1 AS who, item, 4 AS stars FROM clicks;';
    expect((await read(path, { query, columns: { user: 'who' } })).rows).toEqual([['4', 'x', 4, undefined]]);
    await expect(read(path, { query: 'SELECT nothing FROM clicks' })).rejects.toThrow(/--query: .*nothing/);
  });

  test('SQLite, too', async () => {
    const { default: initialize } = await import('sql.js');
    const { Database } = await initialize();
    const database = new Database();
    database.run(
      "CREATE TABLE a (user TEXT, item INTEGER, time TEXT); INSERT INTO a VALUES ('u''1', 12345678901, '2020-01-02')",
    );
    const one = file('one.sqlite', database.export());
    expect((await read(one)).rows).toEqual([["u'1", '12345678901', undefined, Date.UTC(2020, 0, 2) / 1000]]);
    database.run('CREATE TABLE b (x)');
    const two = file('two.db', database.export());
    await expect(read(two)).rejects.toThrow(/two\.db" has 2 tables \(a, b\): say what to read, such as --query/);
    expect((await read(two, { query: 'SELECT item AS user, item FROM a' })).rows.length).toBe(1);
    await expect(read(file('not.sqlite', 'nothing of the kind'))).rejects.toThrow(/not\.sqlite" cannot be read/);
  });

  test('a query over a file, as "data"', async () => {
    const path = file('stars.csv', 'user,item,stars\n1,2,3\n1,4,5\n');
    const { rows } = await read(path, { query: 'SELECT "user", item FROM data WHERE stars::INT > 4' });
    expect(rows).toEqual([['1', '4', undefined, undefined]]);
  });

  test('zip: the member that looks like ratings, or the one that is named', async () => {
    const text = (content: string): Uint8Array => new TextEncoder().encode(content);
    const members = {
      'ml-1m/README': text('hello'),
      'ml-1m/ratings.dat': text('1::2::5::978300760\n'),
      'a.csv': text('x'),
    };
    const path = file('ml-1m.zip', zipSync(members));
    const { rows, notes, data } = await read(path);
    expect([rows, notes[0], data.name]).toEqual([[['1', '2', 5, 978300760]], 'read ml-1m/ratings.dat', 'ml-1m.zip']);
    expect((await read(`${path}/ml-1m/ratings.dat`)).rows.length).toBe(1);
    await expect(read(`${path}/other.dat`)).rejects.toThrow(/ml-1m\.zip" holds no other\.dat: it has ml-1m\/README/);
    const bad = file('bad.zip', zipSync({ 'u.data': text('1\t2\t9\t4\n') }));
    await expect(read(bad)).rejects.toThrow(/bad\.zip\/u\.data", line 1: the rating 9 is outside/);
    await expect(read(file('several.zip', zipSync({ 'a.csv': text('x'), 'b.csv': text('y') })))).rejects.toThrow(
      /holds several files: name one, such as .*several\.zip\/a\.csv/,
    );
    await expect(read(file('none.zip', zipSync({ 'a.png': text('x') })))).rejects.toThrow(
      /holds no file of ratings: a\.png/,
    );
    await expect(read(file('no.zip', 'nothing'))).rejects.toThrow(/no\.zip" cannot be read as a zip archive/);
    const { origin } = await loadRatings(path, {}, PLANTED_DEFAULTS);
    expect(origin.sha256?.length).toBe(64);
  });

  test('semicolons and bars between fields', async () => {
    for (const delimiter of [';', '|']) {
      const lines = ['user,item,rating', '1,2,3'].map((line) => line.replaceAll(',', delimiter));
      expect((await read(file('other.txt', `${lines.join('\n')}\n`))).rows).toEqual([['1', '2', 3, undefined]]);
    }
  });

  test('Latin-1 where it is not UTF-8, ids beyond 2^31 and 2^63', async () => {
    const path = file('latin.csv', Buffer.from('user,item\nJos\xe9,3000000000\nAnn,99999999999999999999\n', 'latin1'));
    expect((await read(path)).rows.map((row) => (row as unknown[]).slice(0, 2))).toEqual([
      ['Jos\u00e9', '3000000000'],
      ['Ann', '99999999999999999999'],
    ]);
  });
});

describe('times', () => {
  const csv = (name: string, ...times: (string | number)[]): string =>
    file(`${name}.csv`, `user,item,time\n${times.map((time, t) => `${t},1,${time}\n`).join('')}`);
  const timesOf = async (path: string, options: ReadOptions = {}) => [...((await read(path, options)).data.time ?? [])];

  test.each([
    ['seconds', [1600000000, 978300760], [1600000000, 978300760]],
    ['milliseconds', [1600000000500], [1600000000.5]],
    ['microseconds', [1600000000000000], [1600000000]],
    ['nanoseconds', ['1600000000000000000'], [1600000000]],
    ['iso', ['2020-09-13 12:26:40', '2020-09-13T14:26:40+02:00'], [1600000000, 1600000000]],
    ['day', ['2020-09-13'], [1599955200]],
  ])('in %s', async (name, times, seconds) => {
    expect(await timesOf(csv(name, ...times))).toEqual(seconds);
  });

  test('of 0 or in the future are refused, dropped or kept; all 0 are no times', async () => {
    const future = csv('future', 100, 4102444800);
    await expect(timesOf(future)).rejects.toThrow(
      /future\.csv", line 3: the time 4102444800 is in the future .*--bad-times drop/,
    );
    expect(await timesOf(future, { badTimes: 'drop' })).toEqual([100]);
    expect(await timesOf(future, { badTimes: 'keep' })).toEqual([100, 4102444800]);
    expect(await timesOf(csv('order', 0, 1))).toEqual([0, 1]); // places in an order
    await expect(timesOf(csv('zero', 1600000000, 0))).rejects.toThrow(/line 3: the time 0 is zero \(1 such rows\)/);
    const { data, notes } = await read(csv('zeros', 0, 0));
    expect([data.time, notes[1]]).toEqual([undefined, 'all times are 0, so that there are none']);
    expect((await read(csv('unused', 5), { columns: { time: '' } })).data.time).toBeUndefined();
  });
});

describe('the filters of A.6.2', () => {
  /** 20 users with 20 artists each; one more user tags one artist 25 times; user 0 has 1,000 records. */
  const rows: [number, number][] = [];
  for (let user = 0; user < 20; user++) for (let item = 0; item < 20; item++) rows.push([user, item]);
  for (let tag = 0; tag < 25; tag++) rows.push([20, 0]);
  for (let tag = 0; tag < 980; tag++) rows.push([0, 1]);
  const data: Interactions = {
    name: 'tags',
    userIds: Array.from({ length: 21 }, (_, u) => `${u}`),
    itemIds: Array.from({ length: 20 }, (_, i) => `${i}`),
    user: Int32Array.from(rows, ([user]) => user),
    item: Int32Array.from(rows, ([, item]) => item),
    ...{ rating: undefined, time: undefined, split: undefined },
  };

  test('count records or pairs, with bounds as the text or as the program has them', () => {
    const users = (options: typeof NO_FILTER): number => filterInteractions(data, options).data.userIds.length;
    expect(users(FILTER_PRESETS.paper)).toBe(20);
    expect(users({ ...FILTER_PRESETS.paper, count: 'pairs' })).toBe(20);
    // Two items have more than 20 records; of the two users by them neither has three items.
    expect(users(FILTER_PRESETS.authors)).toBe(0);
    expect(users({ ...FILTER_PRESETS.paper, maxUser: 999 })).toBe(19); // user 0 has 1,000
    const { data: left, steps } = filterInteractions(data, FILTER_PRESETS.paper);
    expect(left.user.length).toBe(400);
    expect(steps.map(({ step }) => step)).toEqual([
      'as read',
      'items with at least 20',
      'users with at least 20',
      'users with at most 1000',
      'one interaction a user and item (the first)',
      'users with at least 3 items',
    ]);
    // 25 records are at least 20, though of one pair.
    expect(steps.map((step) => step.users)).toEqual([21, 21, 21, 21, 21, 20]);
  });
});

describe('test parts shown at random', () => {
  /** Two users and six coats. */
  const [coat, broken, yahoo, videos] = [testFolder(), testFolder(), testFolder(), testFolder()];
  writeFileSync(join(coat, 'train.ascii'), '5 1 0 0 4 0\n0 0 5 4 4 2\n');
  writeFileSync(join(coat, 'test.ascii'), '0 0 4 1 0 2\n5 1 0 0 0 5\n');

  test('Coat: liked is four and more; test items stand among what was shown and not liked', async () => {
    const data = await openSplit(coat, {}, PLANTED_DEFAULTS);
    const tested = rowsOf(data).filter((_, row) => SPLITS[data.split?.[row] as number] === 'test');
    expect(tested).toEqual([
      ['0', '2', 4, undefined],
      ['1', '0', 5, undefined],
      ['1', '5', 5, undefined],
    ]);
    // User 0 was shown 3 and 5, and user 1 was shown 1 alone.
    const among = [...(data.candidates ?? [])].map((item) => (item < 0 ? '-' : data.itemIds[item]));
    expect(among).toEqual(['3', '5', '1', '-', '1', '-']);
    expect(data.user.length - tested.length).toBe(5);
    expect(data.exposed?.user.length).toBe(7);
    expect((await openSplit(join(coat, 'train.ascii'), {}, PLANTED_DEFAULTS)).user).toEqual(data.user);
  });

  test('in a zip archive, in whatever folder', async () => {
    const members = Object.fromEntries(
      ['train.ascii', 'test.ascii'].map((name) => [`any/folder/${name}`, readFileSync(join(coat, name))]),
    );
    const path = file('mine.zip', zipSync({ ...members, '__MACOSX/any/folder/._train.ascii': Uint8Array.of(1) }));
    const whole = await openSplit(coat, {}, PLANTED_DEFAULTS);
    for (const reference of [path, `${path}/any/folder/train.ascii`])
      expect(rowsOf(await openSplit(reference, {}, PLANTED_DEFAULTS))).toEqual(rowsOf(whole));
  });

  test('a pair that was shown several times stands once, and is for training where users chose it, too', async () => {
    const place = join(folder, 'R3');
    mkdirSync(place);
    const name = (part: string): string => join(place, `ydata-ymusic-rating-study-v1_0-${part}.txt`);
    writeFileSync(name('train'), '1\t14\t5\n1\t35\t1\n2\t14\t4\n');
    writeFileSync(name('test'), '1\t49\t1\n1\t49\t4\n1\t7\t2\n1\t7\t1\n1\t14\t1\n1\t8\t3\n2\t14\t5\n2\t8\t1\n');
    const data = await openSplit(place, {}, PLANTED_DEFAULTS);
    const tested = rowsOf(data).filter((_, row) => SPLITS[data.split?.[row] as number] === 'test');
    expect(tested).toEqual([['1', '49', 4, undefined]]);
    // Not 49 itself, which was disliked first, and not 14, which was chosen.
    expect(Array.from(data.candidates ?? [], (item) => data.itemIds[item])).toEqual(['7', '8']);
  });

  test('a line that is too short, and words, are refused', async () => {
    writeFileSync(join(broken, 'train.ascii'), '5 1 0\n1 2\n');
    writeFileSync(join(broken, 'test.ascii'), '5 1 x\n1 2 3\n');
    await expect(openSplit(broken, {}, PLANTED_DEFAULTS)).rejects.toThrow(
      /train\.ascii", line 2: expected 3 ratings as in line 1, found 2/,
    );
    writeFileSync(join(broken, 'train.ascii'), '5 1 0\n1 2 0\n');
    await expect(openSplit(broken, {}, PLANTED_DEFAULTS)).rejects.toThrow(
      /test\.ascii", line 1, rating 3: expected a number, found "x"/,
    );
  });

  test('Yahoo! R3 and KuaiRec: ids of both files in one numbering', async () => {
    const name = (part: string): string => join(yahoo, `ydata-ymusic-rating-study-v1_0-${part}.txt`);
    writeFileSync(name('train'), '1\t14\t5\n1\t35\t1\n2\t14\t4\n3\t9\t4\n');
    writeFileSync(name('test'), '1\t49\t4\n1\t35\t1\n4\t35\t5\n');
    const songs = await openSplit(yahoo, {}, PLANTED_DEFAULTS);
    // User 4 was shown nothing else, so that there is nothing to rank its song among.
    expect(rowsOf(songs).at(-1)).toEqual(['1', '49', 4, undefined]);
    expect([songs.name, songs.user.length, songs.itemIds]).toEqual(['Yahoo! R3', 4, ['9', '14', '35', '49']]);

    const head = 'user_id,video_id,play_duration,video_duration,time,date,timestamp,watch_ratio\n';
    const line = (user: number, video: number, timestamp: string, ratio: number): string =>
      `${user},${video},1,1,2020-07-05 00:08:23.438,20200705,${timestamp},${ratio}\n`;
    const big = line(0, 3, '1593878903.438', 2.5) + line(0, 3, '1593878904', 3) + line(1, 4, '1593878905', 9);
    writeFileSync(join(videos, 'big_matrix.csv'), head + big + line(1, 5, '1593878906', 0.1));
    writeFileSync(join(videos, 'small_matrix.csv'), head + line(1, 3, '', 2) + line(1, 6, '', 0.5));
    const watched = await openSplit(videos, {}, PLANTED_DEFAULTS);
    expect(rowsOf(watched)).toEqual([
      ['0', '3', 2.5, 1593878903.438], // the second time is the same like
      ['1', '4', 9, 1593878905],
      ['1', '3', 2, 1593878907],
    ]);
  });
});

describe('a simulation learns from what users chose themselves', () => {
  const rating = (text: string): Uint8Array => new TextEncoder().encode(text);
  const song = (part: string): string => `Webscope_R3/ydata-ymusic-rating-study-v1_0-${part}.txt`;
  const head = 'user_id,video_id,time,date,timestamp,watch_ratio\n';
  const when = '2020-07-05 00:08:23.438,20200705';
  test.each<[string, Record<string, string>, unknown[][]]>([
    [
      'Coat',
      { 'coat/train.ascii': '5 1 0\n0 0 5\n', 'coat/test.ascii': '0 0 4\n5 1 0\n' },
      [
        ['0', '0', 5, undefined],
        ['0', '1', 1, undefined],
        ['1', '2', 5, undefined],
      ],
    ],
    [
      'Yahoo! R3',
      { [song('train')]: '0\t1\t2\n7\t35\t1\n', [song('test')]: '1\t49\t4\n' },
      [
        ['0', '1', 2, undefined],
        ['7', '35', 1, undefined],
      ],
    ],
    [
      'KuaiRec',
      {
        'KuaiRec 2.0/data/big_matrix.csv': `${head}0,3,${when},1593878903.438,2.5\n0,3,${when},1593878904,0.1\n`,
        'KuaiRec 2.0/data/small_matrix.csv': `${head}1,3,${when},,2\n`,
      },
      [
        ['0', '3', 2.5, 1593878903.438],
        ['0', '3', 0.1, 1593878904],
      ],
    ],
  ])('%s, in a folder or a zip archive', async (name, content, rows) => {
    const place = join(folder, name);
    const members: Record<string, Uint8Array> = {};
    for (const [path, text] of Object.entries(content)) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), text);
      members[path] = rating(text);
      members[`__MACOSX/${dirname(path)}/._${basename(path)}`] = Uint8Array.of(0, 5);
    }
    const zip = join(place, 'data.zip');
    writeFileSync(zip, zipSync(members));
    for (const reference of [zip, dirname(join(place, Object.keys(content)[0] as string))]) {
      const { data, origin } = await openRatings(reference, {}, PLANTED_DEFAULTS);
      expect([data.name, origin.format, rowsOf(data)]).toEqual([name, name, rows]);
    }
  });
});

test("RecBole's files are read back as they were written, whole and by part", async () => {
  const data = await openSplit('planted', {}, { ...PLANTED_DEFAULTS, users: 60, items: 40, ratingsPerUser: 10 });
  const out = new OutputFolder(join(folder, 'recbole'));
  const { files, notes } = writeRecBole(out, 'world', data);
  out.commit();
  const inter = ['world.inter', 'world.train.inter', 'world.valid.inter', 'world.test.inter'];
  expect([files, notes]).toEqual([[...inter, 'world.item', 'world.yaml', 'world.sequential.yaml'], []]);
  // RecBole's rule: each column is name:type, types token, token_seq, float, float_seq; as many fields a line.
  const [head, ...lines] = readFileSync(join(out.path, 'world.inter'), 'utf8').trimEnd().split('\n');
  expect(head).toBe('user_id:token\titem_id:token\trating:float\ttimestamp:float');
  expect(lines.every((one) => one.split('\t').length === 4)).toBe(true);
  const whole = await read(join(out.path, 'world.inter'));
  expect(whole.rows).toEqual(rowsOf(data));
  const parts = await Promise.all(
    ['train', 'valid', 'test'].map((part) => read(join(out.path, `world.${part}.inter`))),
  );
  SPLITS.forEach((_, code) => {
    expect(parts[code]?.rows).toEqual(rowsOf(data).filter((_row, r) => data.split?.[r] === code));
  });
});

test('a prepared table that was changed is refused', async () => {
  const data = await openSplit('planted', {}, { ...PLANTED_DEFAULTS, users: 60, items: 40, ratingsPerUser: 10 });
  const path = join(folder, 'prepared');
  const origin = { source: 'planted', format: 'planted' };
  await writeFolder(path, {}, (out) => writePrepared(out, data, origin, {}, { steps: [], splits: {} }));
  expect((await openSplit(path, {}, PLANTED_DEFAULTS)).user.length).toBe(data.user.length);
  const table = join(path, 'interactions.arrow');
  const bytes = readFileSync(table);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
  writeFileSync(table, bytes);
  await expect(openSplit(path, {}, PLANTED_DEFAULTS)).rejects.toThrow(
    /interactions\.arrow" is not what its manifest says \(by SHA-256\): it was changed or damaged/,
  );
});

/** Where the real files are, their published counts; elsewhere there is nothing to compare. */
describe('published counts', () => {
  const shared = join('..', 'shared', 'data');
  test.each([
    ['ml-100k/u.data', 943, 1682, 100_000],
    ['ml-1m/ratings.reconstructed.dat', 6040, 3706, 1_000_209],
    ['hetrec2011-lastfm-2k/user_taggedartists.dat', 1892, 12_523, 186_479],
    ['hetrec2011-lastfm-2k/user_artists.dat', 1892, 17_632, 92_834],
  ])('%s', async (path, users, items, count) => {
    if (!existsSync(join(shared, path))) return;
    const { data } = await readInteractions(join(shared, path));
    expect([data.userIds.length, data.itemIds.length, data.user.length]).toEqual([users, items, count]);
  });

  test('coat', async () => {
    const path = join(shared, 'coat');
    if (!existsSync(path)) return;
    const data = await openSplit(path, {}, PLANTED_DEFAULTS);
    expect([data.userIds.length, data.itemIds.length, data.exposed?.user.length]).toEqual([290, 300, 290 * 24]);
  });
});
