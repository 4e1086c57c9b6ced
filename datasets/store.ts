import { existsSync, readFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { z } from 'zod';
import {
  type Column,
  type Columns,
  codesOf,
  filesOf,
  numbersOf,
  readParts,
  readTable,
  TableWriter,
  textOf,
  writeTable,
} from '../support/arrow.js';
import type { TableNotes } from '../support/arrow_writer.js';
import { checkedFile } from '../support/contents.js';
import { UserError } from '../support/errors.js';
import type { OutputFolder } from '../support/output.js';
import {
  type Interactions,
  type PairList,
  SPLITS,
  sharedFloat32,
  sharedFloat64,
  sharedInt32,
  sharedUint8,
} from './interactions.js';

/** What every folder of data says about itself, besides what is particular to its kind. */
const manifestSchema = z.looseObject({
  kind: z.enum(['prepared', 'simulated']),
  name: z.string(),
  files: z.record(z.string(), z.string()),
});

export type DataManifest = z.infer<typeof manifestSchema>;

/** Name of a folder's main table, by its kind. */
const TABLE = { prepared: 'interactions', simulated: 'clicks' } as const;

/** The interactions' columns as they stand in a table. */
export function interactionColumns(data: Interactions): Columns {
  const columns: Record<string, Column> = {
    user: { kind: 'int32', values: data.user },
    item: { kind: 'int32', values: data.item },
  };
  if (data.rating) columns['rating'] = { kind: 'float64', values: Float64Array.from(data.rating) };
  if (data.time) columns['time'] = { kind: 'seconds', values: data.time };
  if (data.split) columns['split'] = { kind: 'names', values: data.split, names: SPLITS };
  return columns;
}

/** Writes users.arrow and items.arrow: each dense id with the original one. */
export async function writeIds(
  folder: OutputFolder,
  data: Pick<Interactions, 'userIds' | 'itemIds'>,
  notes: TableNotes,
): Promise<void> {
  for (const [file, column, ids] of [
    ['users.arrow', 'user', data.userIds],
    ['items.arrow', 'item', data.itemIds],
  ] as const) {
    const writer = new TableWriter(folder.file(file), notes);
    for (let from = 0; from === 0 || from < ids.length; from += IDS_A_BATCH) {
      const texts = ids.slice(from, from + IDS_A_BATCH);
      await writer.append({
        [column]: { kind: 'int32', values: Int32Array.from(texts, (_, k) => from + k) },
        id: { kind: 'text', values: texts },
      });
    }
    await writer.close();
  }
}

/** Texts that are encoded together: those of a million users would take several times their own room at once. */
const IDS_A_BATCH = 65536;

/** Writes exposures.arrow: pairs known to have been shown. */
export async function writePairs(folder: OutputFolder, { user, item }: PairList, notes: TableNotes): Promise<void> {
  const columns: Columns = { user: { kind: 'int32', values: user }, item: { kind: 'int32', values: item } };
  await writeTable(folder.file('exposures.arrow'), columns, notes);
}

/** Writes candidates.arrow: the items to rank each test item among, in the order of the test rows. */
export async function writeCandidates(folder: OutputFolder, candidates: Int32Array, notes: TableNotes): Promise<void> {
  const columns: Columns = { item: { kind: 'int32', values: candidates } };
  await writeTable(folder.file('candidates.arrow'), columns, notes);
}

/** Reads a folder's manifest. Throws UserError where the folder is not one of ours. */
export function readManifest(path: string): DataManifest {
  const file = join(path, 'manifest.json');
  if (!existsSync(path)) throw new UserError(`"${path}" does not exist: expected a folder made by expobench`);
  if (!existsSync(file)) throw new UserError(`"${path}" has no manifest.json: it is not a folder made by expobench`);
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new UserError(
      `"${file}" is not a data manifest of expobench: expected a folder made by "datasets prepare" or "simulate"`,
    );
  }
}

/**
 * Files of a table: NAME.arrow, or the parts NAME/*.arrow in the order of their names, as the manifest lists them, each held against its hash. Empty
 * where there are none. Throws UserError, naming the file, for one that is missing, changed, or there and not listed.
 */
export async function checkedTable(path: string, name: string, { files }: DataManifest): Promise<string[]> {
  const isPart = (file: string): boolean => file === `${name}.arrow` || /^[^/]+\.arrow$/.test(within(file, name));
  const present = filesOf(path, name).map((file) => relative(path, file).split(sep).join('/'));
  const names = new Set([...Object.keys(files).filter(isPart), ...present]);
  const checked: string[] = [];
  for (const file of [...names].sort()) checked.push(await checkedFile(path, file, files));
  return checked;
}

/** What follows a folder's name in a path; nothing where the path is not in that folder. */
const within = (file: string, folder: string): string =>
  file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : '';

/** Reads a prepared or simulated folder, columns in shared memory; exposed pairs only where they are asked for. */
export async function readFolder(
  path: string,
  options: { readonly exposed?: boolean | undefined } = {},
): Promise<{ data: Interactions; manifest: DataManifest }> {
  const manifest = readManifest(path);
  const files = await checkedTable(path, TABLE[manifest.kind], manifest);
  const file = files[0] ?? join(path, `${TABLE[manifest.kind]}.arrow`);
  if (files.length === 0)
    throw new UserError(`"${path}" lacks ${basename(file)}, which its manifest lists: make the folder again`);
  const ids = async (name: string): Promise<string[]> =>
    textOf(await readTable(await checkedFile(path, name, manifest.files)), 'id');
  const [userIds, itemIds] = [await ids('users.arrow'), await ids('items.arrow')];
  const table = await readParts(files);
  const n = table.numRows;
  const has = (name: string): boolean => table.schema.names.includes(name);
  const data: Interactions = {
    name: manifest.name,
    userIds,
    itemIds,
    user: numbersOf(table, 'user', sharedInt32(n), file),
    item: numbersOf(table, 'item', sharedInt32(n), file),
    rating: has('rating') ? numbersOf(table, 'rating', sharedFloat64(n), file) : undefined,
    time: has('time') ? numbersOf(table, 'time', sharedFloat64(n), file) : undefined,
    split: has('split') ? codesOf(table, 'split', SPLITS, sharedUint8(n)) : undefined,
    truth: has('p_exposure')
      ? {
          relevance: numbersOf(table, 'p_relevance', sharedFloat32(n), file),
          exposure: numbersOf(table, 'p_exposure', sharedFloat32(n), file),
        }
      : undefined,
  };
  /** Columns of another table; none where there is no such table. */
  const integers = async (name: string, columns: readonly string[]): Promise<(Int32Array | undefined)[]> => {
    const others = await checkedTable(path, name, manifest);
    if (others.length === 0) return [];
    const rows = await readParts(others);
    return columns.map((column) => numbersOf(rows, column, sharedInt32(rows.numRows), others[0] as string));
  };
  const [candidates] = await integers('candidates', ['item']);
  const [user, item] = options.exposed ? await integers('exposures', ['user', 'item']) : [];
  return { data: { ...data, candidates, exposed: user && item && { user, item } }, manifest };
}
