import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readState } from './durable.js';
import { ownerSchema, stateOf, thisProcess } from './owner.js';
import { PROGRAM } from './version.js';

const PREFIX = `${PROGRAM.name}-scratch-`;
const OWNER = 'owner.json';
/** Milliseconds after which a folder that does not say whose it is was left by a kill. */
const OLD = 3_600_000;

/** Folders that are lent, to be removed when the program ends early. */
const lent = new Set<string>();
let isWatching = false;

/** Lends a folder that does not last. What killed programs left behind is removed on the way. */
export async function withScratch<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const { folder, remove } = makeScratch();
  try {
    return await work(folder);
  } finally {
    remove();
  }
}

/** A folder that does not last, and what removes it; the end of the program does, too. */
export function makeScratch(): { readonly folder: string; remove(): void } {
  if (!isWatching) process.on('exit', () => [...lent].forEach(discard));
  isWatching = true;
  sweepScratch();
  const place = mkdtempSync(join(tmpdir(), PREFIX));
  lent.add(place);
  writeFileSync(join(place, OWNER), JSON.stringify(thisProcess()));
  const folder = join(place, 'files');
  mkdirSync(folder);
  return { folder, remove: () => discard(place) };
}

function discard(place: string): void {
  rmSync(place, { recursive: true, force: true });
  lent.delete(place);
}

/** Removes the scratch folders of processes that are dead. */
export function sweepScratch(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const place = join(tmpdir(), name);
    try {
      removeAbandoned(place);
    } catch {
      // Somebody else's, or removed by another program at the same time.
    }
  }
}

function removeAbandoned(place: string): void {
  const { uid, mtimeMs } = statSync(place);
  if (process.getuid && uid !== process.getuid()) return;
  if (!readdirSync(place).includes(OWNER)) {
    if (Date.now() - mtimeMs > OLD) rmdirSync(place); // only where it is empty
    return;
  }
  const owner = ownerSchema.safeParse(readState(join(place, OWNER)));
  if (!owner.success && Date.now() - mtimeMs <= OLD) return;
  if (owner.success && stateOf(owner.data) !== 'dead') return;
  rmSync(join(place, 'files'), { recursive: true, force: true });
  rmSync(place, { recursive: true, force: true });
}
