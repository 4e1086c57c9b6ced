import { existsSync, statSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { zipPath } from '../datasets/archive.js';
import { cachedPath } from '../datasets/fetch.js';
import { openRatings, openSplit } from '../datasets/open.js';
import type { PlantedOptions } from '../datasets/planted.js';
import type { PreparationChoices } from '../datasets/presets.js';
import type { ReadOptions } from '../datasets/reader.js';
import { datasets } from '../datasets/registry.js';
import { readManifest } from '../datasets/store.js';
import { type SimulationChoices, simulationOf } from '../simulator/choices.js';
import { madeOf } from '../simulator/made.js';
import { simulate, simulationInputs } from '../simulator/simulate.js';
import { readWorld } from '../simulator/world_files.js';
import { UserError } from '../support/errors.js';
import { fileName, untaken } from '../support/names.js';
import { type OutputFolder, writeFolder } from '../support/output.js';
import type { Progress } from '../support/progress.js';
import { unknownName } from '../support/registry.js';
import { hashData } from './hash_data.js';
import type { Suite, TrialData } from './suites/suite.js';

export { hashData };

/** Data that a suite runs on, not yet opened. */
export interface SuiteDataEntry {
  /** What figures of the paper and `--data NAME=...` know it by. */
  readonly key: string;
  /** What tables call it; by default as the data calls itself. */
  readonly name?: string | undefined;
  /** A folder, a file, or the name of a data set. */
  readonly from: string;
  readonly prepare?: PreparationChoices | undefined;
  readonly simulate?: SimulationChoices | undefined;
  /** Place on the axis of a figure over data sets. */
  readonly at?: number | undefined;
}

/** Data opened, with where it lies if it is a folder. */
export interface OpenedData extends TrialData {
  readonly key: string;
  readonly at?: number | undefined;
  /** A prepared or simulated folder. */
  readonly folder?: string | undefined;
  /** SHA-256 of what a trial can see. */
  readonly sha256: string;
  /** Which draw of its world's clicks it is, from 0; absent where there is one alone. */
  readonly draw?: number | undefined;
}

export interface ChosenData {
  readonly entries: readonly SuiteDataEntry[];
  /** Names of data sets of the suite that are not at hand and were left out. */
  readonly leftOut: readonly string[];
}

/**
 * A suite's data with what `--data` says of it: `NAME=PATH` tells where one of its data sets lies, `PATH` alone takes the place of all. Data
 * sets that are not at hand are left out; throws UserError where none is left, or a name is unknown.
 */
export function chooseData(suite: Suite, given: readonly string[], folder = '.'): ChosenData {
  const written = suite.data.map((entry) => (typeof entry === 'string' ? { from: entry } : entry));
  const [plain, named] = [given.filter((one) => !isNamed(one)), given.filter(isNamed)];
  if (plain.length > 0) {
    const keys = written.map(({ prepare, simulate, at, name }) =>
      JSON.stringify({ prepare, simulate, ...(at !== undefined && { at, name }) }),
    );
    const templates = [...new Set(keys)].map(
      (key) => JSON.parse(key) as Pick<SuiteDataEntry, 'prepare' | 'simulate' | 'at' | 'name'>,
    );
    const entries = plain.flatMap((from) =>
      templates.map(({ name, ...rest }) => ({
        ...{ key: from, from, ...rest },
        ...(name !== undefined && { name: `${basename(from)}, ${name}` }),
      })),
    );
    if (named.length === 0) return { entries, leftOut: [] };
    throw new UserError(`--data: either NAME=PATH for data sets of "${suite.name}", or PATH alone in the place of all`);
  }
  const places = new Map(named.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]));
  const known = [...new Set(written.map(({ from }) => from))];
  for (const name of places.keys()) {
    if (!known.includes(name))
      throw new UserError(`--data: ${unknownName(`data set of "${suite.name}"`, name, known)}`);
  }
  const entries = written.map(({ from, name, prepare, simulate, at }) => ({
    // The user's copy of a data set is called as the data set is.
    ...{ key: from, name: name ?? (places.has(from) && !simulate ? from : undefined), prepare, simulate, at },
    from: places.get(from) ?? placed(from, folder),
  }));
  const here = entries.filter(({ from, key }) => places.has(key) || isAtHand(from));
  if (here.length === 0) {
    const fetch = known.find((name) => datasets.has(name) && datasets.get(name).download);
    throw new UserError(
      `"${suite.name}" runs on ${known.join(', ')}, and none is at hand: ${fetch ? `run "expobench datasets fetch ${fetch}", ` : ''}name your copy with --data ${known[0]}=PATH, or run it on other data with --data PATH`,
    );
  }
  return {
    entries: here,
    leftOut: [...new Set(entries.filter((entry) => !here.includes(entry)).map(({ key }) => key))],
  };
}

