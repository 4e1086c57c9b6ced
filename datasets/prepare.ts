import { existsSync } from 'node:fs';
import { basename, sep } from 'node:path';
import { writeTable } from '../support/arrow.js';
import { UserError } from '../support/errors.js';
import { hashFile, type OutputFolder } from '../support/output.js';
import { unknownName } from '../support/registry.js';
import { PROGRAM } from '../support/version.js';
import { cachedPath } from './fetch.js';
import { type FilterOptions, type FilterStep, filterInteractions } from './filter.js';
import { type Interactions, SPLITS } from './interactions.js';
import { type PlantedOptions, plantedRatings } from './planted.js';
import { type ReadOptions, readInteractions } from './reader.js';
import { datasets } from './registry.js';
import { type SplitOptions, splitInteractions } from './split.js';
import { interactionColumns, writeIds } from './store.js';

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
): Promise<{ data: Interactions; origin: Origin }> {
  if (reference === 'planted') {
    const { data } = plantedRatings(planted);
    return { data, origin: { source: 'planted', format: 'planted', settings: planted } };
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
  const { data, format } = await readInteractions(path, read);
  const named = path === reference ? data : { ...data, name: reference };
  return { data: named, origin: { source: basename(path), format: format.label, sha256: await hashFile(path) } };
}

export interface PreparedSummary {
  readonly steps: readonly FilterStep[];
  readonly splits: Readonly<Record<string, number>>;
}

/** Filters and splits. */
export function prepareInteractions(
  raw: Interactions,
  filter: FilterOptions,
  split: SplitOptions,
): { data: Interactions; summary: PreparedSummary } {
  const { data: filtered, steps } = filterInteractions(raw, filter);
  if (filtered.user.length === 0) {
    throw new UserError('the filters leave no interaction: lower --min-user and --min-item, or raise --max-user');
  }
  const data = splitInteractions(filtered, split);
  const splits = Object.fromEntries(
    SPLITS.map((name, code) => [name, data.split?.reduce((n, s) => n + Number(s === code), 0) ?? 0]),
  );
  return { data, summary: { steps, splits } };
}

/** Writes a prepared folder: interactions.arrow, users.arrow, items.arrow, manifest.json. */
export async function writePrepared(
  folder: OutputFolder,
  data: Interactions,
  origin: Origin,
  filter: FilterOptions,
  split: SplitOptions,
  summary: PreparedSummary,
): Promise<void> {
  await writeTable(folder.file('interactions.arrow'), interactionColumns(data));
  await writeIds(folder, data);
  folder.writeJson('manifest.json', {
    kind: 'prepared',
    name: data.name,
    program: PROGRAM,
    origin,
    filter,
    split,
    ...summary,
    users: data.userIds.length,
    items: data.itemIds.length,
    interactions: data.user.length,
    files: await folder.hashes(),
  });
}
