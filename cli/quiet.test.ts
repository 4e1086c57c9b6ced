import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SMALL, testProgram } from './test_program.js';

const { folder, run } = testProgram();
// A suite of several data sets, of which one is at hand.
writeFileSync(join(folder, 'two.yaml'), 'name: two\ndata: [planted, ml-1m]\nmethods: [Pop]\n');
const words = ['sweep', 'two.yaml', '--data', 'planted=planted', ...SMALL, '--dry-run'];

test('--quiet leaves results and errors, and takes notes away', async () => {
  const [told, quiet] = [await run(...words), await run(...words, '--quiet')];
  expect([told.code, told.err]).toEqual([0, expect.stringMatching(/^left out, not at hand: /)]);
  expect([quiet.code, quiet.err]).toEqual([0, '']);
  const count = ({ out }: { out: string }) => out.split('\n').length;
  expect(count(quiet)).toBe(count(told));
  const wrong = await run('sweep', 'tabel2', '--dry-run', '--quiet');
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/^expobench: .*tabel2/)]);
});

test('NO_COLOR or not, what is printed has no colour', async () => {
  for (const value of [undefined, '1']) {
    const before = process.env['NO_COLOR'];
    if (value === undefined) delete process.env['NO_COLOR'];
    else process.env['NO_COLOR'] = value;
    const all = [await run('datasets', 'list'), await run('--help'), await run(...words), await run('nothing')];
    if (before === undefined) delete process.env['NO_COLOR'];
    else process.env['NO_COLOR'] = before;
    for (const { out, err } of all) expect(out + err).not.toContain('\u001b');
  }
});
