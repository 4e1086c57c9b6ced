import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { testProgram } from './test_program.js';

const { folder, run } = testProgram();

describe('suites', () => {
  test('init, then a dry run that writes nothing, then figures', async () => {
    const made = await run('init', 'mine.yaml');
    expect([made.code, made.err]).toEqual([0, '']);
    expect(
      JSON.parse(readFileSync(join(folder, 'expobench-suite.schema.json'), 'utf8')).properties.methods,
    ).toBeDefined();
    expect((await run('init', 'mine.yaml')).err).toMatch(/"mine\.yaml" exists/);
    const small = [
      '--users',
      '60',
      '--items',
      '120',
      '--ratings-per-user',
      '25',
      '--epochs',
      '2',
      '--dim',
      '8',
      '--bootstrap',
      '0',
    ];
    const listed = await run('sweep', 'mine.yaml', ...small, '--dry-run', '--json');
    expect([listed.code, listed.err]).toEqual([0, '']);
    const { rows, seconds } = JSON.parse(listed.out);
    expect(rows.map(({ row, trials }: { row: string; trials: number }) => [row, trials])).toEqual(
      ['GMF', 'PS:GMF/Pop', 'PS:GMF/oracle', 'ACL, alpha 0.1', 'ACL, alpha 1'].map((row) => [row, 3]),
    );
    expect(seconds).toBeGreaterThan(0);
    const swept = await run('sweep', 'mine.yaml', ...small, '--repetitions', '2', '--out', 'own');
    expect([swept.code, swept.err]).toEqual([0, '']);
    expect(swept.out).toMatch(/popular: standard evaluation[\s\S]*popular: expected under the truth/);
    expect(readdirSync(join(folder, 'own', 'figures')).sort()).toEqual(
      expect.arrayContaining(['data', 'mine.json', 'mine.png', 'mine.svg']),
    );
    expect(readdirSync(join(folder, 'own')).sort()).toEqual([
      'data',
      'environment.json',
      'figures',
      'manifest.json',
      'report.html',
      'tables',
      'trials.ndjson',
    ]);
    expect((await run('diff', 'own', 'own')).code).toBe(0);
    const other = await run('sweep', 'quick', ...small, '--retry-failed', '--out', 'own');
    expect([other.code, other.err]).toEqual([2, expect.stringMatching(/is a run of the suite "mine", not of "quick"/)]);
  });
});

test('report makes the page of a run again, also elsewhere', async () => {
  const made = await run('report', 'own', '--out', 'elsewhere/own.html');
  expect([made.code, made.err, made.out]).toEqual([0, '', 'elsewhere/own.html\n']);
  const page = (path: string): string => readFileSync(join(folder, path), 'utf8');
  expect(page('elsewhere/own.html')).toBe(page('own/report.html'));
  writeFileSync(join(folder, 'elsewhere', 'manifest.json'), '{ "kind": "simulated" }');
  expect((await run('report', 'elsewhere')).err).toMatch(/"elsewhere" is simulated data: .*; wanted is a run/);
});
