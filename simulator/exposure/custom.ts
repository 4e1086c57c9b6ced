import { thrownText, UserError } from '../../support/errors.js';
import { moduleUrl } from '../../support/module_url.js';
import { watchCalls } from '../../support/watched.js';
import { byUser, type ExposureContext, type ExposureRows, sparseByPair } from './exposure.js';

/** What a function of the user's sees besides x and z. */
export interface PairContext {
  readonly user: number;
  readonly item: number;
  /** First-stage clicks of the item divided by those of the most clicked one. */
  readonly popularity: number;
  /** Inner product of x and z. */
  readonly dot: number;
}

/** The default export of `--exposure ./mine.ts`: what to add to the log-probability that this user is shown this item. */
export type ExposureOfPair = (x: Float32Array, z: Float32Array, context: PairContext) => number;

/** All items at once, for speed. */
export interface ItemBlock {
  readonly user: number;
  readonly items: number;
  readonly dim: number;
  /** z[items, dim], row-major. */
  readonly z: Float32Array;
  readonly popularity: Float32Array;
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
  const { kernels, dim, items, popularity } = context;
  const [x, z] = [kernels.floats(context.x).slice(), kernels.floats(context.z).slice()];
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
    return (pair as ExposureOfPair)(own, vector, { user, item, popularity: popularity[item] as number, dot });
  };
  const vectorOf = (user: number): Float32Array => x.subarray(user * dim, (user + 1) * dim);
  const rows = byUser(context, (user, out) => {
    const own = vectorOf(user);
    guard(user, () => {
      if (typeof block === 'function') (block as ExposureOfBlock)(own, { user, items, dim, z, popularity }, out);
      else for (let item = 0; item < items; item++) out[item] = ofPair(own, user, item);
    });
  });
  if (typeof pair !== 'function' || typeof bound !== 'number') return rows;
  const sparse = sparseByPair(bound, (user, item) => ofPair(vectorOf(user), user, item));
  const listed: typeof sparse.listed = (user, list, out) => guard(user, () => sparse.listed(user, list, out));
  return { ...rows, sparse: { ...sparse, listed } };
}
