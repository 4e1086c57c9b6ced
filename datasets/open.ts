import { existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { UserError } from '../support/errors.js';
import { hashFile } from '../support/output.js';
import { zipPath } from './archive.js';
import { NO_FILTER } from './filter.js';
import type { Interactions } from './interactions.js';
import { ncfAt, readNcf } from './ncf.js';
import type { PlantedOptions } from './planted.js';
import { loadRatings, type Origin, prepareInteractions } from './prepare.js';
import { type PreparationChoices, preparationOf } from './presets.js';
import type { ReadOptions } from './reader.js';
import { datasets } from './registry.js';
import { readFolder, readManifest } from './store.js';
import { readChosen, readUnbiased, unbiasedAt } from './unbiased.js';

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/**
 * Data with a split, to train and evaluate on: a prepared or simulated folder, NCF's files, data with a test part shown at random, or
 * ratings with the default preparation, which for a data set that is `knownAs` some name is its own. Pairs known to be exposed come along
 * only where they are asked for.
 */
export async function openSplit(
  reference: string,
  read: ReadOptions,
  planted: PlantedOptions,
  options: {
    readonly exposed?: boolean | undefined;
    readonly knownAs?: string | undefined;
    /** Of ratings that are not split yet. */
    readonly prepare?: PreparationChoices | undefined;
  } = {},
): Promise<Interactions> {
  const ncf = await ncfAt(reference);
  if (ncf !== undefined) return readNcf(ncf);
  const unbiased = await unbiasedAt(reference);
  if (unbiased) return (await readUnbiased(unbiased, { seed: planted.seed })).data;
  if (isFolder(reference)) {
    const { data } = await readFolder(reference, options);
    if (!data.split)
      throw new UserError(`"${reference}" has no split: make it again with "expobench datasets prepare"`);
    return data;
  }
  const { data } = await loadRatings(reference, read, planted);
  if (options.prepare) {
    const { filter, split: rule, ...memory } = preparationOf(options.prepare);
    const split = { rule, seed: planted.seed, shortUsers: 'refuse' } as const;
    return prepareInteractions(data, filter, split, undefined, memory).data;
  }
  const known = [options.knownAs, reference].find((name) => name !== undefined && datasets.has(name));
  const usual = (known !== undefined && datasets.get(known).filter) || NO_FILTER;
  const filter = { ...usual, minUser: Math.max(3, usual.minUser) };
  return prepareInteractions(data, filter, { rule: 'leave-last-two', seed: planted.seed, shortUsers: 'refuse' }).data;
}

/**
 * Ratings to simulate from: a prepared folder, a file, or the name of a data set. Of data that comes in several files, those of NCF's are all its
 * ratings, and those with a part shown at random what users chose themselves.
 */
export async function openRatings(
  reference: string,
  read: ReadOptions,
  planted: PlantedOptions,
): Promise<{ data: Interactions; origin: Origin }> {
  const ncf = await ncfAt(reference);
  if (ncf !== undefined) {
    const { candidates: _, ...data } = await readNcf(ncf);
    return { data: { ...data, split: undefined }, origin: await originOf(ncf, 'NCF') };
  }
  const files = await unbiasedAt(reference);
  if (files) return { data: await readChosen(files), origin: await originOf(files.train, files.format.name) };
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

/** Where data that comes in several files is from, by the first of them. */
export async function originOf(path: string, format: string): Promise<Origin> {
  return { source: basename(path), format, sha256: await hashFile(zipPath(path)?.archive ?? path) };
}
