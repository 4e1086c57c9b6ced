import { z } from 'zod';
import { byUser, defineExposure, sparseByPair } from './exposure.js';
import { compileFormula, type Pair, seesFeatures } from './formula.js';
import { pairVariables } from './variables.js';

/** e = a formula of the user's. */
export const expression = defineExposure({
  name: 'expression',
  summary:
    'a formula over dot, popularity, share, norm_x, norm_z, x[k], z[k], user.COLUMN, item.COLUMN, e.g. "0.5*dot - 0.3*popularity" or "item.year > 1990 ? 0.7 : 0"',
  settings: z.object({
    formula: z.string().min(1),
    /** What it is at most, anywhere: for `--sampling skip`. */
    bound: z.number().optional(),
  }),
  isBounded: ({ bound }) => bound !== undefined,
  seesFeatures: ({ formula }) => seesFeatures(String(formula)),
  check({ formula }, { dim, features }) {
    const { columns } = compileFormula(formula, dim, features);
    // All rows are read here, so that a value that is missing is said before anything is trained.
    for (const { reader, name } of columns) {
      const at = reader.valuesOf(name);
      for (let row = 0; row < reader.ids.length; row++) at(row);
    }
  },
  create(context, { formula, bound }) {
    const { dim, items } = context;
    const { evaluate } = compileFormula(formula, dim, context.features);
    const { x, z, popularity, share, normX, normZ } = pairVariables(context);
    const vectors = Array.from({ length: items }, (_, item) => z.subarray(item * dim, (item + 1) * dim));
    const pair: Pair = { user: 0, item: 0, x, z, dot: 0, popularity: 0, share: 0, normX: 0, normZ: 0 };
    const ofPair = (user: number, item: number): number => {
      [pair.user, pair.item] = [user, item];
      pair.x = x.subarray(user * dim, (user + 1) * dim);
      pair.z = vectors[item] as Float32Array;
      let dot = 0;
      for (let k = 0; k < dim; k++) dot += (pair.x[k] as number) * (pair.z[k] as number);
      pair.dot = dot;
      [pair.popularity, pair.share] = [popularity[item] as number, share[item] as number];
      [pair.normX, pair.normZ] = [normX[user] as number, normZ[item] as number];
      return evaluate(pair);
    };
    return {
      ...byUser(context, (user, out) => {
        for (let item = 0; item < items; item++) out[item] = ofPair(user, item);
      }),
      ...(bound !== undefined && { sparse: sparseByPair(bound, ofPair) }),
    };
  },
});
