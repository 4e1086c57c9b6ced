/**
 * `npm test [-- ARGUMENTS OF JEST]`: runs the tests. On Linux they get a GPU that the processor plays, SwiftShader from the npm registry, unless
 * VK_ICD_FILENAMES names another driver; loaders look for it when a process starts, so that it cannot be had later.
 */
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { extract } from 'tar-fs';

const require = createRequire(import.meta.url);

/** Unpacks SwiftShader once, and returns its folder. */
async function softwareVulkan(): Promise<string> {
  const bin = join(dirname(require.resolve('@sparticuz/chromium')), '../../bin');
  const folder = join(tmpdir(), `expobench-swiftshader-${process.getuid?.() ?? ''}`);
  if (existsSync(folder)) return folder;
  const partial = mkdtempSync(`${folder}-`);
  await pipeline(
    createReadStream(join(bin, 'swiftshader.tar.br')),
    createBrotliDecompress(),
    extract(partial) as NodeJS.WritableStream,
  );
  try {
    renameSync(partial, folder);
  } catch {
    rmSync(partial, { recursive: true }); // another run was faster
  }
  return folder;
}

const env = { ...process.env };
if (process.platform === 'linux' && process.arch === 'x64' && !env['VK_ICD_FILENAMES'] && !env['VK_DRIVER_FILES']) {
  const folder = await softwareVulkan();
  env['LD_LIBRARY_PATH'] = [folder, env['LD_LIBRARY_PATH']].filter(Boolean).join(':');
  env['VK_ICD_FILENAMES'] = join(folder, 'vk_swiftshader_icd.json');
}
const jest = join(dirname(require.resolve('jest/package.json')), 'bin/jest.js');
const child = spawn(
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings', jest, '--config', 'dist/jest.config.js', ...process.argv.slice(2)],
  { stdio: 'inherit', env },
);
child.on('exit', (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  else process.exitCode = code ?? 1;
});
