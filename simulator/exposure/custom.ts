import type { FeatureValue } from '../../datasets/features.js';
import { thrownText, UserError } from '../../support/errors.js';
import { moduleUrl } from '../../support/module_url.js';
import { watchCalls } from '../../support/watched.js';
import { byUser, type ExposureContext, type ExposureRows, sparseByPair } from './exposure.js';
import { pairVariables } from './variables.js';

/**
 * What a function of the user's sees besides x and z. x and z are scaled so that `dot` has root mean square 1 over all pairs, so that a
 * coefficient means the same on all data.
 */
export interface PairContext {
  /** Numbers of user and item, from 0. */
  readonly user: number;
  readonly item: number;
  /** Original ids. */
  readonly userId: string;
  readonly itemId: string;
  /** log(popularity / mean) of the item, over first-stage clicks, and no less than log(0.1): +0.7 for one with twice the mean. */
  readonly popularity: number;
  /** First-stage clicks of the item divided by those of the most clicked one, from 0 to 1. */
  readonly share: number;
  /** Inner product of x and z; its root mean square over all pairs is 1. */
  readonly dot: number;
  /** Columns of `--user-features` and `--item-features`: numbers, texts, or dates as seconds since 1970. */
  readonly userFeatures: FeatureRow;
  readonly itemFeatures: FeatureRow;
}

/** Features of a user or an item by the names of their columns. One that is missing throws when it is read. */
export type FeatureRow = Readonly<Record<string, FeatureValue>>;

/**
 * The default export of `--exposure ./mine.ts`: what to add to the logarithm of the probability that this user is shown this item. 0 leaves it as it is,
 * +0.7 doubles it, -0.7 halves it, -Infinity never shows it. x and z hold `dim` numbers each.
 */
export type ExposureOfPair = (x: Float32Array, z: Float32Array, context: PairContext) => number;

/** All items at once, for speed; the same units. */
export interface ItemBlock {
  readonly user: number;
  readonly userId: string;
  readonly items: number;
  readonly itemIds: readonly string[];
  readonly dim: number;
  /** z[items, dim], row-major. */
  readonly z: Float32Array;
  /** [items] each. */
  readonly popularity: Float32Array;
  readonly share: Float32Array;
  readonly userFeatures: FeatureRow;
  readonly itemFeatures: readonly FeatureRow[];
}

/** A function exported as `block` instead: writes e for every item to out[items]. */
export type ExposureOfBlock = (x: Float32Array, block: ItemBlock, out: Float32Array) => void;

export const MUST_EXPORT =
  'the exposure file must export default a function (x, z, context) => number, or a function named block';

/** Runs code of the user's, which may neither end the process nor print among results. */
async function contained<Result>(run: () => Result): Promise<Awaited<Result>> {
  const restore = contain();
  try {
    return await run();
  } finally {
    restore();
  }
}

/** Makes the process deaf to `process.exit`, and prints on stderr; returns what undoes it. */
function contain(): () => void {
  const { process } = globalThis as Partial<typeof globalThis>;
  if (!process?.stdout) return () => {}; // in a browser there is nothing to end
  const [exit, write] = [process.exit, process.stdout.write];
  process.exit = () => {
    throw new UserError('the exposure function called process.exit');
  };
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof write;
  return () => {
    process.exit = exit;
    process.stdout.write = write;
  };
}

const NO_FEATURES: FeatureRow = {};
const numbers = (count: number): string[] => Array.from({ length: count }, (_, k) => String(k));

/** The rows of a bundled function. Its errors become UserErrors that say for which pair. */
export async function customExposure(source: string, context: ExposureContext): Promise<ExposureRows> {
  let module: { default?: unknown; block?: unknown; bound?: unknown };
  try {
    module = await contained(async () => (await import(moduleUrl(source))) as typeof module);
  } catch (error) {
    throw new UserError(`the exposure function cannot be loaded: ${thrownText(error)}`);
  }
  const { default: pair, block, bound } = module;
  if (typeof pair !== 'function' && typeof block !== 'function') {
    throw new UserError(MUST_EXPORT);
  }
  const { dim, items, users } = context;
  const { x, z, popularity, share } = pairVariables(context);
  // Worlds of 0.5.0 hold no ids, and their functions see none.
  const userIds = context.features?.users.ids ?? numbers(users);
  const itemIds = context.features?.items.ids ?? numbers(items);
  const userRows = context.features?.users.rows() ?? [];
  const itemRows = context.features?.items.rows() ?? [];
  const vectors = Array.from({ length: items }, (_, item) => z.subarray(item * dim, (item + 1) * dim));
  const watch = watchCalls();
  const guard = (user: number, call: () => void): void => {
    const restore = contain();
    watch.begin(user);
    try {
      call();
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(`the exposure function failed for user ${user}: ${thrownText(error)}`);
    } finally {
      watch.end();
      restore();
    }
  };
  const ofPair = (own: Float32Array, user: number, item: number): number => {
    const vector = vectors[item] as Float32Array;
    let dot = 0;
    for (let k = 0; k < dim; k++) dot += (own[k] as number) * (vector[k] as number);
    return (pair as ExposureOfPair)(own, vector, {
      user,
      item,
      userId: userIds[user] as string,
      itemId: itemIds[item] as string,
      popularity: popularity[item] as number,
      share: share[item] as number,
      dot,
      userFeatures: userRows[user] ?? NO_FEATURES,
      itemFeatures: itemRows[item] ?? NO_FEATURES,
    });
  };
  const vectorOf = (user: number): Float32Array => x.subarray(user * dim, (user + 1) * dim);
  const rows = byUser(context, (user, out) => {
    const own = vectorOf(user);
    guard(user, () => {
      if (typeof block === 'function') {
        const all = { items, itemIds, dim, z, popularity, share, itemFeatures: itemRows };
        const one = { user, userId: userIds[user] as string, userFeatures: userRows[user] ?? NO_FEATURES };
        (block as ExposureOfBlock)(own, { ...one, ...all }, out);
      } else for (let item = 0; item < items; item++) out[item] = ofPair(own, user, item);
    });
  });
  if (typeof pair !== 'function' || typeof bound !== 'number') return rows;
  const sparse = sparseByPair(bound, (user, item) => ofPair(vectorOf(user), user, item));
  const listed: typeof sparse.listed = (user, list, out) => guard(user, () => sparse.listed(user, list, out));
  return { ...rows, sparse: { ...sparse, listed } };
}
