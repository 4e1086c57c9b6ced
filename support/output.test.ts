import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { OutputFolder, writeFolder } from './output.js';
import { testFolder } from './test_folder.js';

const root = testFolder();
const place = (): string => join(mkdtempSync(join(root, 'x')), 'out');

describe('a result folder', () => {
  test('appears when it is complete, and not before', async () => {
    const path = place();
    await writeFolder(path, {}, async (folder) => {
      folder.write('deep/a.txt', 'a');
      expect(existsSync(path)).toBe(false);
    });
    expect(readFileSync(join(path, 'deep/a.txt'), 'utf8')).toBe('a');
    expect(existsSync(`${path}.partial`)).toBe(false);
  });

  test('leaves nothing behind when its writing fails', async () => {
    const path = place();
    const failing = writeFolder(path, {}, async (folder) => {
      folder.write('a.txt', 'a');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(existsSync(path) || existsSync(`${path}.partial`)).toBe(false);
  });

  test('never replaces another without being told', async () => {
    const path = place();
    await writeFolder(path, {}, async (folder) => folder.write('old', ''));
    expect(() => new OutputFolder(path)).toThrow(/exists: name another folder, or add --overwrite/);
    await writeFolder(path, { overwrite: true }, async (folder) => folder.write('new', ''));
    expect([existsSync(join(path, 'old')), existsSync(join(path, 'new'))]).toEqual([false, true]);
  });

  test('keeps the old one when replacing it fails', async () => {
    const path = place();
    await writeFolder(path, {}, async (folder) => folder.write('old', ''));
    const failing = writeFolder(path, { overwrite: true }, async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(existsSync(join(path, 'old'))).toBe(true);
  });

  test('is not made over a file', () => {
    const path = place();
    writeFileSync(path, '');
    expect(() => new OutputFolder(path, { overwrite: true })).toThrow(/is not a folder/);
  });

  test('hashes its files by their path within it', async () => {
    const folder = new OutputFolder(place());
    folder.write('b/x', 'abc');
    expect(await folder.hashes()).toEqual({
      'b/x': 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
    folder.discard();
  });
});
