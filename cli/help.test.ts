import { describe, expect, test } from '@jest/globals';
import { PROGRAM } from '../support/version.js';
import { testProgram } from './test_program.js';
import { verbs } from './verbs.js';

const { run } = testProgram();

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
