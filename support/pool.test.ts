import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { WorkerPool } from './pool.js';
import { testFolder } from './test_folder.js';

const module = join(testFolder(), 'worker.mjs');
// Task n sleeps n milliseconds; a negative one fails after as long, as a user's mistake.
writeFileSync(
  module,
  `export default async (n) => {
     await new Promise((resolve) => setTimeout(resolve, Math.abs(n)));
     return n < 0 ? { mistake: 'no ' + n } : { value: n };
   };`,
);

test('results come in the order of the tasks, whichever ends first', async () => {
  const pool = new WorkerPool<number, number>(pathToFileURL(module), 2);
  const seen: [number, number][] = [];
  await pool.runInOrder([60, 1, 30, 2, 0], (value, index) => {
    seen.push([value, index]);
  });
  await pool.close();
  expect(seen).toEqual([60, 1, 30, 2, 0].map((value, index) => [value, index]));
});

test('of several failures the first in order is reported, also where a later one comes sooner', () => {
  // In a program of its own: an unhandled failure would end it with a stack trace.
  const script = `
    const { WorkerPool } = await import(${JSON.stringify(new URL('./pool.js', import.meta.url).href)});
    const pool = new WorkerPool(new URL(${JSON.stringify(pathToFileURL(module).href)}), 2);
    await pool.runInOrder([100, -80, -1, -2], () => {}).catch((error) => console.log(error.name, error.message));
    await pool.close();`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, 'UserError no -80\n']);
});
