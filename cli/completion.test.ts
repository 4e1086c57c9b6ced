import { expect, test } from '@jest/globals';
import { testProgram } from './test_program.js';

const { run } = testProgram();

test('completion prints a script of shells, which asks the program for what can follow', async () => {
  const { code, out, err } = await run('completion');
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/expobench.*--get-yargs-completions/);
  const asked = async (...words: string[]): Promise<string[]> =>
    (await run('--get-yargs-completions', 'expobench', ...words)).out
      .split('\n')
      .map((line) => line.split(':')[0] ?? '');
  expect(await asked('tra')).toContain('train');
  expect(await asked('train', '--')).toEqual(expect.arrayContaining(['--model', '--out', '--epochs']));
});
