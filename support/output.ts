import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { flush, readState, writeDurably } from './durable.js';
import { atPlace, UserError } from './errors.js';
import { hashFile, hashFileNow } from './hash.js';
import { Lock } from './lock.js';
import { makeFolder } from './make_folder.js';
import { isWithin, truePath } from './paths.js';
import { addPending, removePending } from './pending.js';
import { PROGRAM } from './version.js';

export { hashFile } from './hash.js';

const MANIFEST = 'manifest.json';
/** Folder, in one that is being written, of what tells that it is ours, and of what a stopped run goes on from. */
const STATE = `.${PROGRAM.name}`;
const MARK = 'run.json';

const runSchema = z.object({ kind: z.string(), run: z.string() });

/** What a folder that can be gone on with belongs to. */
export type RunIdentity = Readonly<z.infer<typeof runSchema>>;

export interface OutputOptions {
  /** Replace a folder of ours that has the name. */
  readonly overwrite?: boolean | undefined;
  /** Keep what a stopped run left, if it is of the run that is claimed. */
  readonly resume?: boolean | undefined;
  /** Files and folders that are read while the folder is written: it takes the place of none. */
  readonly inputs?: readonly string[] | undefined;
}

/**
 * A result folder that appears under its name only when it is complete: it is written as `<name>.partial` beside it and
 * renamed by `commit`. One process writes it at a time.
 */
export class OutputFolder {
  readonly path: string;
  /** Folders that were made for it, the innermost first. */
  readonly made: readonly string[];
  /** Where files go until `commit`. */
  readonly partial: string;
  /** Where a folder that is replaced lies until its successor is in its place. */
  private readonly replaced: string;
  private readonly lock: Lock;
  /** Whether what is in `partial` was made by this run, or for it. */
  private isOwn: boolean;

  /**
   * Throws UserError where the folder exists already and `overwrite` is not set; where what would be replaced is not ours, is an input, or is a place
   * to live in; and where another process writes it.
   */
  constructor(
    private readonly named: string,
    private readonly options: OutputOptions = {},
  ) {
    this.path = truePath(named);
    this.partial = `${this.path}.partial`;
    this.replaced = `${this.path}.replaced`;
    this.refuseInputs();
    this.made = atPlace('out', named, () => makeFolder(dirname(this.path)));
    this.lock = atPlace('out', named, () => Lock.take(this.path));
    try {
      this.heal();
      this.refuseStrangers();
      this.isOwn = this.begin();
    } catch (error) {
      this.lock.release();
      throw error;
    }
    if (!options.resume) addPending(this);
  }

  private refuseInputs(): void {
    for (const input of this.options.inputs ?? []) {
      const read = placeOfInput(input);
      for (const folder of [this.path, this.partial, this.replaced])
        if (read !== undefined && isWithin(read, folder))
          throw new UserError(`--out "${this.named}" is or holds "${input}", which is read: name another folder`);
    }
  }

  /** What a kill left while a folder was being replaced: the old one is put back, or removed where the new one is in its place. */
  private heal(): void {
    const { path, replaced } = this;
    if (!isThere(replaced)) return;
    if (!isOurs(replaced))
      throw new UserError(`"${replaced}" is in the way and is not a folder made by ${PROGRAM.name}: move it away`);
    if (isThere(path)) removeOwn(replaced);
    else renameSync(replaced, path);
  }

  /** Throws UserError where the folder is there and must not be replaced. */
  private refuseStrangers(): void {
    const { path, named, options } = this;
    const name = `--out "${named}"`;
    if (isWithin(truePath('.'), path) || path === dirname(path) || isWithin(truePath(homedir()), path))
      throw new UserError(
        `${name} is the working directory, the home directory, or holds one of them: name another folder`,
      );
    if (!isThere(path)) return;
    if (!lstatSync(path).isDirectory()) throw new UserError(`${name} exists and is not a folder`);
    if (!options.overwrite) throw new UserError(`${name} exists: name another folder, or add --overwrite`);
    if (!isOurs(path))
      throw new UserError(
        `${name} is not a folder made by ${PROGRAM.name} (it has no manifest.json of it), so that --overwrite does not replace it: name another folder, or remove it yourself`,
      );
  }

