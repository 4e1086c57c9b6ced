import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SMALL, testProgram } from './test_program.js';

const { folder, run } = testProgram();

describe('replicate', () => {
  const small = [...SMALL, '--epochs', '2', '--batch', '512'];

  test('runs what claims rest on, and tells what holds; the number of workers changes nothing', async () => {
    const words = ['replicate', '--claims', 'feedback-in-g-helps', 'alpha-in-between', '--data', 'planted', ...small];
    const first = await run(...words, '--repetitions', '2', '--out', 'claims', '--json');
    expect([first.code, first.err]).toEqual([0, '']);
    expect(JSON.parse(first.out).map(({ name }: { name: string }) => name)).toEqual([
      'feedback-in-g-helps',
      'alpha-in-between',
    ]);
    const files = ['claims.html', 'claims.json', 'claims.md', 'figureA2', 'figureA4', 'manifest.json'];
    expect(readdirSync(join(folder, 'claims')).sort()).toEqual(files);
    expect(readFileSync(join(folder, 'claims', 'claims.html'), 'utf8')).toMatch(/href="figureA4\/report\.html"/);
    const { claims } = JSON.parse(readFileSync(join(folder, 'claims', 'claims.json'), 'utf8'));
    const again = await run(...words, '--repetitions', '2', '--out', 'claims');
    expect([again.code, again.err]).toEqual([2, expect.stringMatching(/"claims" exists: name another folder/)]);
    const replaced = await run(...words, '--repetitions', '2', '--out', 'claims', '--overwrite', '--workers', '1');
    expect(replaced.out).toMatch(/alpha-in-between +(holds|does not hold|not decided)/);
    expect(JSON.parse(readFileSync(join(folder, 'claims', 'claims.json'), 'utf8')).claims).toEqual(claims);
  });

  test.each([
    [['--claims', 'alpha'], /there is no claim "alpha": they are acl-above-baseline/],
    [['--dim', '8'], /replicate varies --dim itself/],
    [['--repetitions', '1'], /--repetitions must be a whole number from 2 to 1000/],
    [['--data', 'nowhere'], /"nowhere"/],
    [['--data', 'bad.dat'], /bad\.dat/],
  ])('%j is refused', async (words, message) => {
    const { code, err } = await run('replicate', '--out', 'refused', '--data', 'planted', ...small, ...words);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
    expect(readdirSync(folder).filter((name) => name.startsWith('refused'))).toEqual([]);
  });
});
