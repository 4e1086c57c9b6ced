import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from '@jest/globals';
import { Lock } from './lock.js';
import { type Owner, thisProcess } from './owner.js';
import { testFolder } from './test_folder.js';

const root = testFolder();
const place = (): string => join(mkdtempSync(join(root, 'x')), 'out');
const lockOf = (path: string): string => `${path}.expobench-lock`;

/** A lock as another process left it. */
function leave(path: string, owner: Partial<Owner>): void {
  const holder = { id: 'abc', command: 'expobench simulate --out x', since: '2026-01-02T03:04:05.678Z' };
  writeFileSync(lockOf(path), JSON.stringify({ ...thisProcess(), ...holder, ...owner }));
}

/** No process has this number. */
const NOBODY = 2 ** 30;

describe('a lock', () => {
  test('answers the second who holds it since when, and is free when it is given back', () => {
    const path = place();
    const lock = Lock.take(path);
    expect(() => Lock.take(path)).toThrow(
      new RegExp(`"${path}" is being written by process ${process.pid} on ${thisProcess().host} \\(.+\\) since 20`),
    );
    lock.release();
    lock.release();
    expect(readdirSync(dirname(path))).toEqual([]);
    Lock.take(path).release();
  });

  test('is taken over from the dead, also after the machine started again or their number was given to another', () => {
    const dead: Partial<Owner>[] = [{ pid: NOBODY }, { boot: 'an earlier start' }, { started: 'an earlier process' }];
    for (const owner of dead) {
      const path = place();
      leave(path, owner);
      const lock = Lock.take(path);
      expect(JSON.parse(readFileSync(lockOf(path), 'utf8')).pid).toBe(process.pid);
      lock.release();
      expect(readdirSync(dirname(path))).toEqual([]);
    }
  });

  test('a torn one is taken over, too', () => {
    for (const text of ['', '{"pid":', '{}']) {
      const path = place();
      writeFileSync(lockOf(path), text);
      Lock.take(path).release();
      expect(existsSync(lockOf(path))).toBe(false);
    }
  });

  test('is left to the living, and to whom cannot be looked at from here', () => {
    const path = place();
    leave(path, {});
    expect(() => Lock.take(path)).toThrow(/simulate --out x\) since 2026-01-02T03:04:05.678Z: wait until it has ended/);
    for (const owner of [
      { pid: NOBODY, host: 'elsewhere' },
      { pid: NOBODY, space: 'another container' },
    ]) {
      leave(path, owner);
      expect(() => Lock.take(path)).toThrow(/cannot be looked at from here: .* remove "out.expobench-lock" there/);
    }
    expect(readdirSync(dirname(path))).toEqual(['out.expobench-lock']);
  });

  test.each([['nobody'], ['a dead one'], ['a dead one, and a dead one who was taking it over']])(
    'of %s is taken by exactly one of many at the same instant',
    async (before) => {
      const path = place();
      if (before !== 'nobody') leave(path, { pid: NOBODY });
      if (before.endsWith('over')) {
        const owner = { ...thisProcess(), pid: NOBODY, id: 'def', command: '', since: '' };
        writeFileSync(`${lockOf(path)}.after-abc`, JSON.stringify(owner));
      }
      const takers = 8;
      const ready = new SharedArrayBuffer(4);
      const source = `
        const { parentPort, workerData: { module, path, ready, takers } } = require('node:worker_threads');
        import(module).then(({ Lock }) => {
          const count = new Int32Array(ready);
          Atomics.add(count, 0, 1);
          while (Atomics.load(count, 0) < takers);
          try { Lock.take(path); parentPort.postMessage('taken'); }
          catch (error) { parentPort.postMessage(error.message); }
          parentPort.once('message', () => parentPort.close());
        });`;
      const module = new URL('./lock.js', import.meta.url).href;
      const workers = Array.from(
        { length: takers },
        () => new Worker(source, { eval: true, workerData: { module, path, ready, takers } }),
      );
      const answers = await Promise.all(
        workers.map((worker) => new Promise<string>((resolve) => worker.once('message', resolve))),
      );
      await Promise.all(
        workers.map((worker) => {
          const ended = new Promise((resolve) => worker.once('exit', resolve));
          worker.postMessage('end');
          return ended;
        }),
      );
      expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1);
      expect(answers.filter((answer) => answer.includes('is being written by process'))).toHaveLength(takers - 1);
      expect(readdirSync(dirname(path))).toEqual([]);
    },
  );
});