  /** Makes the folder to write to, or takes the one that a stopped run left; returns whether it is new. */
  private begin(): boolean {
    const { partial, options } = this;
    if (isThere(partial)) {
      if (!isOurs(partial))
        throw new UserError(
          `"${partial}" is in the way and was not left by ${PROGRAM.name} (or by a version of it that did not say so): move it away, or name another folder`,
        );
      if (options.resume && readdirSync(partial).length > 0) return false;
      const left = this.mark();
      if (left && !options.overwrite)
        throw new UserError(
          `"${partial}" holds what ${left.kind} left when it was stopped: start that again, name another folder, or add --overwrite`,
        );
      removeOwn(partial);
    }
    makeFolder(join(partial, STATE));
    return true;
  }

  /** What the folder belongs to, as far as it says so. */
  private mark(): RunIdentity | undefined {
    return runSchema.safeParse(readState(join(this.partial, STATE, MARK))).data;
  }

  /**
   * Says what the folder belongs to. What a stopped run left stays where it is of this very run, and is removed where it is of another one of the
   * same kind. `adopts` may keep what says by its manifest alone that it was complete. Throws UserError where another kind of work left it.
   */
  claim(identity: RunIdentity, adopts: (manifest: unknown) => boolean = () => false): void {
    const left = this.mark();
    if (!this.isOwn) {
      if (left && left.kind !== identity.kind)
        throw new UserError(
          `"${this.partial}" holds what ${left.kind} left when it was stopped, not ${identity.kind}: start that again, or name another folder`,
        );
      const isSame = left ? left.run === identity.run : adopts(readState(join(this.partial, MANIFEST)));
      if (!isSame) emptyOwn(this.partial);
    }
    this.isOwn = true;
    writeDurably(this.state(MARK), `${JSON.stringify(identity)}\n`);
  }

  /** Path of a file in the folder while it is being written. */
  file(name: string): string {
    const path = join(this.partial, name);
    makeFolder(dirname(path));
    return path;
  }

