/** `npm test [-- ARGUMENTS OF JEST]`: runs the tests, on Linux with a GPU that the processor plays. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { withSoftwareVulkan } from './software_vulkan.js';

const jest = join(dirname(createRequire(import.meta.url).resolve('jest/package.json')), 'bin/jest.js');
const child = spawn(
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings', jest, '--config', 'dist/jest.config.js', ...process.argv.slice(2)],
  { stdio: 'inherit', env: await withSoftwareVulkan(process.env) },
);
child.on('exit', (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  else process.exitCode = code ?? 1;
});
