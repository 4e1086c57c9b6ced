import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from './make_folder.js';

let written = 0;

/**
 * Writes a file that is there whole or not at all, whatever happens to the program or the machine: beside its place (or in `aside`, on the same
 * disk), flushed, and renamed.
 */
export function writeDurably(path: string, content: string | Uint8Array, aside = dirname(path)): void {
  makeFolder(dirname(path));
  makeFolder(aside);
  const beside = join(aside, `.${basename(path)}.${process.pid}-${++written}.new`);
  try {
    writeFileSync(beside, content, { flag: 'wx', flush: true });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  flush(dirname(path));
}

/** What a file of JSON says; undefined where there is none, or it is torn. */
export function readState(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Waits until a file, or what a folder lists, is on the disk. */
export function flush(path: string): void {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    fsyncSync(file);
  } catch {
    // Windows opens no folders, and some disks flush none: then the system decides when.
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
