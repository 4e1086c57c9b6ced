import { log } from '../../compute/math.js';
import { type ExposureContext, innerProductScale } from './exposure.js';

/** In units of popularity over its mean: what an item with fewer first-stage clicks counts as. */
const FLOOR = 0.1;

/** First-stage clicks of items against their mean, as exposure functions take them: log(max(popularity / mean, 0.1)). [items] */
export function logPopularity({ share, items, variables }: ExposureContext): Float32Array {
  const mean = share.reduce((sum, p) => sum + p, 0) / items || 1;
  // Worlds of 0.5.0 had a tenth of an even share of all clicks in the place of a tenth of the mean.
  const floor = variables === 'raw' ? 1 / items / 10 : FLOOR;
  return Float32Array.from(share, (p) => log(Math.max(p / mean, floor)));
}

/** What functions and formulas of the user's see of pairs, in units that do not depend on the data. */
export interface PairVariables {
  /** [users, dim] and [items, dim], scaled so that x . z has root mean square 1, and |x| and |z| the same. */
  readonly x: Float32Array;
  readonly z: Float32Array;
  /** [items]: log(popularity / mean). */
  readonly popularity: Float32Array;
  /** [items]: first-stage clicks over those of the most clicked item. */
  readonly share: Float32Array;
  /** [users] and [items]: lengths of x and z, with root mean square 1. */
  readonly normX: Float64Array;
  readonly normZ: Float64Array;
}

/** Makes them. In worlds of 0.5.0 (`raw`) nothing is scaled, and `popularity` is the share. */
export function pairVariables(context: ExposureContext): PairVariables {
  const { kernels, dim, share, variables } = context;
  const isRaw = variables === 'raw';
  const [x, z] = [kernels.floats(context.x).slice(), kernels.floats(context.z).slice()];
  const [normX, normZ] = [norms(x, dim), norms(z, dim)];
  const [sizeX, sizeZ] = [rootMeanSquare(normX), rootMeanSquare(normZ)];
  if (isRaw) return { x, z, popularity: share, share, normX, normZ };
  // Both get the same length: that of x falls by a, that of z by b, with 1 / (a b) the scale of products.
  const scale = innerProductScale(context);
  const length = Math.sqrt((sizeX * sizeZ) / scale);
  return {
    x: x.map((value) => (value * length) / sizeX),
    z: z.map((value) => (value * length) / sizeZ),
    popularity: logPopularity(context),
    share,
    normX: normX.map((value) => value / sizeX),
    normZ: normZ.map((value) => value / sizeZ),
  };
}

/** Lengths of rows. */
function norms(rows: Float32Array, dim: number): Float64Array {
  return Float64Array.from({ length: rows.length / dim }, (_, r) => {
    let squared = 0;
    for (let k = r * dim; k < (r + 1) * dim; k++) squared += (rows[k] as number) ** 2;
    return Math.sqrt(squared);
  });
}

function rootMeanSquare(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length) || 1;
}
