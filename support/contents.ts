import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from './errors.js';
import { hashFile } from './hash.js';

/** SHA-256 of the files of a folder, by their path within it, as its manifest lists them. */
export type FileHashes = Readonly<Record<string, string>>;

/** Hashes of files as they are now: each is read for this once a run, as long as it does not change. */
const known = new Map<string, string>();

async function currentHash(path: string): Promise<string> {
  const { ino, size, mtimeMs, ctimeMs } = statSync(path);
  const state = [path, ino, size, mtimeMs, ctimeMs].join(' ');
  const hash = known.get(state) ?? (await hashFile(path));
  known.set(state, hash);
  return hash;
}

/** Whether a file is there and is what a hash says. */
export async function isIntact(path: string, hash: string | undefined): Promise<boolean> {
  return existsSync(path) && (await currentHash(path)) === hash;
}

/**
 * The path of a file of a folder, held against the folder's manifest. Throws UserError, naming the file, where it is missing, the manifest lacks its
 * hash, or it was changed.
 */
export async function checkedFile(folder: string, name: string, files: FileHashes): Promise<string> {
  const path = join(folder, name);
  const wanted = Object.hasOwn(files, name) ? files[name] : undefined;
  if (wanted === undefined)
    throw new UserError(
      existsSync(path)
        ? `"${join(folder, 'manifest.json')}" lacks the hash of ${name}, so that nobody can tell whose it is: remove the file, or make the folder again`
        : `"${folder}" lacks ${name}: make the folder again`,
    );
  if (!existsSync(path))
    throw new UserError(`"${folder}" lacks ${name}, which its manifest lists: make the folder again`);
  if ((await currentHash(path)) !== wanted)
    throw new UserError(
      `"${path}" is not what its manifest says (by SHA-256): it was changed or damaged; make the folder again`,
    );
  return path;
}

/** The same for a file that not every folder has: undefined where it neither exists nor is listed. */
export async function checkedIfThere(folder: string, name: string, files: FileHashes): Promise<string | undefined> {
  if (!Object.hasOwn(files, name) && !existsSync(join(folder, name))) return undefined;
  return checkedFile(folder, name, files);
}
