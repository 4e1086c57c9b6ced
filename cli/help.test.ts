import { describe, expect, test } from '@jest/globals';
import { PROGRAM } from '../support/version.js';
import { testProgram } from './test_program.js';
import { verbs } from './verbs.js';

const { run, runAt } = testProgram();

const names = verbs.map(({ command }) => command.split(' ')[0] as string);
const datasets = ['list', 'info', 'fetch', 'prepare', 'export'].map((action) => ['datasets', action]);

describe('help', () => {
  test.each(
    [...names.filter((name) => name !== 'datasets').map((name) => [name]), ...datasets].map((words) => [words]),
  )('of %j has an example and, for programs, --json', async (words) => {
    const { code, out, err } = await run(...words, '--help');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/Examples:/);
    expect(out).toMatch(/--json/);
  });

  test.each([...names.map((name) => [name]), ...datasets].map((words) => [words]))(
    'of %j is one page at 80 columns, with data and folder first, and all of it is a word away',
    async (words) => {
      const page = await runAt(80, ...words, '--help');
      expect(page.out.split('\n').length).toBeLessThanOrEqual(41);
      for (const line of page.out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
      const all = await runAt(80, ...words, '--help', 'all');
      expect([all.code, all.err]).toEqual([0, '']);
      expect(all.out.split('\n').length).toBeGreaterThanOrEqual(page.out.split('\n').length);
      if (!page.out.includes('--help all')) return;
      const leading = [...page.out.matchAll(/^ +(?:-\w, )?--([\w-]+)/gm)].map(([, option]) => option as string);
      expect([leading.indexOf('data') <= 0, leading.indexOf('out') <= 1]).toEqual([true, true]);
      for (const option of leading) expect(all.out).toContain(`--${option}`);
    },
  );

  test('lists every verb, and has short names', async () => {
    const { out } = await run('-h');
    for (const name of names) expect(out).toContain(`expobench ${name}`);
    expect(await run('-v')).toEqual({ code: 0, out: `${PROGRAM.version}\n`, err: '' });
    expect((await run('train', '-h')).out).toMatch(/--model/);
  });
});

test('list and info', async () => {
  expect((await run('datasets', 'list')).out).toMatch(/planted.*embedded/);
  expect((await run('datasets', 'info', 'ml-1m')).out).toMatch(/6,040 users/);
  expect(JSON.parse((await run('datasets', 'info', 'ml-1m', '--json')).out)).toMatchObject({ name: 'ml-1m' });
});
