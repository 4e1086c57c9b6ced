import { existsSync, statSync } from 'node:fs';
import { UserError } from '../support/errors.js';
import { NO_FILTER } from './filter.js';
import type { Interactions } from './interactions.js';
import { isNcf, readNcf } from './ncf.js';
import type { PlantedOptions } from './planted.js';
import { loadRatings, type Origin, prepareInteractions } from './prepare.js';
import type { ReadOptions } from './reader.js';
import { readFolder, readManifest } from './store.js';

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/**
 * Data with a split, to train and evaluate on: a prepared or simulated folder, NCF's files, or ratings with the default preparation.
 * Pairs known to be exposed come along only where they are asked for.
 */
export async function openSplit(
  reference: string,
  read: ReadOptions,
  planted: PlantedOptions,
  options: { readonly exposed?: boolean | undefined } = {},
): Promise<Interactions> {
  if (isNcf(reference)) return readNcf(reference);
  if (isFolder(reference)) {
    const { data } = await readFolder(reference, options);
    if (!data.split)
      throw new UserError(`"${reference}" has no split: make it again with "expobench datasets prepare"`);
    return data;
  }
  const { data } = await loadRatings(reference, read, planted);
  const filter = { ...NO_FILTER, minUser: 3 };
  return prepareInteractions(data, filter, { rule: 'leave-last-two', seed: planted.seed, shortUsers: 'refuse' }).data;
}

/** Ratings to simulate from: a prepared folder, a file, or the name of a data set. */
export async function openRatings(
  reference: string,
  read: ReadOptions,
  planted: PlantedOptions,
): Promise<{ data: Interactions; origin: Origin }> {
  if (!isFolder(reference)) return loadRatings(reference, read, planted);
  const manifest = readManifest(reference);
  if (manifest.kind !== 'prepared') {
    throw new UserError(
      `"${reference}" is a ${manifest.kind} folder and has no ratings: simulate from prepared ratings`,
    );
  }
  const { data } = await readFolder(reference);
  return {
    data,
    origin: { source: manifest.name, format: 'prepared', sha256: manifest.files['interactions.arrow'] ?? '' },
  };
}
