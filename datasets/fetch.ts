import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import envPaths from 'env-paths';
import { UserError } from '../support/errors.js';
import { Lock } from '../support/lock.js';
import { makeFolder } from '../support/make_folder.js';
import type { Progress } from '../support/progress.js';
import { unpackMember } from './archive.js';
import type { DatasetSource, Download } from './source.js';

/** Where fetched data sets are kept: $EXPOBENCH_CACHE, else the system's folder for caches. */
export function cacheFolder(): string {
  return process.env['EXPOBENCH_CACHE'] ?? envPaths('expobench', { suffix: '' }).cache;
}

/** Path that a data set's ratings have in the cache, whether they are there or not. */
export function cachedPath(source: DatasetSource): string {
  return join(cacheFolder(), source.download?.member ?? source.name);
}

/**
 * Downloads a data set from its home into the cache, checks size and MD5, and unpacks the ratings. Returns their path. Does nothing
 * where they are there already, unless `again`. Throws UserError, saying how to use a copy got by other means.
 */
export async function fetchDataset(source: DatasetSource, progress: Progress, again = false): Promise<string> {
  const { download } = source;
  if (!download) {
    throw new UserError(
      source.home === undefined
        ? `"${source.name}" needs no fetching: use it as it is, e.g. expobench simulate --data ${source.name}`
        : `"${source.name}" cannot be fetched by a program: get it from ${source.home} and name your copy, e.g. expobench datasets prepare path/to/${source.name}`,
    );
  }
  const path = cachedPath(source);
  if (existsSync(path) && !again) return path;
  makeFolder(dirname(path));
  const lock = Lock.take(path);
  try {
    // Another process may have fetched it just now.
    if (!existsSync(path) || again) await fetchTo(path, source.name, download, progress);
  } finally {
    lock.release();
  }
  return path;
}

/** Downloads to a name of its own first; one process does so at a time. */
async function fetchTo(path: string, name: string, download: Download, progress: Progress): Promise<void> {
  const archive = `${path}.download`;
  try {
    await downloadFile(download.url, archive, download.bytes, download.md5, progress);
    if (!download.plain) await unpackMember(archive, download.member, `${path}.partial`);
    renameSync(download.plain ? archive : `${path}.partial`, path);
  } catch (error) {
    throw new UserError(
      `cannot fetch ${name} from ${download.url}: ${reason(error)}. If you have a copy, name its ratings instead: ` +
        `expobench datasets prepare path/to/${basename(download.member)} (or put it at ${path})`,
    );
  } finally {
    rmSync(archive, { force: true });
  }
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

async function downloadFile(
  url: string,
  path: string,
  bytes: number,
  md5: string | undefined,
  progress: Progress,
): Promise<void> {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`the server answered ${response.status} ${response.statusText}`);
  const announced = response.headers.get('content-length');
  const total = Number(announced ?? bytes);
  const hash = createHash('md5');
  let received = 0;
  progress.begin(`fetching ${basename(url)}`, total);
  await pipeline(
    Readable.fromWeb(response.body as never),
    async function* count(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        received += chunk.length;
        progress.update(received);
        yield chunk;
      }
    },
    createWriteStream(path),
  );
  progress.end();
  if (announced !== null && received !== total) throw new Error(`${received} of ${total} bytes arrived`);
  const found = hash.digest('hex');
  if (md5 !== undefined && found !== md5)
    throw new Error(`its MD5 is ${found}, expected ${md5}: the file changed or was damaged`);
}
