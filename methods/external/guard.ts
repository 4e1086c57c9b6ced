/**
 * Runs a program in a group of its own, and ends the whole group when told so or when whoever started it is gone, however that came about. Started by
 * `runGuarded`, with the command as JSON.
 */
import { spawn } from 'node:child_process';

const [program = '', ...args] = JSON.parse(process.argv[2] ?? '[]') as string[];
const child = spawn(program, args, { stdio: 'inherit', detached: process.platform !== 'win32' });

function endAll(): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

process.on('disconnect', () => {
  endAll();
  process.exit(1);
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
child.on('error', (error) => {
  process.send?.({ error: error.message });
  process.exit(127);
});
child.on('exit', (code, signal) => {
  endAll(); // what it started and left
  process.send?.({ code, signal });
  process.exitCode = code ?? 1;
  process.disconnect?.();
});
