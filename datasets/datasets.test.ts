import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { writeTable } from '../support/arrow.js';
import { writeFolder } from '../support/output.js';
import { testFolder } from '../support/test_folder.js';
import { filterInteractions, NO_FILTER } from './filter.js';
import { countIds, type Interactions, SPLITS, TEST, TRAIN, userItems, VALIDATION } from './interactions.js';
import { PLANTED_DEFAULTS, plantedRatings } from './planted.js';
import { loadRatings, prepareInteractions, writePrepared } from './prepare.js';
import { type ReadOptions, readInteractions } from './reader.js';
import { leaveLastTwoCodes, splitInteractions } from './split.js';
import { readFolder } from './store.js';

const folder = testFolder();
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** Rows as [user id, item id, rating, time]. */
const rowsOf = ({ user, item, rating, time, userIds, itemIds }: Interactions): unknown[] =>
  Array.from(user, (u, r) => [userIds[u], itemIds[item[r] as number], rating?.[r], time?.[r]]);

const EXPECTED = [
  ['10', '7', 4, 100],
  ['2', '7', 5, 90],
  ['10', '300', 1, 120],
];

describe('readers', () => {
  test.each([
    ['ratings.dat', '10::7::4::100\n2::7::5::90\n10::300::1::120\n'],
    ['crlf.dat', '10::7::4::100\r\n2::7::5::90\r\n10::300::1::120\r\n'],
    ['u.data', '10\t7\t4\t100\n2\t7\t5\t90\n10\t300\t1\t120\n'],
    ['ratings.csv', 'userId,movieId,rating,timestamp\n10,7,4,100\n2,7,5,90\n10,300,1,120\n'],
    ['bom.csv', '\ufeffuserId,movieId,rating,timestamp\n10,7,4,100\n2,7,5,90\n10,300,1,120'],
    ['quoted.csv', 'time,"rating","user_id",item\n100,4,"10","7"\n90,5,2,7\n120,1,10,300\n'],
    ['table.tsv', 'user\titem\trating\ttime\n10\t7\t4\t100\n2\t7\t5\t90\n10\t300\t1\t120\n'],
  ])('%s: columns, order of rows, ids in numeric order', async (name, text) => {
    const { data } = await readInteractions(file(name, text));
    expect(rowsOf(data)).toEqual(EXPECTED);
    expect(data.userIds).toEqual(['2', '10']);
    expect(data.itemIds).toEqual(['7', '300']);
  });

  test('columns of any name', async () => {
    const path = file('own.csv', 'who,what,stars,when\nann,"a, b",4,100\nbob,c,2,50\n');
    const { data } = await readInteractions(path, {
      columns: { user: 'who', item: 'what', rating: 'stars', time: 'when' },
    });
    expect(rowsOf(data)).toEqual([
      ['ann', 'a, b', 4, 100],
      ['bob', 'c', 2, 50],
    ]);
  });

  test('Arrow and Parquet', async () => {
    const arrow = join(folder, 'ratings.arrow');
    await writeTable(arrow, {
      user: { kind: 'int32', values: Int32Array.from([10, 2, 10]) },
      item: { kind: 'text', values: ['7', '7', '300'] },
      rating: { kind: 'float32', values: Float32Array.from([4, 5, 1]) },
      time: { kind: 'seconds', values: Float64Array.from([100, 90, 120]) },
    });
    expect(rowsOf((await readInteractions(arrow)).data)).toEqual(EXPECTED);
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const parquet = join(folder, 'ratings.parquet');
    await connection.run(
      `COPY (SELECT * FROM (VALUES (10, 7, 4, 100), (2, 7, 5, 90), (10, 300, 1, 120)) t("user", item, rating, "time")) TO '${parquet}'`,
    );
    connection.closeSync();
    expect(rowsOf((await readInteractions(parquet)).data)).toEqual(EXPECTED);
    await expect(readInteractions(parquet, { columns: { rating: 'ratin' } })).rejects.toThrow(
      /unknown column "ratin": did you mean rating\?/,
    );
  });

  test.each<[string, string, RegExp, ReadOptions]>([
    ['missing field', '1::2::3::4\n1::3\n', /line 2: expected a number as rating, found nothing/, {}],
    ['not a number', '1::2::3::4\n1::2::3::4\n1::3::x::5\n', /line 3: expected a number as rating, found "x"/, {}],
    ['out of range', '1::2::3::4\n1::3::9::4\n', /line 2: the rating 9 is outside 0.5 to 5/, {}],
    ['bad time', '1::2::3::soon\n', /line 1: expected a time in seconds, found "soon"/, {}],
    ['no user', 'user,item,rating\n1,2,3\n,2,3\n', /line 3: the user is missing/, {}],
    [
      'too many fields',
      'user,item,rating,time\n1,2,3,4\n1,3,4,5,6,7\n',
      /line 3: expected 4 fields \(user, item, rating, time\)/,
      {},
    ],
    ['empty', '', /is empty: expected one rating a line/, {}],
    ['header alone', 'user,item,rating\n', /has no ratings/, {}],
    [
      'unknown columns',
      'a,b,c\n1,2,3\n',
      /no column looks like the user; name it with --user, or number it from 1. Columns: a, b, c\. .*--no-header/,
      {},
    ],
    [
      'wrong name',
      'user,item,rating\n1,2,3\n',
      /--item: in .*unknown column "itm": did you mean item\?/,
      { columns: { item: 'itm' } },
    ],
    ['range of own', 'user,item,rating\n1,2,30\n', /the rating 30 is outside 1 to 10/, { ratingRange: [1, 10] }],
  ])('%s: one sentence with file and line', async (name, text, message, options) => {
    const path = file(`${name.replaceAll(' ', '_')}.txt`, text);
    const reading = readInteractions(path, options);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(path);
    await expect(reading).rejects.toHaveProperty('name', 'UserError');
  });

  test('a missing file, a folder and an unknown name', async () => {
    await expect(readInteractions(join(folder, 'nothing.csv'))).rejects.toThrow(/nothing.csv" does not exist/);
    await expect(readInteractions(folder)).rejects.toThrow(/is a folder: name the file of ratings in it/);
    await expect(loadRatings('plantd', {}, PLANTED_DEFAULTS)).rejects.toThrow(
      /unknown data set "plantd": did you mean planted\?/,
    );
  });
});

/** Interactions from [user, item, time] rows. */
function made(rows: readonly (readonly [number, number, number])[]): Interactions {
  const ids = (column: 0 | 1): string[] =>
    Array.from({ length: Math.max(...rows.map((row) => row[column])) + 1 }, (_, id) => String(id));
  return {
    name: 'made',
    userIds: ids(0),
    itemIds: ids(1),
    user: Int32Array.from(rows, ([u]) => u),
    item: Int32Array.from(rows, ([, i]) => i),
    rating: undefined,
    time: Float64Array.from(rows, ([, , t]) => t),
    split: undefined,
  };
}

/** Interactions as [user, item, time] rows. */
const rowsAsNumbers = ({ user, item, time }: Interactions): [number, number, number][] =>
  Array.from(user, (u, row) => [u, item[row] as number, time?.[row] as number]);

describe('filters', () => {
  const data = made([
    [0, 0, 5],
    [0, 0, 3],
    [0, 1, 1],
    [1, 0, 1],
    [1, 1, 2],
    [2, 2, 1],
    [2, 0, 4],
  ]);

  test('duplicates: the first or last by time stays', () => {
    const first = filterInteractions(data, NO_FILTER).data;
    expect(rowsOf(first)[0]).toEqual(['0', '0', undefined, 3]);
    const last = filterInteractions(data, { ...NO_FILTER, duplicates: 'last' }).data;
    expect(rowsOf(last)[0]).toEqual(['0', '0', undefined, 5]);
    expect(last.user.length).toBe(6);
  });

  test('once: items, then users; until stable: until nothing more goes', () => {
    // Item 2 goes, which leaves user 2 with one; that user goes, too, after which item 0 has two.
    const once = filterInteractions(data, { ...NO_FILTER, minItem: 2, minUser: 2 });
    expect(once.data.userIds).toEqual(['0', '1']);
    expect(once.steps.map(({ interactions }) => interactions)).toEqual([7, 6, 5, 4]);
    const strict = filterInteractions(data, { ...NO_FILTER, minItem: 3, minUser: 1, rule: 'until-stable' });
    expect(strict.data.itemIds).toEqual(['0']);
    expect(filterInteractions(data, { ...NO_FILTER, maxUser: 1 }).data.user.length).toBe(0);
  });
});

describe('splits', () => {
  test('leave-last-two orders by time, ties by file order', () => {
    expect(leaveLastTwoCodes([5, 9, 1])).toEqual(Uint8Array.from([VALIDATION, TEST, TRAIN]));
    expect(leaveLastTwoCodes([4, 4, 4, 4])).toEqual(Uint8Array.from([TRAIN, TRAIN, VALIDATION, TEST]));
    expect(leaveLastTwoCodes([1, 2])).toBeUndefined();
  });

  test('a user with fewer than three is refused, or kept for training', () => {
    const data = made([
      [0, 0, 1],
      [0, 1, 2],
    ]);
    expect(() => splitInteractions(data, { rule: 'leave-last-two', seed: 1, shortUsers: 'refuse' })).toThrow(
      'user "0" has 2 interaction(s), and leave-last-two needs three: drop such users with --min-user 3, or use --split random',
    );
    expect(splitInteractions(data, { rule: 'leave-last-two', seed: 1, shortUsers: 'train' }).split).toEqual(
      Uint8Array.from([0, 0]),
    );
  });

  test('random: 80/10/10 within five standard errors, by seed, independent of the order of rows', () => {
    const { data } = plantedRatings({ ...PLANTED_DEFAULTS, users: 300, items: 200, ratingsPerUser: 40 });
    const { split } = splitInteractions(data, { rule: 'random', seed: 5, shortUsers: 'train' });
    const counts = countIds(Int32Array.from(split as Uint8Array), 3);
    const n = data.user.length;
    [0.8, 0.1, 0.1].forEach((p, code) =>
      expect(Math.abs((counts[code] as number) - n * p)).toBeLessThan(5 * Math.sqrt(n * p * (1 - p))),
    );
    const backwards = { ...data, user: data.user.slice().reverse(), item: data.item.slice().reverse() };
    const again = splitInteractions(backwards, { rule: 'random', seed: 5, shortUsers: 'train' }).split as Uint8Array;
    expect(Array.from(again).reverse()).toEqual(Array.from(split as Uint8Array));
  });
});

describe('pairs and records', () => {
  const once = made([
    ...[0, 1, 2, 3, 4].map((item) => [0, item, item] as const),
    ...[0, 1, 2, 3].map((item) => [1, item, item] as const),
  ]);
  /** Each record three times, the repeats at odd times among the others. */
  const thrice = made([0, 1, 2].flatMap((k) => rowsAsNumbers(once).map(([u, i, t]) => [u, i, t - k * 0.5] as const)));

  test.each(['leave-last-two', 'random'] as const)(
    '%s: a repeated pair is in one part alone, as if it came once',
    (rule) => {
      const partsOf = (data: Interactions): Map<string, Set<number>> => {
        const { split } = splitInteractions(data, { rule, seed: 3, shortUsers: 'refuse' });
        const parts = new Map<string, Set<number>>();
        data.user.forEach((user, row) => {
          const pair = `${user}/${data.item[row]}`;
          parts.set(pair, (parts.get(pair) ?? new Set()).add(split?.[row] as number));
        });
        return parts;
      };
      expect(partsOf(thrice)).toEqual(partsOf(once));
    },
  );

  test('a user with two items, however often, is short', () => {
    const data = made([0, 1, 0, 1, 1].map((item, time) => [0, item, time] as const));
    expect(() => splitInteractions(data, { rule: 'leave-last-two', seed: 1, shortUsers: 'refuse' })).toThrow(
      'user "0" has 5 interaction(s) with 2 different item(s), and leave-last-two needs three',
    );
  });

  test('one of each pair stays, as a set of pairs would have it', () => {
    const at = (n: number, k: number): number => Math.floor(Math.abs(Math.sin(n * 12.9898 + k) * 43758.5453)) % 12;
    const data = made(Array.from({ length: 500 }, (_, n) => [at(n, 1), at(n, 2), at(n, 3)] as const));
    for (const duplicates of ['first', 'last'] as const) {
      const best = new Map<string, number>();
      data.user.forEach((user, row) => {
        const pair = `${user}/${data.item[row]}`;
        const held = best.get(pair);
        const [old, now] = [data.time?.[held ?? 0] as number, data.time?.[row] as number];
        if (held === undefined || (duplicates === 'last' ? now >= old : now < old)) best.set(pair, row);
      });
      const expected = [...best.values()].sort((a, b) => a - b).map((row) => rowsOf(data)[row]);
      expect(rowsOf(filterInteractions(data, { ...NO_FILTER, duplicates }).data)).toEqual(expected);
    }
  });
});

test('known items of users are sorted and distinct', () => {
  const known = userItems(
    made([
      [1, 4, 0],
      [0, 2, 0],
      [1, 1, 0],
      [1, 4, 0],
    ]),
  );
  expect([known.starts, known.items]).toEqual([Int32Array.from([0, 1, 3]), Int32Array.from([2, 1, 4])]);
});

describe('planted world', () => {
  const options = { ...PLANTED_DEFAULTS, users: 400, items: 300, ratingsPerUser: 30 };
  const { data, truth } = plantedRatings(options);

  test('is the same for the same seed, and another for another', () => {
    expect(plantedRatings(options).data).toEqual(data);
    expect(plantedRatings({ ...options, seed: 2 }).data.item).not.toEqual(data.item);
  });

  test('has the wished density and draws by its truth (five standard errors)', () => {
    let [expected, variance] = [0, 0];
    for (let u = 0; u < options.users; u++) {
      for (let i = 0; i < options.items; i++) {
        const p = truth.exposure(u, i);
        expected += p;
        variance += p * (1 - p);
      }
    }
    expect(expected / (options.users * 30)).toBeCloseTo(1, 6);
    expect(Math.abs(data.user.length - expected)).toBeLessThan(5 * Math.sqrt(variance));
  });

  test('has a long tail, and ratings from 1 to 5 around their expectation', () => {
    const counts = Array.from(countIds(data.item, options.items)).sort((a, b) => b - a);
    const head = counts.slice(0, 30).reduce((sum, count) => sum + count, 0);
    expect(head / data.user.length).toBeGreaterThan(0.2);
    const rating = data.rating as Float32Array;
    expect(new Set(rating)).toEqual(new Set([1, 2, 3, 4, 5]));
    let error = 0;
    rating.forEach(
      (r, row) =>
        (error += r - Math.min(5, Math.max(1, truth.rating(data.user[row] as number, data.item[row] as number)))),
    );
    expect(Math.abs(error / rating.length)).toBeLessThan(0.05);
  });
});

test('times with parts of a second are read, split by and written', async () => {
  const path = file('fractions.csv', 'user,item,rating,time\n1,1,3,10.75\n1,2,3,10.25\n1,3,3,10.5\n');
  const { data: raw, origin } = await loadRatings(path, {}, PLANTED_DEFAULTS);
  const split = { rule: 'leave-last-two', seed: 1, shortUsers: 'refuse' } as const;
  const { data, summary } = prepareInteractions(raw, NO_FILTER, split);
  expect(data.split).toEqual(Uint8Array.from([TEST, TRAIN, VALIDATION]));
  await writeFolder(join(folder, 'fractions'), {}, (out) =>
    writePrepared(out, data, origin, { filter: NO_FILTER, split }, summary),
  );
  expect(Array.from((await readFolder(join(folder, 'fractions'))).data.time ?? [])).toEqual([10.75, 10.25, 10.5]);
});

test('a prepared folder holds what was prepared, and the same bytes each time', async () => {
  const { data: raw, origin } = await loadRatings(
    'planted',
    {},
    { ...PLANTED_DEFAULTS, users: 50, items: 40, ratingsPerUser: 10 },
  );
  const filter = { ...NO_FILTER, minUser: 3 };
  const split = { rule: 'leave-last-two', seed: 1, shortUsers: 'refuse' } as const;
  const { data, summary } = prepareInteractions(raw, filter, split);
  const hashes: Record<string, string>[] = [];
  for (const name of ['one', 'two']) {
    await writeFolder(join(folder, name), {}, async (out) => {
      await writePrepared(out, data, origin, { filter, split }, summary);
      hashes.push(await out.hashes());
    });
  }
  expect(hashes[0]).toEqual(hashes[1]);
  const { data: read } = await readFolder(join(folder, 'one'));
  expect({ ...read, rating: Array.from(read.rating ?? []) }).toEqual({
    ...data,
    rating: Array.from(data.rating ?? []),
    truth: undefined,
  });
  expect(SPLITS.map((_, code) => (read.split as Uint8Array).filter((s) => s === code).length)).toEqual(
    Object.values(summary.splits),
  );
});

// MovieLens files may not be part of the project; where they lie beside it, their published counts are checked.
const shared = join(process.cwd(), '..', 'shared', 'data');
if (existsSync(join(shared, 'ml-100k', 'u.data'))) {
  test('MovieLens-100k has its published counts', async () => {
    const { data } = await readInteractions(join(shared, 'ml-100k', 'u.data'));
    expect([data.userIds.length, data.itemIds.length, data.user.length]).toEqual([943, 1682, 100_000]);
    expect(Math.min(...countIds(data.user, 943))).toBe(20);
  });
}
