import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { thisProcess } from './owner.js';
import { makeScratch, withScratch } from './scratch.js';

const PREFIX = join(tmpdir(), 'expobench-scratch-');

function left(owner: string | undefined): string {
  const place = mkdtempSync(PREFIX);
  if (owner === undefined) return place;
  mkdirSync(join(place, 'files'));
  writeFileSync(join(place, 'files', 'u.data'), '1');
  writeFileSync(join(place, 'owner.json'), owner);
  return place;
}

test('a scratch folder lasts as long as its work', async () => {
  const place = await withScratch(async (folder) => {
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(join(folder, 'owner.json'), 'a file of an archive may have any name');
    return dirname(folder);
  });
  expect(existsSync(place)).toBe(false);
  const failing = withScratch(async (folder) => {
    throw new Error(dirname(folder));
  });
  const { message } = (await failing.catch((error: unknown) => error)) as Error;
  expect(message.startsWith(PREFIX)).toBe(true);
  expect(existsSync(message)).toBe(false);
});

test('what killed programs left is removed at the next start, and nothing else', () => {
  const own = thisProcess();
  const old = left(undefined);
  utimesSync(old, 1e9, 1e9);
  const dead = [left(JSON.stringify({ ...own, pid: 2 ** 30 })), left(JSON.stringify({ ...own, boot: 'earlier' })), old];
  const others = [
    left(JSON.stringify(own)),
    left(JSON.stringify({ ...own, host: 'elsewhere' })),
    left(undefined),
    left('{"pid":'),
  ];
  const strange = mkdtempSync(join(tmpdir(), 'expobench-other-'));
  try {
    const { remove } = makeScratch();
    expect(dead.filter(existsSync)).toEqual([]);
    expect([...others, strange].filter(existsSync)).toEqual([...others, strange]);
    remove();
  } finally {
    for (const place of [...others, strange]) rmSync(place, { recursive: true, force: true });
  }
});
