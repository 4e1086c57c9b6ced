import { createWriteStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { UserError } from '../support/errors.js';

/** Files of ratings in published archives, best first. */
const USUAL_MEMBERS = [
  ...['ratings.dat', 'u.data', 'ratings.csv', 'user_taggedartists-timestamps.dat', 'user_taggedartists.dat'],
  ...['train.ascii', 'big_matrix.csv'],
];
const READABLE = [
  '.dat',
  '.data',
  '.csv',
  '.tsv',
  '.txt',
  '.json',
  '.jsonl',
  '.ndjson',
  '.parquet',
  '.arrow',
  '.inter',
  '.gz',
];

/** A path into a zip archive: "ml-1m.zip" or "ml-1m.zip/ml-1m/ratings.dat"; undefined where it is none. */
export function zipPath(path: string): { archive: string; member: string | undefined } | undefined {
  const parts = path.split('/');
  for (let p = 1; p <= parts.length; p++) {
    const archive = parts.slice(0, p).join('/');
    if (extname(archive).toLowerCase() !== '.zip' || !existsSync(archive) || statSync(archive).isDirectory()) continue;
    return { archive, member: p < parts.length ? parts.slice(p).join('/') : undefined };
  }
  return undefined;
}

/**
 * Lends one file of a zip archive to `work`, unpacked to a place that does not last: the one that is named, or else the one that looks
 * like the ratings. Throws UserError where there is no such file, or more than one could be meant.
 */
export async function withMember<Result>(
  archive: string,
  member: string | undefined,
  work: (path: string, member: string) => Promise<Result>,
): Promise<Result> {
  const place = mkdtempSync(join(tmpdir(), 'expobench-zip-'));
  try {
    const chosen = member ?? chooseMember(archive, await listMembers(archive));
    const path = join(place, basename(chosen));
    await unpackMember(archive, chosen, path);
    return await work(path, chosen);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function chooseMember(archive: string, members: readonly string[]): string {
  for (const name of USUAL_MEMBERS) {
    const found = members.find((member) => basename(member) === name);
    if (found !== undefined) return found;
  }
  const readable = members.filter((member) => READABLE.includes(extname(member).toLowerCase()));
  if (readable.length === 1) return readable[0] as string;
  throw new UserError(
    readable.length === 0
      ? `"${archive}" holds no file of ratings: ${members.slice(0, 10).join(', ') || 'it is empty'}`
      : `"${archive}" holds several files: name one, such as ${archive}/${readable[0]} (${readable.slice(0, 10).join(', ')})`,
  );
}

async function open(archive: string) {
  try {
    return await openPromise(archive, { lazyEntries: true, autoClose: false });
  } catch (error) {
    throw new UserError(`"${archive}" cannot be read as a zip archive: ${(error as Error).message}`);
  }
}

async function listMembers(archive: string): Promise<string[]> {
  const zip = await open(archive);
  try {
    const names: string[] = [];
    for await (const entry of zip.eachEntry()) if (!entry.fileName.endsWith('/')) names.push(entry.fileName);
    return names;
  } finally {
    zip.close();
  }
}

/** Copies one member of a zip archive to `path`. Throws UserError where it is not there. */
export async function unpackMember(archive: string, member: string, path: string): Promise<void> {
  const zip = await open(archive);
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== member) continue;
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path));
      return;
    }
  } finally {
    zip.close();
  }
  const names = await listMembers(archive);
  throw new UserError(`"${archive}" holds no ${member}: it has ${names.slice(0, 10).join(', ') || 'nothing'}`);
}
