import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Table, TimestampSecond, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { testFolder } from '../support/test_folder.js';
import { type ReadOptions, readInteractions } from './reader.js';

const folder = testFolder();

/** Reads a CSV of one user with these columns besides; seconds of the rows, and what was said. */
async function timesOf(name: string, head: string, lines: readonly string[], options: ReadOptions = {}) {
  const path = join(folder, `${name}.csv`);
  writeFileSync(path, `user,item,${head}\n${lines.map((line, l) => `u,i${l},${line}\n`).join('')}`);
  const { data, notes } = await readInteractions(path, options);
  return { seconds: [...(data.time ?? [])], notes };
}

describe('numbers that are days by their digits, and no counts', () => {
  test.each([
    ['day first', ['21042022', '5042022'], /20?.*may be days by their digits, or counts: .*--time-unit %d%m%Y/],
    ['two digits a year', ['220421', '211231'], /--time-unit %y%m%d, --time-unit %d%m%y or --time-unit seconds/],
    ['months', ['202204', '202112'], /--time-unit %Y%m or --time-unit seconds/],
  ])('%s: asked for', async (name, lines, message) => {
    await expect(timesOf(name, 'date', lines)).rejects.toThrow(message);
    await expect(timesOf(name, 'date', lines)).rejects.toThrow(`${name}.csv"`);
  });

  test('read as is said, with the zero in front that numbers lose', async () => {
    const { seconds } = await timesOf('said', 'date', ['21042022', '5042022'], { timeUnit: '%d%m%Y' });
    expect(seconds).toEqual([Date.UTC(2022, 3, 21) / 1000, Date.UTC(2022, 3, 5) / 1000]);
    expect((await timesOf('counts', 'date', ['220421', '211231'], { timeUnit: 'seconds' })).seconds).toEqual([
      220421, 211231,
    ]);
  });

  test('places in an order are none, and are said as numbers', async () => {
    const { seconds, notes } = await timesOf('order', 'time', ['101', '250001', '131377']);
    expect(seconds).toEqual([101, 250001, 131377]);
    expect(notes.at(-1)).toMatch(/places in an order, too small for times of our age.*; from 101 to 250001$/);
  });
});

describe('columns of times', () => {
  const day = Date.UTC(2022, 3, 21) / 1000;

  test('a time of the day is none, however fine: it belongs to its day', async () => {
    const { seconds, notes } = await timesOf('clock', 'date,time', ['20220421,81830', '20220420,235959']);
    expect(seconds).toEqual([day + 8 * 3600 + 18 * 60 + 30, day - 1]);
    expect(notes).toContain('user = user, item = item, time = date, time');
  });

  test('hours, minutes and seconds in columns of their own', async () => {
    const parts = await timesOf('parts', 'date,hour,minute,second', ['2022-04-21,8,5,7', '2022-04-21,23,59,59']);
    expect(parts.seconds).toEqual([day + 8 * 3600 + 5 * 60 + 7, day + 86_399]);
    expect(parts.notes).toContain('user = user, item = item, time = date, hour, minute, second');
    expect((await timesOf('no seconds', 'date,hour,minute', ['2022-04-21,8,5'])).seconds).toEqual([
      day + 8 * 3600 + 5 * 60,
    ]);
  });

  test('a day goes before a place in an order', async () => {
    const { seconds, notes } = await timesOf('places', 't,date', ['1,2022-04-21', '2,2022-04-20', '3,2022-04-19']);
    expect(seconds).toEqual([day, day - 86_400, day - 2 * 86_400]);
    expect(notes.join()).toMatch(/is taken, not t;/);
  });
});

describe('times that cannot be, among others that can', () => {
  const seconds = ['1500000110', '1500000120', '1500000130'];
  test.each([
    ['a small number', '1500', /line 5: the time 1500 is within three years of 1970, far from most/],
    ['days among seconds', '17361', /line 5: the time 17361 is within three years of 1970/],
    ['less than nothing', '-5', /line 5: the time -5 is within three years of 1970/],
  ])('%s', async (name, value, message) => {
    await expect(timesOf(name, 'time', [...seconds, value])).rejects.toThrow(message);
    expect((await timesOf(name, 'time', [...seconds, value], { badTimes: 'drop' })).seconds).toEqual(
      seconds.map(Number),
    );
  });

  test('zero in another time zone, and 1900 where a date is asked for', async () => {
    const days = ['2017-07-14 02:00:00', '2017-07-15 02:00:00'];
    await expect(timesOf('zone', 'time', [...days, '1969-12-31 19:00:00'])).rejects.toThrow(
      /line 4: the time 1969-12-31 19:00:00 is within three years of 1970/,
    );
    await expect(timesOf('1900', 'time', [...days, '1900-01-01'])).rejects.toThrow(/line 4: .* is in 1900 or before/);
  });

  test('stored times are named as dates', async () => {
    const ids = vectorFromArray(['a', 'b', 'c'], new Utf8());
    const time = vectorFromArray([1500000000000, 1500000001000, 253402300799000], new TimestampSecond());
    const path = join(folder, 'sentinel.arrow');
    writeFileSync(path, tableToIPC(new Table({ user: ids, item: ids, time }), 'file'));
    await expect(readInteractions(path)).rejects.toThrow(/row 3: the time 9999-12-31 23:59:59 is in the future/);
  });

  test('where most lie near 1970, that is right', async () => {
    const early = ['1970-06-01', '1971-02-03', '2020-01-01'];
    expect((await timesOf('early', 'time', early)).seconds.length).toBe(3);
  });
});
