import { closeSync, createReadStream, createWriteStream, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UserError } from '../support/errors.js';
import { makeScratch } from '../support/scratch.js';
import { withMember, zipPath } from './archive.js';

const GIBIBYTE = 2 ** 30;
/** Text shrinks to a tenth or a twentieth of its size; what grows more than this is made to fill disks. */
const MOST_GROWTH = 100;

/** The most bytes that something of `packed` bytes may unpack to: what the user says (in GiB), else 2 GiB or a hundred times its size. */
export function unpackedLimit(packed: number, gibibytes: number | undefined): number {
  return gibibytes === undefined ? Math.max(2 * GIBIBYTE, MOST_GROWTH * packed) : gibibytes * GIBIBYTE;
}

/** Writes an unpacked stream to `path`, and refuses what is larger than the limit. */
export async function writeWithin(
  stream: Readable,
  unpack: Transform | undefined,
  path: string,
  shown: string,
  limit: number,
) {
  let size = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      done(size > limit ? new UserError(tooLarge(shown, limit)) : null, chunk);
    },
  });
  const target = createWriteStream(path);
  await (unpack ? pipeline(stream, unpack, count, target) : pipeline(stream, count, target));
}

/** Why something is not unpacked. */
export const tooLarge = (shown: string, limit: number): string =>
  `"${shown}" unpacks to more than ${(limit / GIBIBYTE).toLocaleString('en', { maximumSignificantDigits: 3 })} GiB, which is the limit: --max-unpacked, in GiB, raises it where that is right`;

/** A file that is not packed, and how the user knows it. */
export interface PlainFile {
  readonly path: string;
  readonly shown: string;
  /** What was chosen on the way, in words. */
  readonly notes: readonly string[];
}

/**
 * Lends a file as it is without gzip and zip around it; what had to be unpacked lies in a place that does not last. Throws UserError where it
 * is cut off, or larger than the limit.
 */
export async function withPlainFile<Result>(
  file: PlainFile,
  gibibytes: number | undefined,
  work: (file: PlainFile) => Promise<Result>,
): Promise<Result> {
  const { path, shown, notes } = file;
  const zip = zipPath(path);
  if (zip || (extname(path).toLowerCase() !== '.zip' && startsWith(path, [0x50, 0x4b, 0x03, 0x04])))
    return withMember(zip ?? { archive: path, member: undefined }, shown, gibibytes, (unpacked, member) =>
      withPlainFile(
        {
          path: unpacked,
          shown: zip?.member === undefined ? `${shown}/${member}` : shown,
          notes: [...notes, `read ${member}`],
        },
        gibibytes,
        work,
      ),
    );
  const named = extname(path).toLowerCase() === '.gz';
  if (!startsWith(path, [0x1f, 0x8b])) {
    if (named) throw new UserError(`"${shown}" is not a gzip file, though its name ends as that of one`);
    return work(file);
  }
  const { folder: place, remove } = makeScratch();
  try {
    const unpacked = join(place, named ? basename(path).slice(0, -3) : basename(path));
    try {
      const limit = unpackedLimit(statSync(path).size, gibibytes);
      await writeWithin(
        createReadStream(path, { highWaterMark: 1 << 20 }),
        createGunzip({ chunkSize: 1 << 20 }),
        unpacked,
        shown,
        limit,
      );
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof UserError || !code?.startsWith('Z_')) throw error;
      throw new UserError(
        `"${shown}" is cut off or damaged (${(error as Error).message}): get it again, and compare its size with the original`,
      );
    }
    return await withPlainFile({ path: unpacked, shown, notes }, gibibytes, work);
  } finally {
    remove();
  }
}

/** The text of a file, whatever it is packed with. */
export const textOf = (path: string): Promise<string> =>
  withPlainFile({ path, shown: path, notes: [] }, undefined, async (plain) => readFileSync(plain.path, 'utf8'));

function startsWith(path: string, bytes: readonly number[]): boolean {
  const start = startOf(path, bytes.length);
  return bytes.every((byte, b) => start[b] === byte);
}

/** The first bytes of a file. */
export function startOf(path: string, length: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}
