import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeDurably } from '../../../support/durable.js';
import { UserError } from '../../../support/errors.js';
import { Lock } from '../../../support/lock.js';
import { makeFolder } from '../../../support/make_folder.js';
import { sha256Of } from '../packed_data.js';
import type { Blobs } from './blobs.js';

/** Bytes of data that a machine keeps for later sweeps. */
const MOST_BYTES = 10e9;
const POLL = 200;

export const packPath = (folder: string, sha256: string): string => join(folder, `${sha256}.pack`);

/** Bytes of a file if they are what their hash says. */
function readIntact(path: string, sha256: string): Uint8Array | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  return sha256Of(bytes) === sha256 ? bytes : undefined;
}

/**
 * Data that tasks ask for, by the SHA-256 of their bytes: from a folder that machines share, from this machine's cache, else from the server, once a
 * machine.
 */
export class DataStore {
  constructor(
    private readonly blobs: Blobs,
    private readonly cache: string,
    private readonly shared: string | undefined,
  ) {
    makeFolder(cache);
  }

  /** Undefined where nobody has them. Throws UserError where they are damaged. */
  async load(sha256: string): Promise<Uint8Array | undefined> {
    const found = this.shared && readIntact(packPath(this.shared, sha256), sha256);
    if (found) return found;
    const path = packPath(this.cache, sha256);
    for (;;) {
      const kept = readIntact(path, sha256);
      if (kept) {
        const now = new Date();
        utimesSync(path, now, now);
        return kept;
      }
      const lock = lockOf(path);
      if (!lock) {
        await sleep(POLL); // another worker of this machine fetches them
        continue;
      }
      try {
        const bytes = await this.blobs.get(sha256);
        if (bytes) {
          this.makeRoom(bytes.length);
          writeDurably(path, bytes);
        }
        return bytes;
      } finally {
        lock.release();
      }
    }
  }

  /** Removes what was not used for the longest time, so that so many bytes more fit. */
  private makeRoom(more: number): void {
    const files = readdirSync(this.cache)
      .filter((name) => name.endsWith('.pack'))
      .map((name) => ({ path: join(this.cache, name), ...pick(join(this.cache, name)) }))
      .sort((a, b) => a.used - b.used);
    let size = files.reduce((sum, { bytes }) => sum + bytes, more);
    for (const { path, bytes } of files) {
      if (size <= MOST_BYTES) return;
      rmSync(path, { force: true });
      size -= bytes;
    }
  }
}

function pick(path: string): { used: number; bytes: number } {
  const { mtimeMs, size } = statSync(path);
  return { used: mtimeMs, bytes: size };
}

function lockOf(path: string): Lock | undefined {
  try {
    return Lock.take(path);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
