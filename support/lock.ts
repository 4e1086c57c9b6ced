import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { commandLine } from './environment.js';
import { UserError } from './errors.js';
import { ownerSchema, stateOf, thisProcess } from './owner.js';
import { addPending, removePending } from './pending.js';
import { PROGRAM } from './version.js';

const holderSchema = ownerSchema.extend({ id: z.string(), command: z.string(), since: z.string() });
type Holder = z.infer<typeof holderSchema>;

/** What stands for a holder in a lock that cannot be read: a power cut may leave it empty. */
const TORN = 'torn';
/** Milliseconds in which whoever makes a lock without links has written who it is. */
const WRITING = 300;
const COMMAND_LENGTH = 120;

/** Locks that this process holds, to be given back when it ends. */
const held = new Set<Lock>();
let isWatching = false;

/**
 * The right to write to one place, kept in a file beside it that says who holds it. Libraries for this (proper-lockfile and its like) tell a living
 * holder by a time that it must keep renewing, which a main thread that computes for minutes cannot; here a holder lives as long as its process.
 */
export class Lock {
  /** What is removed for a thread that cannot do it itself. */
  readonly partial: string;

  private constructor(
    private readonly file: string,
    private readonly id: string,
  ) {
    this.partial = file;
    held.add(this);
    addPending(this);
    if (isWatching) return;
    isWatching = true;
    process.on('exit', () => {
      for (const lock of held) lock.release();
    });
  }

  /** Takes the lock of a place, also from a holder that is dead. Throws UserError, saying who holds it since when, where it is held. */
  static take(place: string): Lock {
    return Lock.takeFile(`${place}.${PROGRAM.name}-lock`, place);
  }

  private static takeFile(file: string, place: string): Lock {
    const id = randomBytes(6).toString('hex');
    const command = commandLine([PROGRAM.name, ...process.argv.slice(2)]).slice(0, COMMAND_LENGTH);
    const holder: Holder = { id, ...thisProcess(), command, since: new Date().toISOString() };
    const own = `${file}.${id}`;
    writeFileSync(own, JSON.stringify(holder), { flag: 'wx', flush: true });
    try {
      for (;;) {
        if (putInPlace(own, file)) return new Lock(file, id);
        const other = read(file);
        if (other === undefined) continue; // just given back
        if (other !== TORN && stateOf(other) !== 'dead') throw new UserError(sentence(other, place, file));
        // Only one process can hold this second lock, which is of this dead holder; it looks again before it replaces the first one.
        const dead = idOf(other);
        const successor = Lock.takeFile(`${file}.after-${dead}`, place);
        try {
          const now = read(file);
          if (now === undefined || idOf(now) !== dead) continue;
          renameSync(own, file);
          return new Lock(file, id);
        } finally {
          successor.release();
        }
      }
    } finally {
      rmSync(own, { force: true });
    }
  }

  discard(): void {
    this.release();
  }

  /** Gives it back; does nothing where it was given back before. */
  release(): void {
    if (!held.delete(this)) return;
    removePending(this);
    const holder = read(this.file);
    if (holder !== undefined && idOf(holder) === this.id) rmSync(this.file, { force: true });
  }
}

/** Puts a lock in its place in one step, unless there is one. */
function putInPlace(own: string, file: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT') throw error;
  }
  // A disk without links, such as an USB stick.
  try {
    writeFileSync(file, readFileSync(own), { flag: 'wx', flush: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

const idOf = (holder: Holder | typeof TORN): string => (holder === TORN ? TORN : holder.id);

function read(file: string): Holder | typeof TORN | undefined {
  for (let isSecond = false; ; isSecond = true) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      return holderSchema.parse(JSON.parse(text));
    } catch {
      if (isSecond) return TORN;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WRITING);
    }
  }
}

function sentence(holder: Holder, place: string, file: string): string {
  const { pid, host, command, since } = holder;
  const who = `"${place}" is being written by process ${pid} on ${host} (${command}) since ${since}`;
  return stateOf(holder) === 'alive'
    ? `${who}: wait until it has ended, or name another folder`
    : `${who}, which cannot be looked at from here: name another folder or, if it runs no more, remove "${basename(file)}" there`;
}
