import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { testProgram } from './test_program.js';

const { folder, run, runOn } = testProgram();

const ROWS = Array.from({ length: 60 }, (_, r) => `u${r % 10},i${(r * 7) % 13},${1 + (r % 5)},${1_000_000_000 + r}`);
const CSV = `user,item,rating,time\n${ROWS.join('\n')}\n`;
const left = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('expobench-input-'));

test('"-" is standard input in the place of a file, packed or not, and nothing of it stays', async () => {
  const before = left();
  writeFileSync(join(folder, 'rows.csv'), CSV);
  await run('datasets', 'prepare', 'rows.csv', '--out', 'file');
  const piped = await runOn(CSV, 'datasets', 'prepare', '-', '--out', 'piped', '--json');
  expect([piped.code, piped.err]).toEqual([0, '']);
  expect(JSON.parse(piped.out).splits.test).toBe(10);
  const packed = await runOn(gzipSync(CSV), 'datasets', 'prepare', '-', '--out', 'packed');
  expect([packed.code, packed.err]).toEqual([0, '']);
  for (const name of ['piped', 'packed'])
    expect(readFileSync(join(folder, name, 'interactions.arrow'))).toEqual(
      readFileSync(join(folder, 'file', 'interactions.arrow')),
    );
  const trained = await runOn(CSV, 'train', '--model', 'Pop', '--data', '-', '--out', 'pop', '--json');
  expect([trained.code, trained.err]).toEqual([0, '']);
  const swept = await runOn(CSV, 'sweep', 'quick', '--models', 'Pop', '--data', '-', '--dry-run', '--json');
  expect([swept.code, swept.err]).toEqual([0, '']);
  const empty = await runOn('', 'datasets', 'prepare', '-', '--out', 'empty');
  expect([empty.code, empty.out]).toEqual([2, '']);
  expect(empty.err).toMatch(/^expobench: .*standard input.*\n$/);
  expect(empty.err).not.toContain(tmpdir());
  const elsewhere = await runOn(CSV, 'train', '--model', 'Pop', '--out', '-');
  expect(elsewhere.err).toMatch(/only data are read from there/);
  const twice = await runOn(CSV, 'sweep', 'quick', '--data', '-', '-', '--dry-run');
  expect(twice.err).toMatch(/standard input can be read once/);
  expect(left()).toEqual(before);
});
