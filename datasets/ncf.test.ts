import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { zipSync } from 'fflate';
import { writeFolder } from '../support/output.js';
import { testFolder } from '../support/test_folder.js';
import { NO_FILTER } from './filter.js';
import { type Interactions, SPLITS } from './interactions.js';
import { ncfAt, readNcf } from './ncf.js';
import { openRatings, openSplit } from './open.js';
import { PLANTED_DEFAULTS } from './planted.js';
import { prepareInteractions, writePrepared } from './prepare.js';
import { readFolder } from './store.js';

const root = testFolder();

const FILES = {
  'x.train.rating': '0\t3\t5\t100\n0\t1\t4\t300\n0\t2\t4\t200\n1\t1\t3\t50\n',
  'x.test.rating': '0\t5\t5\t400\n1\t0\t2\t60\n',
  'x.test.negative': '(0,5)\t4\t6\t0\n(1,0)\t2\t7\t3\n',
};

/** The three files, some of them changed, in a folder of their own; the path of the first. */
function files(changed: Partial<typeof FILES> = {}): string {
  const folder = mkdtempSync(join(root, 'ncf'));
  for (const [name, text] of Object.entries({ ...FILES, ...changed })) writeFileSync(join(folder, name), text);
  return join(folder, 'x.train.rating');
}

/** Rows as [user, item, rating, time, part]. */
const rowsOf = ({ user, item, rating, time, split }: Interactions): unknown[] =>
  Array.from(user, (u, r) => [u, item[r], rating?.[r], time?.[r], SPLITS[split?.[r] as number]]);

