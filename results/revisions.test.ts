import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { summarize } from '../support/statistics.js';
import { testFolder } from '../support/test_folder.js';
import { jsonOf } from './table.js';

const root = testFolder();
const main = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/** A repository of a program that is called as ours is, builds in a moment, and whose sweep writes one number that each revision has. */
const repository = join(root, 'repository');
const BUILD = `
import { copyFileSync, mkdirSync } from 'node:fs';
mkdirSync('dist/cli', { recursive: true });
copyFileSync('main.mjs', 'dist/cli/main.js');
`;
const table = (value: number): string =>
  JSON.stringify(
    jsonOf({
      title: 'fake',
      note: '',
      columns: ['hit@10'],
      rows: [{ label: 'GMF', cells: { 'hit@10': summarize([value]) }, values: { 'hit@10': [value] } }],
    }),
  );
const program = (value: number): string => `
import { mkdirSync, writeFileSync } from 'node:fs';
const words = process.argv.slice(2);
if (words.includes('--fail')) { console.error('expobench: no such option'); process.exit(2); }
const out = words[words.indexOf('--out') + 1];
mkdirSync(out + '/tables', { recursive: true });
writeFileSync(out + '/tables/fake.json', ${JSON.stringify(table(value))});
writeFileSync(out + '/manifest.json', JSON.stringify({ words: words.slice(0, -2) }));
`;

function git(...words: string[]): string {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.org'];
  const { status, stdout, stderr } = spawnSync('git', [...identity, ...words], { cwd: repository, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

function diff(...words: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'diff', ...words], {
    cwd: repository,
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: root },
  });
  return { code: status, out: stdout, err: stderr };
}

function commit(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(repository, name), text);
  git('add', '.');
  git('commit', '--quiet', '-m', 'change');
}

beforeAll(() => {
  mkdirSync(join(repository, 'node_modules'), { recursive: true });
  git('init', '--quiet');
  const files = {
    '.gitignore': 'dist\nnode_modules\nkept\n*.html\n',
    'package.json': JSON.stringify({ name: 'expobench', type: 'module', scripts: { build: 'node build.mjs' } }),
    'package-lock.json': '{}',
    'build.mjs': BUILD,
  };
  commit({ ...files, 'main.mjs': program(0.5) });
  commit({ 'main.mjs': program(0.6) });
  commit({ 'README.md': 'nothing that matters' });
});

/** Nothing is left of working trees, nor of runs that are not to be kept. */
function expectClean(): void {
  expect(git('worktree', 'list').split('\n').length).toBe(1);
  expect(readdirSync(root).filter((name) => name.startsWith('expobench-'))).toEqual([]);
}

test('both revisions are built and run with the same words, and compared', () => {
  const page = join(repository, 'page.html');
  const { code, out, err } = diff(
    'HEAD~2',
    'HEAD',
    '--run',
    'mine',
    '--out',
    'kept',
    '--html',
    page,
    '--',
    '--epochs',
    '3',
  );
  expect([code, err]).toEqual([1, '']);
  expect(out).toMatch(/HEAD~2 -> HEAD: 0 cells the same, 1 change\n[\s\S]*GMF .*50\.00 .*60\.00 .*\+10\.0 /);
  const folders = ['HEAD~2', 'HEAD'].map((revision) => git('rev-parse', revision).slice(0, 12));
  for (const folder of folders) {
    const manifest = JSON.parse(readFileSync(join(repository, 'kept', folder, 'manifest.json'), 'utf8'));
    expect(manifest).toEqual({ words: ['sweep', 'mine', '--epochs', '3'] });
  }
  expect(readFileSync(page, 'utf8')).toMatch(/<h1>HEAD~2 to HEAD<\/h1>[\s\S]*\+10\.0/);
  expectClean();
});

test('a commit that changes no number changes nothing', () => {
  expect(diff('HEAD~1', 'HEAD', '--run', '--json').code).toBe(0);
  expect(diff('HEAD', 'HEAD', '--run').out).toMatch(/1 cells the same/);
  expectClean();
});

test('what cannot be run is said, with the end of what it said, and leaves nothing', () => {
  const unknown = diff('nothing', 'HEAD', '--run');
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringMatching(/"nothing" is not a git revision here/)]);
  const failing = diff('HEAD~1', 'HEAD', '--run', '--', '--fail');
  expect([failing.code, failing.err]).toEqual([
    2,
    expect.stringMatching(/"HEAD~1": .*main\.js sweep quick --fail .* failed \(2\): expobench: no such option/),
  ]);
  const without = diff('HEAD~1', 'HEAD', '--', '--epochs', '3');
  expect([without.code, without.err]).toEqual([2, expect.stringMatching(/options after -- go with --run/)]);
  commit({ 'build.mjs': 'throw new Error("does not compile")' });
  commit({ 'package.json': '{"name":"other"}' });
  const broken = diff('HEAD~1', 'HEAD~2', '--run');
  expect([broken.code, broken.err]).toEqual([
    2,
    expect.stringMatching(/npm run build failed \(1\):[\s\S]*does not compile/),
  ]);
  const other = diff('HEAD', 'HEAD~2', '--run');
  expect([other.code, other.err]).toEqual([2, expect.stringMatching(/"HEAD" is not a revision of expobench/)]);
  expect(existsSync(join(repository, 'dist'))).toBe(false);
  expectClean();
});
