import { spawnSync } from 'node:child_process';
import { test } from '@jest/globals';

const python = process.env['EXPOBENCH_PYTHON'] ?? 'python3';

/** `test` where python3 (or $EXPOBENCH_PYTHON) imports these, and otherwise one that is said to be skipped. */
export function testWithPython(...modules: readonly string[]): typeof test {
  const tried = spawnSync(python, ['-c', `import ${modules.join(', ')}`]);
  return tried.status === 0 ? test : (test.skip as typeof test);
}

/** What a program in Python prints as JSON in its last line; throws what it says where it fails. */
export function runPython(program: string, folder: string): unknown {
  const { status, stdout, stderr } = spawnSync(python, ['-c', program], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${stdout.slice(-2000)}\n${stderr.slice(-4000)}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) as string);
}