  /** Path of what a stopped run goes on from; it is no part of the complete folder. */
  state(name: string): string {
    return this.file(join(STATE, name));
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

  /** Writes JSON that is there whole or not at all. */
  writeJson(name: string, value: unknown): void {
    writeDurably(this.file(name), `${JSON.stringify(value, null, 2)}\n`, join(this.partial, STATE));
  }

  /** SHA-256 of each file written so far, or of some of them, but the manifest, by its path within the folder. */
  async hashes(isListed: (name: string) => boolean = () => true): Promise<Record<string, string>> {
    const hashes: Record<string, string> = {};
    for (const name of this.contents().filter(isListed)) hashes[name] = await hashFile(join(this.partial, name));
    return hashes;
  }

  private hashesNow(): Record<string, string> {
    return Object.fromEntries(this.contents().map((name) => [name, hashFileNow(join(this.partial, name))]));
  }

  /** Files that a manifest lists. */
  private contents(): string[] {
    return filesBelow(this.partial)
      .filter((name) => name !== MANIFEST && !name.startsWith(`${STATE}/`))
      .sort((a, b) => (a < b ? -1 : 1));
  }

  /** Puts the folder in its place. A folder that it replaces is moved aside first, and removed only then. */
  commit(): void {
    const { path, partial, replaced } = this;
    try {
      this.refuseStrangers(); // what stands there now
      // By its manifest a later start tells that the folder is ours.
      if (!isThere(join(partial, MANIFEST)))
        this.writeJson(MANIFEST, { kind: 'files', program: PROGRAM, files: this.hashesNow() });
      for (const name of filesBelow(partial)) if (!name.startsWith(`${STATE}/`)) flush(join(partial, name));
      removeState(partial);
      if (isThere(path)) renameSync(path, replaced);
      renameSync(partial, path);
      flush(dirname(path));
      if (isThere(replaced)) removeOwn(replaced);
    } finally {
      this.leave();
    }
  }

  /** Removes what was written, unless it is of a stopped run that this one did not claim. */
  discard(): void {
    if (this.isOwn && isThere(this.partial)) removeOwn(this.partial);
    this.leave();
    for (const folder of this.made) {
      try {
        rmdirSync(folder);
      } catch {
        return; // it holds something else
      }
    }
  }

  /** Lets others write the folder, and leaves what there is to go on from. */
  leave(): void {
    removePending(this);
    this.lock.release();
  }
}

/** Path of what a folder's stopped run goes on from, for others than the one that writes it. */
export const leftPath = (named: string, name: string): string => join(`${truePath(named)}.partial`, STATE, name);

/** Writes a folder: commits it when `work` ends well and leaves nothing behind when it does not, or what it can `resume` from. */
export async function writeFolder<Result>(
  path: string,
  options: OutputOptions,
  work: (folder: OutputFolder) => Promise<Result>,
): Promise<Result> {
  const folder = new OutputFolder(path, options);
  let result: Result;
  try {
    result = await work(folder);
  } catch (error) {
    // What can be gone on with is kept, but for a mistake of the user's.
    if (options.resume && !(error instanceof UserError)) folder.leave();
    else folder.discard();
    throw error;
  }
  folder.commit();
  return result;
}

/** Characters that all our pages begin with; a picture's next ones are its size. */
const HEAD = { page: 200, picture: '<svg'.length } as const;

/**
 * Writes a page or a picture that is there whole or not at all; returns the path. Throws UserError where a file of another kind, which nobody asked to
 * replace, has the name.
 */
export function writeWhole(path: string, text: string): string {
  const length = text.startsWith('<svg') ? HEAD.picture : HEAD.page;
  if (existsSync(path)) {
    const isSame = statSync(path).isFile() && readFileSync(path, 'utf8').slice(0, length) === text.slice(0, length);
    if (!isSame)
      throw new UserError(
        `"${path}" exists and is not a ${length === HEAD.page ? 'page' : 'picture'} made by ${PROGRAM.name}: name another file`,
      );
  }
  writeDurably(path, text);
  return path;
}

/** Where an input lies: a file or folder, or the archive that it is in. Undefined for what is none, such as the name of a data set. */
function placeOfInput(input: string): string | undefined {
  const path = truePath(input);
  for (let place = path; ; place = dirname(place)) {
    if (existsSync(place)) return place === path || statSync(place).isFile() ? place : undefined;
    if (place === dirname(place)) return undefined;
  }
}

/** Whether there is anything by that name, a link that leads nowhere included. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Whether a folder is one that this program made or is making, or is empty. */
function isOurs(folder: string): boolean {
  if (!lstatSync(folder).isDirectory()) return false;
  if (readdirSync(folder).length === 0) return true;
  const state = join(folder, STATE);
  if (isThere(state) && lstatSync(state).isDirectory()) return true;
  const manifest = readState(join(folder, MANIFEST)) as
    | { readonly kind?: unknown; readonly program?: { readonly name?: unknown }; readonly world?: unknown }
    | null
    | undefined;
  // Shards of version 0.5 do not name their program.
  const isShard = manifest?.kind === 'shard' && typeof manifest.world === 'string';
  return manifest?.program?.name === PROGRAM.name || isShard;
}

/** Files below a folder, by their path within it, with "/". */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(folder, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    );
}

/** Removes a folder of ours such that, killed on the way, it can still be told to be ours. */
function removeOwn(folder: string): void {
  removeBut(folder, [STATE, MANIFEST]);
  rmSync(join(folder, MANIFEST), { force: true });
  removeState(folder);
  rmdirSync(folder);
}

/** Removes what is in a folder that is being written. */
function emptyOwn(folder: string): void {
  makeFolder(join(folder, STATE));
  removeBut(folder, [STATE]);
  removeBut(join(folder, STATE), []);
}

/** Removes what tells that a folder is being written, the mark last. */
function removeState(folder: string): void {
  const state = join(folder, STATE);
  if (!isThere(state)) return;
  removeBut(state, [MARK]);
  rmSync(state, { recursive: true });
}

function removeBut(folder: string, kept: readonly string[]): void {
  for (const name of readdirSync(folder))
    if (!kept.includes(name)) rmSync(join(folder, name), { recursive: true, force: true });
}
