import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Interactions } from '../../datasets/interactions.js';
import { simulationSchema } from '../../simulator/config.js';
import { MOST_DRAWS } from '../../simulator/world_state.js';
import { UserError } from '../../support/errors.js';
import { pack, unpack } from '../../support/packed.js';
import { hashData } from '../hash_data.js';
import type { TrialData } from '../suites/suite.js';
import type { Provided } from './executor.js';

/** Data as they go to another machine. */
export interface PackedData {
  /** SHA-256 of the bytes. */
  readonly blob: string;
  readonly bytes: Uint8Array;
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** All that a trial sees of data, as bytes. */
export function packData({ name, data, world, planted }: Provided): PackedData {
  const bytes = pack({ name, data, world, planted });
  return { blob: sha256Of(bytes), bytes };
}

const float32 = z.instanceof(Float32Array);
const int32 = z.instanceof(Int32Array);

const interactionsSchema = z
  .strictObject({
    name: z.string(),
    userIds: z.array(z.string()),
    itemIds: z.array(z.string()),
    user: int32,
    item: int32,
    rating: z.union([float32, z.instanceof(Float64Array)]).optional(),
    time: z.instanceof(Float64Array).optional(),
    split: z.instanceof(Uint8Array).optional(),
    truth: z.strictObject({ relevance: float32, exposure: float32 }).optional(),
    candidates: int32.optional(),
    exposed: z.strictObject({ user: int32, item: int32 }).optional(),
  })
  .refine(fits, 'columns do not fit one another, or name users and items that are not there');

/** Whether columns are of one length and ids are within their lists: kernels read memory by them. */
function fits({
  userIds,
  itemIds,
  user,
  item,
  rating,
  time,
  split,
  truth,
  candidates,
  exposed,
}: {
  [Name in keyof Interactions]?: unknown;
} & Pick<Interactions, 'userIds' | 'itemIds' | 'user' | 'item'>): boolean {
  const columns = [item, rating, time, split, ...Object.values(truth ?? {})] as (ArrayLike<number> | undefined)[];
  if (columns.some((column) => column && column.length !== user.length)) return false;
  if (split && (split as Uint8Array).some((code) => code > 2)) return false;
  const within = (ids: Int32Array | undefined, size: number): boolean => !ids?.some((id) => id < 0 || id >= size);
  const pairs = exposed as { user: Int32Array; item: Int32Array } | undefined;
  if (pairs && pairs.user.length !== pairs.item.length) return false;
  return (
    [user, pairs?.user].every((ids) => within(ids, userIds.length)) &&
    [item, pairs?.item, candidates as Int32Array | undefined].every((ids) => within(ids, itemIds.length))
  );
}

const factorsSchema = z.strictObject({
  dim: z.number().int().positive(),
  user: float32,
  item: float32,
  userBias: float32,
  itemBias: float32,
});

const knots = z.tuple([z.number(), z.number(), z.number()]);
const curveSchema = z.strictObject({ intercept: z.number(), slope: z.number(), knots, bends: knots });

/** Texts in two arrays, as ids and categories are kept. */
const texts = z.strictObject({ bytes: z.instanceof(Uint8Array), ends: int32 });
const featureTable = z.strictObject({
  role: z.enum(['user', 'item']),
  source: z.string().optional(),
  ids: texts,
  columns: z.array(
    z.strictObject({
      name: z.string(),
      kind: z.enum(['number', 'date', 'category']),
      values: z.instanceof(Float64Array),
      names: texts.optional(),
    }),
  ),
});

const worldSchema = z
  .strictObject({
    config: simulationSchema,
    users: z.number().int().nonnegative(),
    items: z.number().int().nonnegative(),
    relevance: factorsSchema,
    exposure: factorsSchema,
    shift: float32,
    firstConstant: z.number(),
    draw: z.number().int().nonnegative().max(MOST_DRAWS).optional(),
    curve: curveSchema.optional(),
    features: z.strictObject({ users: featureTable, items: featureTable }).optional(),
    second: z
      .strictObject({
        factors: z.strictObject({ dim: z.number().int().positive(), x: float32, z: float32 }),
        popularity: float32,
        constant: z.number(),
        source: z.string().optional(),
      })
      .optional(),
    time: z.tuple([z.number(), z.number()]),
  })
  .refine(
    ({ users, items, relevance, exposure, shift, second }) =>
      shift.length === users &&
      [relevance, exposure].every(
        (one) =>
          one.user.length === users * one.dim &&
          one.item.length === items * one.dim &&
          one.userBias.length === users &&
          one.itemBias.length === items,
      ) &&
      (second === undefined ||
        (second.popularity.length === items &&
          second.factors.x.length === users * second.factors.dim &&
          second.factors.z.length === items * second.factors.dim)),
    'factors do not fit the numbers of users and items',
  );

const dataSchema = z.strictObject({
  name: z.string(),
  data: interactionsSchema,
  world: worldSchema.optional(),
  planted: z
    .strictObject({
      users: z.number(),
      items: z.number(),
      ratingsPerUser: z.number(),
      rank: z.number(),
      attraction: z.number(),
      seed: z.number(),
    })
    .optional(),
});

/**
 * Reads data that came from another machine, held against the hash of their bytes, their schema, and the hash that the task names them by. Throws
 * UserError where one of them does not fit.
 */
export function unpackData(bytes: Uint8Array, blob: string, sha256: string): TrialData {
  if (sha256Of(bytes) !== blob) throw new UserError('data are not what their hash says: they were damaged or changed');
  const given = unpack(bytes);
  const parsed = dataSchema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(`data are not of this program: ${issue?.path.join('.')} ${issue?.message}`);
  }
  // As they were written, since the order of a configuration's names is part of the hash.
  const one = given as TrialData;
  // A world alone is named by all of its bytes.
  if (sha256 !== blob && hashData(one.data, one.world, one.planted) !== sha256)
    throw new UserError('data are others than the task names');
  return one;
}
