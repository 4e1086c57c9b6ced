import { fork } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How a program ended: by itself with a code, by a signal, by its time limit, or it could not be started. */
export interface Ended {
  readonly code: number | undefined;
  readonly reason?: string;
}

export interface GuardedRun {
  readonly command: readonly string[];
  readonly folder: string;
  /** Files that take its standard streams. */
  readonly out: string;
  readonly err: string;
  readonly env: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly timeLimit: number;
}

/** Runs a program without a shell. It, and what it starts, ends with this process, whatever ends that. */
export async function runGuarded({ command, folder, out, err, env, timeLimit }: GuardedRun): Promise<Ended> {
  const streams = [openSync(out, 'w'), openSync(err, 'w')];
  try {
    return await new Promise<Ended>((resolve) => {
      const guard = fork(fileURLToPath(new URL('./guard.js', import.meta.url)), [JSON.stringify(command)], {
        cwd: folder,
        env: { ...process.env, ...env },
        execArgv: [],
        stdio: ['ignore', streams[0] as number, streams[1] as number, 'ipc'],
      });
      let ended: Ended | undefined;
      const clock = setTimeout(() => {
        ended = { code: undefined, reason: `did not end within ${timeLimit} seconds (timeLimit of its method file)` };
        guard.disconnect(); // upon which it ends the program
      }, 1000 * timeLimit);
      guard.on('message', (message) => {
        const { error, code, signal } = message as { error?: string; code?: number | null; signal?: string | null };
        if (error !== undefined) ended = { code: undefined, reason: `cannot be started: ${error}` };
        else ended = signal ? { code: undefined, reason: `was ended by ${signal}` } : { code: code ?? 0 };
      });
      guard.on('exit', () => {
        clearTimeout(clock);
        resolve(ended ?? { code: undefined, reason: 'was ended from outside' });
      });
    });
  } finally {
    streams.forEach(closeSync);
  }
}

/** The last lines of a file, in one line. */
export function lastLines(path: string, lines = 3, bytes = 4096): string {
  if (!existsSync(path)) return '';
  const { size } = statSync(path);
  const from = Math.max(0, size - bytes);
  const buffer = Buffer.alloc(Math.min(size, bytes));
  const file = openSync(path, 'r');
  try {
    readSync(file, buffer, 0, buffer.length, from);
  } finally {
    closeSync(file);
  }
  return buffer
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(-lines)
    .join(' | ')
    .slice(-600);
}
