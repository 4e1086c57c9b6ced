/**
 * Builds dist/: compiles the AssemblyScript kernels, then the TypeScript, which takes the kernels' types from what the first
 * step wrote, and adds what goes along (see vendor.mjs). Run by `npm run build`, and by npm itself after `npm ci`.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourcesHash } from './build_hash.mjs';
import { writeVendor } from './vendor.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const require = createRequire(import.meta.url);

/** Runs a package's script with this node and stops the build where it fails. */
function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

const bin = (name, path) => join(dirname(require.resolve(`${name}/package.json`)), path);

rmSync('dist', { recursive: true, force: true });
run(
  bin('assemblyscript', 'bin/asc.js'),
  'compute/wasm/assembly/index.ts',
  ...['--outFile', 'compute/wasm/kernels.wasm', '--bindings', 'raw', '--runtime', 'stub', '--enable', 'simd'],
  ...['--optimizeLevel', '3', '--noAssert', '--importMemory', '--initialMemory', '16', '--maximumMemory', '65536'],
);
// As text in a module, so that no file needs to be read: in a browser there is none.
const code = readFileSync('compute/wasm/kernels.wasm').toString('base64');
writeFileSync('compute/wasm/kernels.code.ts', `export const KERNELS = '${code}';\n`);
run(bin('typescript', 'bin/tsc'), '--project', 'tsconfig.json');
const assets = ['compute/wasm/kernels.d.ts', ...['results/report/style.css', 'results/report/browser.js']];
for (const file of assets) {
  mkdirSync(dirname(`dist/${file}`), { recursive: true });
  copyFileSync(file, `dist/${file}`);
}
// What a trial is named by, besides its settings and data.
writeFileSync('dist/build.json', `${JSON.stringify({ sources: sourcesHash(root, 'compute/wasm/kernels.wasm') })}\n`);
await writeVendor(root);
chmodSync('dist/cli/main.js', 0o755);
