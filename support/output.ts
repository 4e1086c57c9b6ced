import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError } from './errors.js';

/** Folders being written, to be removed when the program is stopped. */
const pending = new Set<OutputFolder>();

/** Removes every half-written folder. For the handler of Ctrl-C. */
export function discardPending(): void {
  for (const folder of pending) folder.discard();
}

/**
 * A result folder that appears under its name only when it is complete: it is written as `<name>.partial` beside it and
 * renamed by `commit`.
 */
export class OutputFolder {
  readonly path: string;
  /** Where files go until `commit`. */
  readonly partial: string;

  /** Throws UserError where the folder exists already and `overwrite` is not set. `resume` keeps what a stopped run left. */
  constructor(
    path: string,
    private readonly options: { readonly overwrite?: boolean; readonly resume?: boolean } = {},
  ) {
    this.path = resolve(path);
    this.partial = `${this.path}.partial`;
    if (existsSync(this.path)) {
      if (!statSync(this.path).isDirectory()) throw new UserError(`--out "${path}" exists and is not a folder`);
      if (!options.overwrite) throw new UserError(`--out "${path}" exists: name another folder, or add --overwrite`);
    }
    mkdirSync(dirname(this.path), { recursive: true });
    if (!options.resume) {
      rmSync(this.partial, { recursive: true, force: true });
      pending.add(this);
    }
    mkdirSync(this.partial, { recursive: true });
  }

  /** Path of a file in the folder while it is being written. */
  file(name: string): string {
    const path = join(this.partial, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  write(name: string, text: string): void {
    writeFileSync(this.file(name), text);
  }

  remove(name: string): void {
    rmSync(this.file(name), { recursive: true, force: true });
  }

  writeBytes(name: string, bytes: Uint8Array): void {
    writeFileSync(this.file(name), bytes);
  }

  writeJson(name: string, value: unknown): void {
    this.write(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** SHA-256 of each file written so far, by its path within the folder. */
  async hashes(): Promise<Record<string, string>> {
    const files = readdirSync(this.partial, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
    const named: [string, string][] = [];
    for (const file of files) named.push([file.slice(this.partial.length + 1), await hashFile(file)]);
    return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  commit(): void {
    if (this.options.overwrite) rmSync(this.path, { recursive: true, force: true });
    renameSync(this.partial, this.path);
    pending.delete(this);
  }

  discard(): void {
    rmSync(this.partial, { recursive: true, force: true });
    pending.delete(this);
  }
}

/** Writes a folder: commits it when `work` ends well and leaves nothing behind when it does not, or what it can `resume` from. */
export async function writeFolder<Result>(
  path: string,
  options: { readonly overwrite?: boolean; readonly resume?: boolean },
  work: (folder: OutputFolder) => Promise<Result>,
): Promise<Result> {
  const folder = new OutputFolder(path, options);
  try {
    const result = await work(folder);
    folder.commit();
    return result;
  } catch (error) {
    // What can be gone on with is kept, but for a mistake of the user's.
    if (!options.resume || error instanceof UserError) folder.discard();
    throw error;
  }
}

/** Writes a file beside its final name and renames it; returns the path. */
export function writeWhole(path: string, text: string): string {
  mkdirSync(dirname(resolve(path)), { recursive: true });
  writeFileSync(`${path}.partial`, text);
  renameSync(`${path}.partial`, path);
  return path;
}

/** SHA-256 of a file, as 64 hexadecimal digits. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