/** A name before "=", as no path begins. */
const isNamed = (text: string): boolean => /^[\w-]+=/.test(text);

/** Paths in a suite's file are read from where the file lies. */
function placed(from: string, folder: string): string {
  return datasets.has(from) || isAbsolute(from) || folder === '.' ? from : join(folder, from);
}

function isAtHand(from: string): boolean {
  if (existsSync(from) || zipPath(from) !== undefined) return true;
  if (!datasets.has(from)) return false;
  const source = datasets.get(from);
  return source.home === undefined || (source.download !== undefined && existsSync(cachedPath(source)));
}

/** How data is read and simulated. */
export interface OpenOptions {
  readonly read: ReadOptions;
  readonly planted: PlantedOptions;
  /** Whether to read pairs known to have been shown. */
  readonly exposed: boolean;
  /** Folder of the suite's file, from which paths of exposure functions are read. */
  readonly suiteFolder?: string | undefined;
  readonly workers?: number | undefined;
}

/**
 * Opens data, simulating into `data/` of the run where the suite says so and the data is not simulated already; a simulation that an
 * earlier, stopped run finished is taken as it is.
 */
export async function openSuiteData(
  entries: readonly SuiteDataEntry[],
  options: OpenOptions,
  run: OutputFolder,
  progress: Progress,
): Promise<OpenedData[]> {
  const opened: OpenedData[] = [];
  const [names, folders] = [new Set<string>(), new Set<string>()];
  for (const entry of entries) {
    const one = await openOne(entry, options, run, progress, folders);
    opened.push({ ...one, name: untaken(one.name, names, (n) => `${one.name} (${n})`) });
  }
  return opened;
}

/** The data set whose world is known without a simulation. */
const PLANTED = 'planted';

async function openOne(
  { key, from, name, prepare, simulate: choices, at }: SuiteDataEntry,
  options: OpenOptions,
  run: OutputFolder,
  progress: Progress,
  taken: Set<string>,
): Promise<OpenedData> {
  let folder = existsSync(from) && statSync(from).isDirectory() ? from : undefined;
  if (choices && !(folder && isSimulated(folder))) {
    const called = [name ?? basename(from), ...(name === undefined ? [choices.exposure ?? 'none'] : [])];
    const plain = fileName(called.join(' '));
    const place = untaken(plain, taken, (n) => `${plain}-${n}`);
    folder = await simulateInto(run.file(join('data', place)), from, choices, options, progress);
  }
  const { read, planted, exposed } = options;
  const data = await openSplit(folder ?? from, read, planted, { exposed, knownAs: key, prepare });
  const world = folder && existsSync(join(folder, 'world.json')) ? (await readWorld(folder)).state : undefined;
  const own = folder === undefined && from === PLANTED ? planted : undefined;
  const sha256 = hashData(data, world, own);
  return { key, at, folder, name: name ?? data.name, data, world, ...(own && { planted: own }), sha256 };
}

/** Whether a folder holds a simulation; one that another program made, such as the files of Coat, holds none. */
const isSimulated = (folder: string): boolean =>
  existsSync(join(folder, 'manifest.json')) && readManifest(folder).kind === 'simulated';

async function simulateInto(
  folder: string,
  from: string,
  choices: SimulationChoices,
  { read, planted, suiteFolder, workers }: OpenOptions,
  progress: Progress,
): Promise<string> {
  const chosen = await simulationOf(choices, suiteFolder);
  const { data, origin } = await openRatings(from, read, planted);
  const { config, source } = chosen;
  const options = { config, source, features: await chosen.features(data) };
  if (await madeOf(folder, simulationInputs(data, options), ['exposures.arrow'])) return folder;
  await writeFolder(folder, { overwrite: true }, (inner) =>
    simulate(data, origin, { ...options, workers, exposures: true }, inner, progress),
  );
  return folder;
}
