import { keyWords, stream, WasmKernels } from '../compute/index.js';
import { log } from '../compute/math.js';
import type { Propensity } from '../propensities/propensity.js';
import type { World } from '../simulator/world.js';

/** Pairs that are looked at: so many users, each with so many items, all drawn alike. */
const USERS = 400;
const ITEMS = 50;
const PAIRS = stream('pairs of an exposure model');

/**
 * Pearson's correlation of log G with log p_exp over random pairs of a world: whether what a method divides by is a model of exposure. G is that of a
 * click. Undefined where one of them is the same for all pairs. Pairs that are never shown are left out.
 */
export async function exposureCorrelation(propensity: Propensity, world: World): Promise<number | undefined> {
  const { raw } = new WasmKernels();
  const [k0, k1] = keyWords(1);
  const below = (row: number, column: number, bound: number): number =>
    Math.floor(((raw.wordAt(column, row, PAIRS, 0, k0, k1) >>> 0) / 2 ** 32) * bound);
  const count = Math.min(USERS, world.users);
  const user = new Int32Array(count * ITEMS);
  const item = new Int32Array(count * ITEMS);
  for (let u = 0; u < count; u++) {
    user.fill(below(u, 0, world.users), u * ITEMS, (u + 1) * ITEMS);
    for (let i = 0; i < ITEMS; i++) item[u * ITEMS + i] = below(u, i + 1, world.items);
  }
  const G = await propensity.of({ user, item, before: 'test', wide: ITEMS });
  const { exposure } = world.probabilities(user, item);
  const shown = Array.from(exposure.keys()).filter((k) => (exposure[k] as number) > 0 && (G[k] as number) > 0);
  return correlation(
    shown.map((k) => log(G[k] as number)),
    shown.map((k) => log(exposure[k] as number)),
  );
}

function correlation(a: readonly number[], b: readonly number[]): number | undefined {
  const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  const [middleA, middleB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((x, k) => {
    const [dx, dy] = [x - middleA, (b[k] as number) - middleB];
    ab += dx * dy;
    aa += dx * dx;
    bb += dy * dy;
  });
  // What differs by rounding is the same.
  const isConstant = aa <= 1e-12 * a.length || bb <= 1e-12 * b.length;
  return isConstant ? undefined : ab / Math.sqrt(aa * bb);
}
