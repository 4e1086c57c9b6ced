import { existsSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { UserError } from '../support/errors.js';
import { withScratch } from '../support/scratch.js';
import { refuseForeignArchive } from './formats/foreign.js';
import { tooLarge, unpackedLimit, writeWithin } from './unpack.js';

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
  ...['.arrow', '.feather', '.ipc', '.inter', '.ratings', '.duckdb', '.sqlite', '.sqlite3', '.db', '.gz', '.zip'],
];

/** A path into a zip archive: "ml-1m.zip" or "ml-1m.zip/ml-1m/ratings.dat"; undefined where it is none. */
export function zipPath(path: string): ZipMember | undefined {
  const parts = path.split('/');
  for (let p = 1; p <= parts.length; p++) {
    const archive = parts.slice(0, p).join('/');
    if (extname(archive).toLowerCase() !== '.zip' || !existsSync(archive) || statSync(archive).isDirectory()) continue;
    return { archive, member: p < parts.length ? parts.slice(p).join('/') : undefined };
  }
  return undefined;
}

/** A zip archive, and the file in it that is meant; undefined where it is to be found. */
export interface ZipMember {
  readonly archive: string;
  readonly member: string | undefined;
}

/**
 * Lends one file of a zip archive to `work`, unpacked to a place that does not last: the one that is named, or else the one that looks
 * like the ratings. Throws UserError where there is no such file, or more than one could be meant, or it unpacks to too much.
 */
export async function withMember<Result>(
  { archive, member }: ZipMember,
  shown: string,
  gibibytes: number | undefined,
  work: (path: string, member: string) => Promise<Result>,
): Promise<Result> {
  return withScratch(async (place) => {
    const chosen = member ?? chooseMember(shown, await listMembers(archive));
    const path = join(place, basename(chosen));
    await unpackMember(archive, chosen, path, gibibytes);
    return work(path, chosen);
  });
}

/** What systems put into archives besides the data: macOS its `__MACOSX` and `._name`, Windows its pictures' index. */
const isData = (member: string): boolean =>
  !member.split('/').some((part) => part === '__MACOSX' || part.startsWith('.') || part === 'Thumbs.db');

function chooseMember(archive: string, members: readonly string[]): string {
  refuseForeignArchive(archive, members);
  for (const name of USUAL_MEMBERS) {
    const found = members.find((member) => basename(member) === name);
    if (found !== undefined) return found;
  }
  if (members.length === 1 && extname(members[0] as string) === '') return members[0] as string;
  const readable = members.filter((member) => READABLE.includes(extname(member).toLowerCase()));
  if (readable.length === 1) return readable[0] as string;
  const data = readable.filter((member) => !/^(readme|license|licence|about)\b/i.test(basename(member)));
  if (data.length === 1) return data[0] as string;
  throw new UserError(
    readable.length === 0
      ? `"${archive}" holds no file of ratings: ${members.slice(0, 10).join(', ') || 'it is empty'}`
      : `"${archive}" holds several files: name one, such as ${archive}/${data[0] ?? readable[0]} (${readable.slice(0, 10).join(', ')})`,
  );
}

/** Lends a zip archive's entries. Throws UserError for what is none, and for names that lead out of it. */
async function withEntries<Result>(
  archive: string,
  work: (zip: ZipFile, entries: AsyncIterable<Entry>) => Promise<Result>,
): Promise<Result> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(archive, { lazyEntries: true, autoClose: false });
    return await work(zip, zip.eachEntry());
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    if (error instanceof UserError || (zip && code !== undefined && !code.startsWith('Z_'))) throw error;
    if (/relative path|absolute path|invalid characters/.test(message))
      throw new UserError(`"${archive}" has an entry that leads out of it (${message}): it is not read`);
    throw new UserError(`"${archive}" cannot be read as a zip archive: ${message}`);
  } finally {
    zip?.close();
  }
}

/** Names of the files in a zip archive that are data. */
export function listMembers(archive: string): Promise<string[]> {
  return withEntries(archive, async (_zip, entries) => {
    const names: string[] = [];
    for await (const { fileName } of entries) if (!fileName.endsWith('/') && isData(fileName)) names.push(fileName);
    return names;
  });
}

/** Copies one member of a zip archive to `path`. Throws UserError where it is not there, or larger than the limit (in GiB). */
export async function unpackMember(archive: string, member: string, path: string, gibibytes?: number): Promise<void> {
  const found = await withEntries(archive, async (zip, entries) => {
    for await (const entry of entries) {
      if (entry.fileName !== member) continue;
      const limit = unpackedLimit(statSync(archive).size, gibibytes);
      if (entry.uncompressedSize > limit) throw new UserError(tooLarge(`${archive}/${member}`, limit));
      if (entry.isEncrypted()) throw new UserError(`"${archive}/${member}" is locked with a password: unpack it first`);
      await writeWithin(await zip.openReadStreamPromise(entry), undefined, path, `${archive}/${member}`, limit);
      return true;
    }
    return false;
  });
  if (found) return;
  const names = await listMembers(archive);
  throw new UserError(`"${archive}" holds no ${member}: it has ${names.slice(0, 10).join(', ') || 'nothing'}`);
}
