import { checkedTable, readManifest } from '../datasets/store.js';
import { numbersOf, readParts } from '../support/arrow.js';
import { UserError } from '../support/errors.js';
import { type NpyArray, npzOf } from '../support/npz.js';
import type { World } from './world.js';

/**
 * Logged feedback in the layout of the Open Bandit Pipeline, as .npz: a round an exposure of a simulated folder, `context` the user's factors x,
 * `action` the item, `reward` the click, `pscore` the probability of the item among all that the user could be shown: p_exp over its sum over items, as
 * exposures are drawn item by item and not from a list. `action_context` are the items' factors z, `expected_reward` is p_rel of the shown
 * pair, and `p_exposure` the probability itself. Throws UserError where the folder has no exposures. Memory: a round takes four bytes for each
 * factor and 28 more.
 */
export async function obpFeedback(path: string, world: World): Promise<Uint8Array> {
  const files = await checkedTable(path, 'exposures', readManifest(path));
  const [file] = files;
  if (file === undefined)
    throw new UserError(`"${path}" has no exposures: simulate again with --exposures, so that what was shown is known`);
  const table = await readParts(files);
  const n = table.numRows;
  const user = numbersOf(table, 'user', new Int32Array(n), file);
  const action = numbersOf(table, 'item', new Int32Array(n), file);
  const reward = numbersOf(table, 'clicked', new Int32Array(n), file);
  const exposure = numbersOf(table, 'p_exposure', new Float32Array(n), file);
  const relevance = numbersOf(table, 'p_relevance', new Float32Array(n), file);
  const { items, users, second } = world.state;
  const { x, z, dim } = (second as NonNullable<typeof second>).factors;
  const sums = new Float64Array(users);
  const [context, pscore] = [new Float32Array(n * dim), new Float64Array(n)];
  for (let row = 0; row < n; row++) {
    const u = user[row] as number;
    // Rows of one user lie together, so each user is visited once.
    if (sums[u] === 0) sums[u] = world.exposureRow(u).reduce((sum, p) => sum + p, 0);
    pscore[row] = (exposure[row] as number) / (sums[u] as number);
    context.set(x.subarray(u * dim, (u + 1) * dim), row * dim);
  }
  const scalar = (value: number): NpyArray => ({ shape: [], values: BigInt64Array.of(BigInt(value)) });
  return npzOf({
    n_rounds: scalar(n),
    n_actions: scalar(items),
    context: { shape: [n, dim], values: context },
    action_context: { shape: [items, dim], values: z },
    action: { shape: [n], values: action },
    reward: { shape: [n], values: reward },
    pscore: { shape: [n], values: pscore },
    expected_reward: { shape: [n], values: relevance },
    p_exposure: { shape: [n], values: exposure },
    user: { shape: [n], values: user },
  });
}