describe("NCF's files", () => {
  test('ids, split and candidates as they are; the last training interaction by time becomes validation', async () => {
    const data = await readNcf(files());
    expect(rowsOf(data)).toEqual([
      [0, 3, 5, 100, 'train'],
      [0, 1, 4, 300, 'validation'],
      [0, 2, 4, 200, 'train'],
      [1, 1, 3, 50, 'train'], // the only one stays
      [0, 5, 5, 400, 'test'],
      [1, 0, 2, 60, 'test'],
    ]);
    expect([data.name, data.userIds.length, data.itemIds.length]).toEqual(['x', 2, 8]);
    expect(Array.from(data.candidates ?? [])).toEqual([4, 6, 0, 2, 7, 3]);
  });

  test('in a zip archive, in whatever folder: to prepare, to evaluate on, and to simulate from', async () => {
    const text = (content: string): Uint8Array => new TextEncoder().encode(content);
    const members = (name: string): Record<string, Uint8Array> =>
      Object.fromEntries(
        Object.entries(FILES).flatMap(([file, content]) => [
          [`Data/${file.replace('x', name)}`, text(content)],
          [`__MACOSX/Data/._${file.replace('x', name)}`, Uint8Array.of(0, 5)],
        ]),
      );
    const path = join(root, 'one.zip');
    writeFileSync(path, zipSync(members('x')));
    const whole = await readNcf(files());
    for (const reference of [path, `${path}/Data`, `${path}/Data/x.train.rating`]) {
      const data = await openSplit(reference, {}, PLANTED_DEFAULTS);
      expect(rowsOf(data)).toEqual(rowsOf(whole));
      expect(data.candidates).toEqual(whole.candidates);
    }
    const { data, origin } = await openRatings(path, {}, PLANTED_DEFAULTS);
    expect([data.user.length, data.split, data.candidates]).toEqual([6, undefined, undefined]);
    expect(origin).toMatchObject({ source: 'x.train.rating', format: 'NCF' });
    const two = join(root, 'two.zip');
    writeFileSync(two, zipSync({ ...members('x'), ...members('y') }));
    await expect(openSplit(two, {}, PLANTED_DEFAULTS)).rejects.toThrow(
      /two\.zip" holds several data sets in NCF's format: name one, such as .*two\.zip\/Data\/x\.train\.rating/,
    );
    expect((await openSplit(`${two}/Data/y.train.rating`, {}, PLANTED_DEFAULTS)).name).toBe('y');
    const lacking = join(root, 'lacking.zip');
    writeFileSync(lacking, zipSync({ 'x.train.rating': text(FILES['x.train.rating']) }));
    await expect(openSplit(lacking, {}, PLANTED_DEFAULTS)).rejects.toThrow(
      /lacking\.zip\/x\.test\.rating" does not exist/,
    );
  });

  test('records are no pairs: what comes again, in training or among the items to rank with, stands once', async () => {
    const again = {
      'x.train.rating': FILES['x.train.rating'].replace('0\t1\t4\t300\n', '0\t1\t4\t300\n0\t1\t4\t301\n'),
      'x.test.negative': '(0,5)\t4\t4\t0\n(1,0)\t2\t0\t3\n',
    };
    const data = await readNcf(files(again));
    expect(rowsOf(data)).toEqual(rowsOf(await readNcf(files())));
    expect(Array.from(data.candidates ?? [])).toEqual([4, 0, -1, 2, 3, -1]);
    await expect(readNcf(files({ 'x.train.rating': `${FILES['x.train.rating']}1\t0\t2\t61\n` }))).rejects.toThrow(
      /x\.test\.rating", line 2: user 1 has item 0 in training, too/,
    );
  });

  test('survive a prepared folder', async () => {
    const data = await readNcf(files());
    const path = join(root, 'prepared');
    const origin = { source: 'x', format: 'NCF' };
    await writeFolder(path, {}, (folder) => writePrepared(folder, data, origin, {}, { steps: [], splits: {} }));
    const { data: read } = await readFolder(path);
    expect(rowsOf(read)).toEqual(rowsOf(data));
    expect(read.candidates).toEqual(data.candidates);
  });

  test.each<[Partial<typeof FILES>, RegExp]>([
    [{ 'x.test.negative': '(0,5)\t4\t6\t0\n' }, /has 1 lines, expected one for each of the 2 test ratings/],
    [
      { 'x.test.negative': '(0,5)\t4\t6\t0\n(1,1)\t2\t7\t3\n' },
      /negative", line 2: expected \(1,0\) first, found \(1,1\)/,
    ],
    [{ 'x.test.negative': '(0,5)\t4\t6\t0\n(1,0)\t2\t7\n' }, /line 2: expected 3 items as in line 1, found 2/],
    [
      { 'x.test.negative': '(0,5)\t4\t6\tx\n(1,0)\t2\t7\t3\n' },
      /line 1: expected a whole number from 0 as item, found "x"/,
    ],
    [{ 'x.train.rating': 'ann\t3\t5\t100\n' }, /x\.train\.rating".*/],
  ])('%p is refused', async (changed, message) => {
    await expect(readNcf(files(changed))).rejects.toThrow(message);
  });

  test('in a zip archive, in whatever folder, which a sweep opens as it is', async () => {
    const members = Object.fromEntries(
      Object.entries(FILES).flatMap(([name, text]) => [
        [`Data/${name}`, new TextEncoder().encode(text)],
        [`__MACOSX/Data/._${name}`, Uint8Array.of(0)],
      ]),
    );
    const path = join(root, 'ncf.zip');
    writeFileSync(path, zipSync(members));
    const whole = await readNcf(files());
    for (const reference of [path, `${path}/Data/x.train.rating`]) {
      const data = await openSplit(reference, {}, PLANTED_DEFAULTS);
      expect([data.name, rowsOf(data), data.candidates]).toEqual([whole.name, rowsOf(whole), whole.candidates]);
    }
    writeFileSync(path, zipSync({ ...members, 'Data/y.train.rating': Uint8Array.of(1) }));
    await expect(ncfAt(path)).rejects.toThrow(/holds several data sets .*ncf\.zip\/Data\/x\.train\.rating \(/);
    const { 'Data/x.test.negative': _, ...two } = members;
    writeFileSync(path, zipSync(two));
    await expect(openSplit(path, {}, PLANTED_DEFAULTS)).rejects.toThrow(/x\.test\.negative" does not exist/);
  });

  test('a missing file is named', async () => {
    const folder = mkdtempSync(join(root, 'ncf'));
    writeFileSync(join(folder, 'y.train.rating'), FILES['x.train.rating']);
    await expect(readNcf(join(folder, 'y.train.rating'))).rejects.toThrow(/y\.test\.rating" does not exist/);
  });
});

test('--positive: liked ratings are interactions, and every rated pair of what stays is known to be exposed', async () => {
  const rated = await readNcf(files());
  const raw: Interactions = { ...rated, split: undefined, candidates: undefined };
  const split = { rule: 'random', seed: 1, shortUsers: 'train' } as const;
  const { data } = prepareInteractions(raw, NO_FILTER, split, 4);
  const named = ({ user, item }: { user: Int32Array; item: Int32Array }): string[] =>
    Array.from(user, (u, r) => `${data.userIds[u]} ${data.itemIds[item[r] as number]}`).sort();
  expect(named(data)).toEqual(['0 1', '0 2', '0 3', '0 5']);
  expect(named(data.exposed as never)).toEqual(['0 1', '0 2', '0 3', '0 5']); // user 1 liked nothing and is gone
  const { data: all } = prepareInteractions(raw, NO_FILTER, split, 3);
  expect(all.user.length).toBe(5);
  expect(() => prepareInteractions({ ...raw, rating: undefined }, NO_FILTER, split, 4)).toThrow(
    /--positive 4 needs ratings/,
  );
  const path = join(root, 'liked');
  await writeFolder(path, {}, (folder) =>
    writePrepared(folder, data, { source: 'x', format: 'x' }, {}, { steps: [], splits: {} }),
  );
  expect((await readFolder(path, { exposed: true })).data.exposed).toEqual(data.exposed);
  expect((await readFolder(path)).data.exposed).toBeUndefined();
});
