/**
 * Run by npm after `npm ci` in a clone: builds. Where the compilers were left out (`npm ci --omit=dev`, `--omit=optional`, under which the native
 * part of the TypeScript compiler is), the same build is made in a folder of its own, in which they are installed for as long as it takes.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const BUILD = ['scripts/build.mjs'];

/** Whether all that the build needs is installed. */
function canBuild() {
  const require = createRequire(import.meta.url);
  try {
    for (const name of ['assemblyscript', '@types/node', 'echarts']) require.resolve(`${name}/package.json`);
    const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
    return spawnSync(process.execPath, [compiler, '--version']).status === 0;
  } catch {
    return false;
  }
}

/** Runs a program in a folder, and ends where it fails. */
function run(program, words, cwd) {
  const { status } = spawnSync(program, words, {
    cwd,
    stdio: 'inherit',
    shell: program === 'npm' && process.platform === 'win32',
  });
  if (status === 0) return;
  console.error(
    'expobench: not built. Either run "npm ci" with all packages, then "npm prune --omit=dev", or install a package that is built (npm pack).',
  );
  process.exit(status || 1);
}

if (canBuild()) run(process.execPath, BUILD, root);
else {
  console.log('The compilers are left out here, so they are installed in a temporary folder for the build.');
  const place = mkdtempSync(join(tmpdir(), 'expobench-build-'));
  process.once('exit', () => rmSync(place, { recursive: true, force: true }));
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', ...include])
    cpSync(join(root, name), join(place, name), { recursive: true });
  run(
    'npm',
    ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    place,
  );
  run(process.execPath, BUILD, place);
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  cpSync(join(place, 'dist'), join(root, 'dist'), { recursive: true });
}
