import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { readFeatureTable, writeFeatures } from '../datasets/feature_files.js';
import type { Features } from '../datasets/features.js';
import { sharedFloat32 } from '../datasets/interactions.js';
import { type DataManifest, readManifest } from '../datasets/store.js';
import { checkedFile, checkedIfThere, type FileHashes } from '../support/contents.js';
import { readState } from '../support/durable.js';
import { UserError } from '../support/errors.js';
import type { OutputFolder } from '../support/output.js';
import { readArrays, writeArrays } from '../support/tensors.js';
import { simulationSchema } from './config.js';
import type { Factors } from './factors.js';
import { World } from './world.js';
import type { WorldState } from './world_state.js';

const curveSchema = z.object({
  intercept: z.number(),
  slope: z.number(),
  knots: z.tuple([z.number(), z.number(), z.number()]),
  bends: z.tuple([z.number(), z.number(), z.number()]),
});

const worldSchema = z.object({
  config: simulationSchema,
  users: z.number().int(),
  items: z.number().int(),
  firstConstant: z.number(),
  secondConstant: z.number(),
  time: z.tuple([z.number(), z.number()]),
  curve: curveSchema.optional(),
});

/** Writes world.arrow (factors), world.json (settings), for a function of the user's exposure.mjs and, where it looks at them, ids and features. */
export async function writeWorld(folder: OutputFolder, state: WorldState): Promise<void> {
  const { relevance, exposure, second, users, items } = state;
  if (!second) throw new Error('a world is complete after stage two');
  const factors = (name: string, { user, item, userBias, itemBias, dim }: Factors) => ({
    [`${name} user`]: { shape: [users, dim], values: user },
    [`${name} item`]: { shape: [items, dim], values: item },
    [`${name} user bias`]: { shape: [users], values: userBias },
    [`${name} item bias`]: { shape: [items], values: itemBias },
  });
  const { x, z: zed, dim } = second.factors;
  await writeArrays(folder.file('world.arrow'), {
    ...factors('relevance', relevance),
    ...factors('exposure', exposure),
    'exposure shift': { shape: [users], values: state.shift },
    x: { shape: [users, dim], values: x },
    z: { shape: [items, dim], values: zed },
    popularity: { shape: [items], values: second.popularity },
  });
  const { config, firstConstant, time, curve } = state;
  const settings = { config, users, items, firstConstant, secondConstant: second.constant, time };
  folder.writeJson('world.json', { ...settings, ...(curve && { curve }) });
  if (second.source !== undefined) folder.write('exposure.mjs', second.source);
  if (!state.features) return;
  await writeFeatures(folder.file(USER_FEATURES), state.features.users);
  await writeFeatures(folder.file(ITEM_FEATURES), state.features.items);
}

const [USER_FEATURES, ITEM_FEATURES] = ['user_features.arrow', 'item_features.arrow'] as const;

/** Files of a world; the last ones are a function of the user's, and what exposure functions see of users and items. */
export const WORLD_FILES = ['world.json', 'world.arrow', 'exposure.mjs', USER_FEATURES, ITEM_FEATURES] as const;

/** What a simulated folder's manifest says that its world must be. */
const simulatedSchema = z.looseObject({
  config: z.looseObject({}),
  summary: z.looseObject({ users: z.number(), items: z.number() }),
});

/**
 * Loads the world of a simulated folder, its files held against `files`, by default what the manifest lists. Throws UserError where there is none, a
 * file was changed, or the world is not that of the folder's clicks.
 */
export async function readWorld(path: string, files?: FileHashes): Promise<World> {
  const file = join(path, 'world.json');
  if (!existsSync(file)) throw new UserError(`"${path}" holds no world: name a folder made by "expobench simulate"`);
  const manifest = files ? undefined : readManifest(path);
  const hashes = files ?? (manifest as DataManifest).files;
  const said = readState(await checkedFile(path, 'world.json', hashes));
  const parsed = worldSchema.safeParse(said);
  if (!parsed.success) throw new UserError(`"${file}" is not a world of this version: make the simulation again`);
  const settings = parsed.data;
  if (manifest) refuseAnother(file, said as object, manifest);
  const arrays = await readArrays(await checkedFile(path, 'world.arrow', hashes));
  const bundled = await checkedIfThere(path, 'exposure.mjs', hashes);
  if ((bundled !== undefined) !== (settings.config.exposure.name === 'own'))
    throw new UserError(
      `"${path}" ${bundled === undefined ? 'lacks exposure.mjs, the exposure function of its world' : 'has an exposure.mjs that its world does not use'}: make the simulation again`,
    );
  const shared = (name: string): Float32Array => {
    const values = arrays[name]?.values;
    if (!values) throw new UserError(`"${join(path, 'world.arrow')}" lacks "${name}": make the simulation again`);
    const out = sharedFloat32(values.length);
    out.set(values);
    return out;
  };
  const factors = (name: string): Factors => ({
    dim: arrays[`${name} user`]?.shape[1] ?? 0,
    user: shared(`${name} user`),
    item: shared(`${name} item`),
    userBias: shared(`${name} user bias`),
    itemBias: shared(`${name} item bias`),
  });
  return World.create({
    config: settings.config,
    users: settings.users,
    items: settings.items,
    relevance: factors('relevance'),
    exposure: factors('exposure'),
    shift: shared('exposure shift'),
    firstConstant: settings.firstConstant,
    second: {
      factors: { dim: arrays['x']?.shape[1] ?? 0, x: shared('x'), z: shared('z') },
      popularity: shared('popularity'),
      constant: settings.secondConstant,
      source: bundled === undefined ? undefined : readFileSync(bundled, 'utf8'),
    },
    time: settings.time,
    curve: settings.curve,
    features: await featuresIn(path, hashes),
  });
}

/** Ids and features, where the world's function looks at them. */
async function featuresIn(path: string, hashes: FileHashes): Promise<Features | undefined> {
  const users = await checkedIfThere(path, USER_FEATURES, hashes);
  const items = await checkedIfThere(path, ITEM_FEATURES, hashes);
  if (users === undefined || items === undefined) return undefined;
  return { users: await readFeatureTable(users, 'user'), items: await readFeatureTable(items, 'item') };
}

/** Throws UserError where a world is not that of the clicks beside it, by what their manifest says. */
function refuseAnother(file: string, world: object, manifest: DataManifest): void {
  const said = simulatedSchema.safeParse(manifest).data;
  const { config, users, items } = world as Pick<WorldState, 'config' | 'users' | 'items'>;
  const isSame =
    said && isDeepStrictEqual(config, said.config) && users === said.summary.users && items === said.summary.items;
  if (!isSame)
    throw new UserError(
      `"${file}" is not the world of the clicks beside it, by their manifest: make the simulation again`,
    );
}
