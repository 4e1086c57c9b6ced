import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { testFolder } from '../support/test_folder.js';
import { programBuild } from '../support/version.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const { sourcesHash } = (await import(new URL('../../scripts/build_hash.mjs', import.meta.url).href)) as {
  sourcesHash(root: string, kernels: string): string;
};
const root = testFolder();

function tree(name: string, changed: Readonly<Record<string, string>> = {}): string {
  const path = join(root, name);
  const files = {
    'tsconfig.json': '{"include":["index.ts","models","results","cli"]}',
    'package.json': '{"version":"1.0.0","dependencies":{"a":"1"}}',
    'models/mf.ts': 'export const a = 1;\n',
    'kernels.wasm': 'wasm',
    ...changed,
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(path, file, '..'), { recursive: true });
    writeFileSync(join(path, file), text);
  }
  return sourcesHash(path, join(path, 'kernels.wasm'));
}

test('the same sources have the same hash anywhere, with whatever tests, tables or pages beside them', () => {
  const hash = tree('here');
  cpSync(join(root, 'here'), join(root, 'deeper', 'there'), { recursive: true });
  expect(sourcesHash(join(root, 'deeper', 'there'), join(root, 'deeper', 'there', 'kernels.wasm'))).toBe(hash);
  expect(tree('windows', { 'models/mf.ts': 'export const a = 1;\r\n' })).toBe(hash);
  const beside = { 'models/mf.test.ts': 'x', 'models/test_x.ts': 'x', 'models/mf.js.map': 'x', 'models/notes.md': 'x' };
  expect(tree('beside', { ...beside, 'results/table.ts': 'x', 'cli/main.ts': 'x', 'runs/a.ts': 'x' })).toBe(hash);
});

test('what results depend on changes it: a source, its name, the kernels, the packages', () => {
  const hashes = [
    tree('a'),
    tree('b', { 'models/mf.ts': 'export const a = 2;\n' }),
    tree('c', { 'models/gmf.ts': '' }),
    tree('d', { 'kernels.wasm': 'other' }),
    tree('e', { 'package.json': '{"version":"1.0.0","dependencies":{"a":"2"}}' }),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
});

test('the build that runs carries the hash of its sources', () => {
  const { sources } = JSON.parse(readFileSync(join(project, 'dist/build.json'), 'utf8'));
  expect(programBuild()).toBe(sources);
  expect(sources).toMatch(/^[0-9a-f]{64}$/);
});
