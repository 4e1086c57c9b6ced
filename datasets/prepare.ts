import { existsSync } from 'node:fs';
import { basename, sep } from 'node:path';
import { writeTable } from '../support/arrow.js';
import { UserError } from '../support/errors.js';
import { hashFile, type OutputFolder } from '../support/output.js';
import { unknownName } from '../support/registry.js';
import { PROGRAM } from '../support/version.js';
import { zipPath } from './archive.js';
import { cachedPath } from './fetch.js';
import { type FilterOptions, type FilterStep, filterInteractions } from './filter.js';
import { type Interactions, type PairList, rowsWhere, SPLITS, sharedInt32, takeRows } from './interactions.js';
import { type MemoryOptions, withMemory } from './memory.js';
import { labelOf, notesFor } from './notes.js';
import { type TableFormat, writeParquetBeside } from './parquet_tables.js';
import { type PlantedOptions, plantedRatings } from './planted.js';
import { type ReadOptions, readInteractions } from './reader.js';
import { datasets } from './registry.js';
import { type SplitOptions, splitInteractions } from './split.js';
import { interactionColumns, writeCandidates, writeIds, writePairs } from './store.js';

/** Where ratings came from, as it stands in a manifest. */
export interface Origin {
  readonly source: string;
  readonly format: string;
  /** SHA-256 of the file; absent for the planted world, which its settings determine. */
  readonly sha256?: string;
  readonly settings?: PlantedOptions;
}

/** Ratings of a named data set or of a file of the user's. Throws UserError for a name that is neither. */
export async function loadRatings(
  reference: string,
  read: ReadOptions,
  planted: PlantedOptions,
): Promise<{ data: Interactions; origin: Origin; notes: readonly string[] }> {
  if (reference === 'planted') {
    const { data } = plantedRatings(planted);
    return { data, origin: { source: 'planted', format: 'planted', settings: planted }, notes: [] };
  }
  let path = reference;
  if (datasets.has(reference) && !existsSync(reference)) {
    path = cachedPath(datasets.get(reference));
    if (!existsSync(path)) {
      throw new UserError(
        `${reference} is not in the cache: run "expobench datasets fetch ${reference}", or give the path of its ratings`,
      );
    }
  } else if (!existsSync(path) && !path.includes(sep) && !path.includes('.')) {
    throw new UserError(`${unknownName('data set', reference, datasets.names)}; nor is there a file of that name`);
  }
  const { data, format, notes } = await readInteractions(path, read);
  const named = path === reference ? data : { ...data, name: reference };
  const sha256 = await hashFile(zipPath(path)?.archive ?? path);
  return { data: named, origin: { source: basename(path), format: format.label, sha256 }, notes };
}

export interface PreparedSummary {
  /** What was guessed or left out in reading, in words. */
  readonly notes?: readonly string[];
  readonly steps: readonly FilterStep[];
  readonly splits: Readonly<Record<string, number>>;
}

/**
 * Filters and splits. With `positive` only ratings of at least so much are interactions, and all rated pairs of the users and items
 * that stay are known to have been exposed. Throws UserError where nothing is left.
 */
export function prepareInteractions(
  raw: Interactions,
  filter: FilterOptions,
  split: SplitOptions,
  positive?: number,
  memory: MemoryOptions = {},
): { data: Interactions; summary: PreparedSummary } {
  const { data: filtered, steps } = filterInteractions(positive === undefined ? raw : liked(raw, positive), filter);
  if (filtered.user.length === 0) {
    throw new UserError('the filters leave no interaction: lower --min-user and --min-item, or raise --max-user');
  }
  const data = withMemory(splitInteractions(filtered, split), memory, split.seed);
  const exposed = positive === undefined ? {} : { exposed: pairsAmong(raw, data) };
  return { data: { ...data, ...exposed }, summary: { steps, splits: countSplits(data) } };
}

/** How many interactions each part has. */
export function countSplits(data: Interactions): PreparedSummary['splits'] {
  return Object.fromEntries(
    SPLITS.map((name, code) => [name, data.split?.reduce((n, s) => n + Number(s === code), 0) ?? 0]),
  );
}

/** Interactions with a rating of at least `positive`. */
function liked(raw: Interactions, positive: number): Interactions {
  const { rating } = raw;
  if (!rating) throw new UserError(`--positive ${positive} needs ratings, and "${raw.name}" has none`);
  return takeRows(
    raw,
    rowsWhere(rating.length, (row) => (rating[row] as number) >= positive),
  );
}

/** The pairs of `raw` whose user and item are among those of `data`, in its ids. */
function pairsAmong(raw: Interactions, data: Interactions): PairList {
  const placesOf = (from: readonly string[], to: readonly string[]): Int32Array => {
    const places = new Map(to.map((id, place) => [id, place]));
    return Int32Array.from(from, (id) => places.get(id) ?? -1);
  };
  const [users, items] = [placesOf(raw.userIds, data.userIds), placesOf(raw.itemIds, data.itemIds)];
  const rows = rowsWhere(
    raw.user.length,
    (row) => (users[raw.user[row] as number] as number) >= 0 && (items[raw.item[row] as number] as number) >= 0,
  );
  const [user, item] = [sharedInt32(rows.length), sharedInt32(rows.length)];
  rows.forEach((row, r) => {
    user[r] = users[raw.user[row] as number] as number;
    item[r] = items[raw.item[row] as number] as number;
  });
  return { user, item };
}

/**
 * Writes a prepared folder: interactions.arrow, users.arrow, items.arrow, manifest.json; exposures.arrow and candidates.arrow where the data
 * has them; as Parquet beside, where that is asked for. `choices` is what the manifest says of how it was made.
 */
export async function writePrepared(
  folder: OutputFolder,
  data: Interactions,
  origin: Origin,
  choices: object,
  summary: PreparedSummary,
  format: TableFormat = 'arrow',
): Promise<void> {
  const notes = notesFor(labelOf(data.name));
  await writeTable(folder.file('interactions.arrow'), interactionColumns(data), notes);
  if (data.exposed) await writePairs(folder, data.exposed, notes);
  if (data.candidates) await writeCandidates(folder, data.candidates, notes);
  await writeIds(folder, data, notes);
  if (format === 'parquet') await writeParquetBeside(folder);
  folder.writeJson('manifest.json', {
    kind: 'prepared',
    name: data.name,
    program: PROGRAM,
    origin,
    ...choices,
    ...summary,
    users: data.userIds.length,
    items: data.itemIds.length,
    interactions: data.user.length,
    files: await folder.hashes(),
  });
}
