import type { z } from 'zod';
import type { WasmKernels, WasmTensor } from '../../compute/index.js';
import type { FeatureReader } from '../../datasets/features.js';
import { UserError } from '../../support/errors.js';
import { type Blocks, type Coordinates, largestIn } from '../blocks.js';

/** What an exposure function e(x, z) can look at. */
export interface ExposureContext {
  readonly kernels: WasmKernels;
  readonly seed: number;
  readonly users: number;
  readonly items: number;
  readonly dim: number;
  /** x[users, dim] and z[items, dim], the factors of stage two. */
  readonly x: WasmTensor;
  readonly z: WasmTensor;
  /** z transposed, [dim, items]. */
  readonly zTransposed: WasmTensor;
  /** First-stage clicks of each item divided by those of the most clicked one, in [0, 1]. */
  readonly share: Float32Array;
  /** What functions see of pairs: `standard` variables, or `raw` ones, as in worlds of 0.5.0. */
  readonly variables: 'standard' | 'raw';
  /** Original ids and features, in worlds whose function looks at them. */
  readonly features?: FeatureReaders | undefined;
}

/** Reads the features of both sides. */
export interface FeatureReaders {
  readonly users: FeatureReader;
  readonly items: FeatureReader;
}

/** An exposure function ready for use: fills out[count, stride] with e for `count` users from `first` on and every item. */
export interface ExposureRows {
  fill(first: number, count: number, out: WasmTensor, stride: number): void;
  /** Where e can be bounded: what drawing without visiting all pairs needs. */
  readonly sparse?: SparseExposure;
}

/** e of listed pairs, and bounds on it over blocks of items. */
export interface SparseExposure {
  /** Vectors of items by which they should lie together for bounds to be tight. */
  readonly coordinates?: readonly Coordinates[];
  /** Returns what writes, for a user, at least e of any item of each block. */
  prepare(blocks: Blocks): (user: number, out: Float32Array) => void;
  /** Writes e of (user, items[k]) to out[k]. May not use the kernels: both lie in their memory. */
  listed(user: number, items: Int32Array, out: Float32Array): void;
}

/** What is known of a world before it is made. */
export interface CheckedWorld {
  readonly dim: number;
  /** Where the function sees features; ids at least. */
  readonly features: FeatureReaders | undefined;
}

/** Values that a function's settings can have, as they stand on the command line and in manifests. */
export type ExposureSettings = Readonly<Record<string, number | string>>;

/** An exposure function that has a name. */
export interface ExposureDefinition {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** Its settings with their defaults. */
  readonly settings: z.ZodObject;
  /** Whether e can be bounded, with such settings: what `--sampling skip` needs. */
  isBounded(settings: ExposureSettings): boolean;
  /** Whether it looks at ids or features, with such settings. */
  seesFeatures(settings: ExposureSettings): boolean;
  /** Throws UserError for settings that no world of such features and such a width can have; before anything is trained. */
  check(settings: Readonly<Record<string, never>>, world: CheckedWorld): void;
  create(context: ExposureContext, settings: Readonly<Record<string, never>>): ExposureRows;
}

/** Defines a function with settings of the schema's type. */
export function defineExposure<Schema extends z.ZodObject>(definition: {
  readonly name: string;
  readonly summary: string;
  readonly settings: Schema;
  isBounded?(settings: ExposureSettings): boolean;
  seesFeatures?(settings: ExposureSettings): boolean;
  check?(settings: z.infer<Schema>, world: CheckedWorld): void;
  create(context: ExposureContext, settings: z.infer<Schema>): ExposureRows;
}): ExposureDefinition {
  const usual = { isBounded: () => false, seesFeatures: () => false, check: () => {} };
  return { ...usual, ...definition } as unknown as ExposureDefinition;
}

/** The features of a world whose function looks at them. */
export function featuresIn({ features }: { readonly features?: FeatureReaders | undefined }): FeatureReaders {
  if (!features) throw new Error('the world holds no features: its function does not say that it sees them');
  return features;
}

/** Rows from a function of one user that fills e for every item. It may use the kernels: `out` is not in their memory, which can move. */
export function byUser(context: ExposureContext, fillUser: (user: number, out: Float32Array) => void): ExposureRows {
  const row = new Float32Array(context.items);
  return {
    fill(first, count, out, stride) {
      for (let r = 0; r < count; r++) {
        fillUser(first + r, row);
        context.kernels.floats(out).set(row, r * stride);
      }
    },
  };
}

/** Rows of a function of the item alone. */
export function byItem(context: ExposureContext, values: Float32Array): ExposureRows {
  return {
    ...byUser(context, (_user, out) => out.set(values)),
    sparse: {
      coordinates: [{ dim: 1, values }],
      prepare(blocks) {
        const largest = largestIn(blocks, values);
        return (_user, out) => out.set(largest);
      },
      listed(_user, items, out) {
        for (let k = 0; k < items.length; k++) out[k] = values[items[k] as number] as number;
      },
    },
  };
}

/** Listed pairs of a function of one pair that is nowhere above `bound`. Throws UserError for a pair where it is. */
export function sparseByPair(bound: number, ofPair: (user: number, item: number) => number): SparseExposure {
  return {
    prepare: () => (_user, out) => out.fill(bound),
    listed(user, items, out) {
      for (let k = 0; k < items.length; k++) {
        const value = ofPair(user, items[k] as number);
        if (!(value <= bound))
          throw new UserError(
            `the exposure function returned ${value} for user ${user}, item ${items[k]}: its bound says at most ${bound}`,
          );
        out[k] = value;
      }
    },
  };
}

/** Fills out[count, items] with x . z for users from `first` on. */
export function innerProducts(context: ExposureContext, first: number, count: number, out: WasmTensor): void {
  const { kernels, dim, x, zTransposed } = context;
  kernels.raw.matmul(
    count,
    context.items,
    dim,
    x.address + first * dim * 4,
    dim,
    1,
    zTransposed.address,
    out.address,
    true,
  );
}

/** Root mean square of x . z over all pairs, without visiting them: the trace of (X'X)(Z'Z) over the number of pairs. */
export function innerProductScale(context: ExposureContext): number {
  const { kernels, x, z, dim } = context;
  return kernels.scope(() => {
    const [xx, zz] = [kernels.zeros([dim, dim]), kernels.zeros([dim, dim])];
    kernels.matmul(x, x, xx, true, false);
    kernels.matmul(z, z, zz, true, false);
    const [a, b] = [kernels.floats(xx), kernels.floats(zz)];
    const trace = a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);
    return Math.sqrt(trace / (context.users * context.items)) || 1;
  });
}
