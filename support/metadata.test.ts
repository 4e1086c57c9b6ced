import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { PROGRAM } from './version.js';

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

test('what cites the program and what tells its changes know its version and its licence', () => {
  const { version, license, title, references } = parse(read('CITATION.cff')) as Record<string, unknown>;
  const own = JSON.parse(read('package.json')) as { license: string };
  expect([title, version, license]).toEqual([PROGRAM.name, PROGRAM.version, own.license]);
  expect(references).toHaveLength(1);
  expect(read('CHANGELOG.md')).toContain(`\n## ${PROGRAM.version}\n`);
});

test('commands that CONTRIBUTING names are there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = [...read('CONTRIBUTING.md').matchAll(/npm run (\w+)/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(5);
  for (const name of named) expect(scripts).toHaveProperty(name);
});
