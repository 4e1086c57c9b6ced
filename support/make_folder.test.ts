import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { makeFolder } from './make_folder.js';
import { testFolder } from './test_folder.js';

const folder = testFolder();

test('folders are made with those around them, also where some are there', () => {
  mkdirSync(join(folder, 'a'));
  makeFolder(join(folder, 'a/b/c'));
  makeFolder(join(folder, 'a/b/c'));
  expect(existsSync(join(folder, 'a/b/c'))).toBe(true);
});

test('what cannot be made leaves none on the way to it', () => {
  writeFileSync(join(folder, 'file'), '');
  const before = readdirSync(folder);
  for (const [path, message] of [
    ['n/'.repeat(3000), /ENAMETOOLONG/],
    [`new/${'n'.repeat(300)}`, /ENAMETOOLONG/],
    ['file/below/it', /ENOTDIR/],
    ['file', /EEXIST/],
  ] as const)
    expect(() => makeFolder(join(folder, path))).toThrow(message);
  expect(readdirSync(folder)).toEqual(before);
});

(process.platform === 'linux' ? test : test.skip)(
  'a place that takes no folders is an error, not an endless loop',
  () => {
    expect(() => makeFolder('/proc/x/y/z')).toThrow();
  },
);
