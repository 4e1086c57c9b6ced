/**
 * `npm run installed`: what a user gets. Packs this program, installs it into an empty project as a user does, and runs it there; also says how
 * much it takes on the disk. Exit code 1, and what failed, where anything does.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

/** Most megabytes that an install may take. */
const MOST_MEGABYTES = 150;

const root = fileURLToPath(new URL('../..', import.meta.url));
const { name, version, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
  peerDependencies: Record<string, string>;
};
const work = mkdtempSync(join(tmpdir(), 'expobench-installed-'));
const project = join(work, 'project');

/** Runs a command and returns what it says; throws with all of it where it fails. */
function run(cwd: string, program: string, ...words: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    env: { ...process.env, npm_config_audit: 'false', npm_config_fund: 'false', npm_config_loglevel: 'error' },
  });
  if (status === 0) return stdout.trim();
  throw new Error(`${[program, ...words].join(' ')}: ended with ${status ?? error?.message}\n${stdout}${stderr}`);
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
  console.log(`  ${what}`);
}

/** Bytes on the disk: blocks where the system tells, and what has two names once. */
function bytesOf(folder: string): number {
  const sizes = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file): [string, number] => {
    const { dev, ino, blocks, size } = lstatSync(join(folder, file));
    return [`${dev} ${ino}`, blocks === undefined ? size : 512 * blocks];
  });
  return [...new Map(sizes).values()].reduce((sum, size) => sum + size, 0);
}

/** A small table of ratings. */
const RATINGS = [
  'user,item,rating,time',
  ...Array.from({ length: 60 }, (_, k) => `u${k % 6},i${(k * 7) % 20},${1 + (k % 5)},${1.5e9 + k}`),
];

try {
  mkdirSync(project);
  run(root, 'npm', 'pack', '--ignore-scripts', '--pack-destination', work);
  run(project, 'npm', 'init', '--yes');
  run(project, 'npm', 'install', join(work, `${name}-${version}.tgz`));
  const megabytes = bytesOf(join(project, 'node_modules')) / 2 ** 20;
  expect(megabytes <= MOST_MEGABYTES, `an install takes ${megabytes.toFixed(0)} MB, at most ${MOST_MEGABYTES}`);
  for (const peer of Object.keys(peerDependencies))
    expect(!existsSync(join(project, 'node_modules', peer)), `${peer} comes only where it is asked for`);
  const bundled = readFileSync(join(project, 'node_modules', name, 'dist/vendor/LICENSES.txt'), 'utf8');
  for (const library of ['echarts', 'zrender', 'sql.js'])
    expect(bundled.includes(` ${library} `), `the licence of ${library}, which is bundled, comes along`);
  expect(run(project, 'npx', name, '--version') === version, `npx ${name} --version says ${version}`);
  const planted = ['--users', '60', '--items', '50', '--ratings-per-user', '12', '--dim', '4'];
  run(project, 'npx', name, 'simulate', '--data', 'planted', ...planted, '--out', 'simulated');
  expect(existsSync(join(project, 'simulated/clicks.arrow')), 'a simulation is written');
  writeFileSync(join(project, 'ratings.csv'), `${RATINGS.join('\n')}\n`);
  run(project, 'npx', name, 'datasets', 'prepare', 'ratings.csv', '--out', 'prepared');
  expect(existsSync(join(project, 'prepared/interactions.arrow')), 'a table is read by DuckDB');
  run(
    project,
    'npx',
    name,
    'sweep',
    'quick',
    '--data',
    'simulated',
    '--models',
    'Pop',
    'MF',
    '--epochs',
    '2',
    '--out',
    'run',
  );
  expect(existsSync(join(project, 'run/figures/data')), 'a sweep draws its pictures');
  writeFileSync(join(project, 'mine.ts'), 'export default (x: Float32Array, z: Float32Array): number => 0.1;\n');
  run(project, 'npx', name, 'simulate', '--data', 'planted', ...planted, '--exposure', './mine.ts', '--out', 'own');
  expect(existsSync(join(project, 'own/clicks.arrow')), "an exposure function of the user's is built");
  // Types are stripped; the example says what the library is called.
  const example = transformSync(readFileSync(join(root, 'examples/typescript/library.ts'), 'utf8'), { loader: 'ts' });
  writeFileSync(join(project, 'library.mjs'), example.code);
  const lines = run(project, process.execPath, 'library.mjs').split('\n');
  expect(
    lines.length === 3 && lines.every((line) => /Hit@10 0\.\d+ clicks a place 0\.\d+/.test(line)),
    'the library works in ten lines',
  );
  writeFileSync(
    join(project, 'use.mjs'),
    `import { readWorld } from '${name}';\nconst world = await readWorld('simulated');\nconsole.log(world.probabilities([0], [1]).relevance.length);\n`,
  );
  expect(run(project, process.execPath, 'use.mjs') === '1', 'a program imports the library');
} catch (error) {
  console.error(`FAILED: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
