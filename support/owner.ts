import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

export const ownerSchema = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  /** When the process began, as its system counts: a number that is given again belongs to another process. */
  started: z.string().optional(),
  /** Of the machine's start: numbers of processes mean nothing after the next one. */
  boot: z.string().optional(),
  /** Of the numbers of processes: those of a container mean nothing outside of it. */
  space: z.string().optional(),
});

/** A process, told from every other one there was or will be. */
export type Owner = z.infer<typeof ownerSchema>;

/** The text of a file or link of /proc; undefined where there is none, as on macOS and Windows. */
function fromSystem(read: () => string): string | undefined {
  try {
    return read().trim();
  } catch {
    return undefined;
  }
}

/** Fields of /proc/PID/stat from the third on; the second one, a name, may hold spaces and brackets. */
function statOf(pid: number): string[] | undefined {
  const text = fromSystem(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function startOf(pid: number): string | undefined {
  const stat = statOf(pid);
  if (stat) return stat[19];
  if (process.platform === 'win32') return undefined;
  return fromSystem(() =>
    execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      ...{ encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'ignore'] },
    }),
  );
}

let own: Owner | undefined;

/** This process. */
export function thisProcess(): Owner {
  own ??= {
    ...{ pid: process.pid, host: hostname(), started: startOf(process.pid) },
    boot: fromSystem(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    space: fromSystem(() => readlinkSync('/proc/self/ns/pid')),
  };
  return own;
}

/** Whether a process still runs; unknown where it ran on another machine, or in a container that cannot be looked into. */
export function stateOf({ pid, host, started, boot, space }: Owner): 'alive' | 'dead' | 'unknown' {
  const here = thisProcess();
  if (host !== here.host) return 'unknown';
  if (boot !== here.boot) return 'dead';
  if (space !== here.space) return 'unknown';
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
  }
  if (statOf(pid)?.[0] === 'Z') return 'dead';
  const now = startOf(pid);
  return started !== undefined && now !== undefined && started !== now ? 'dead' : 'alive';
}
