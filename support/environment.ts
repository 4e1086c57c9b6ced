import { existsSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { simpleGit } from 'simple-git';
import { PROGRAM, programBuild } from './version.js';

/** A machine of several that something was run on. */
export interface MachineUse {
  readonly name: string;
  readonly processor: string;
  readonly cores: number;
  /** Gigabytes. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  /** Hash of the program's sources there. */
  readonly build: string;
  /** Trials that it answered. */
  readonly trials: number;
}

/** Where and when something was run. Nothing of it may reach results, which are the same on every machine. */
export interface Session {
  readonly program: string;
  /** Hash of the sources that results depend on. */
  readonly build?: string | undefined;
  /** Of a working copy of this program, "+" where it had changes. */
  readonly commit?: string | undefined;
  /** As it was typed. */
  readonly command?: string | undefined;
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  /** Gigabytes of the machine. */
  readonly memory: number;
  readonly workers: number;
  /** Backends besides the default one, with what computes in them. */
  readonly devices?: readonly string[] | undefined;
  /** Those that ran trials, where that was not this one. */
  readonly machines?: readonly MachineUse[] | undefined;
  /** ISO times; `ended` is absent where it was killed. */
  readonly started: string;
  readonly ended?: string | undefined;
}

/** A session that begins now. */
export async function beginSession(
  command: string | undefined,
  workers = availableParallelism(),
  devices: readonly string[] = [],
): Promise<Session> {
  return {
    program: `${PROGRAM.name} ${PROGRAM.version}`,
    build: programBuild(),
    commit: await ownCommit(),
    command,
    node: process.version,
    system: `${type()} ${release()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: Number((totalmem() / 1e9).toFixed(1)),
    workers,
    ...(devices.length > 0 && { devices }),
    started: new Date().toISOString(),
  };
}

/** The commit that this program was built from, if it lies in its own repository. */
async function ownCommit(): Promise<string | undefined> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  if (!existsSync(`${root}/.git`)) return undefined;
  try {
    const git = simpleGit(root);
    const { files } = await git.status(['--untracked-files=no']);
    return `${await git.revparse(['HEAD'])}${files.length > 0 ? '+' : ''}`;
  } catch {
    return undefined; // no git here
  }
}

/** Words of a command, quoted where a shell needs it. */
export function commandLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
