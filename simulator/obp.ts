import { checkedTable, readManifest } from '../datasets/store.js';
import { numbersOf, readParts } from '../support/arrow.js';
import { UserError } from '../support/errors.js';
import { type NpyArray, npzOf } from '../support/npz.js';
import type { World } from './world.js';

/** How far logged feedback reaches. */
export interface Support {
  readonly rounds: number;
  /** Users with rounds, and the fewest and most rounds of such a user. */
  readonly users: number;
  readonly fewest: number;
  readonly most: number;
  /** Share of the pairs of these users that could not be shown: no weight makes up for them. */
  readonly impossible: number;
  /** Least propensity of a round. */
  readonly leastPscore: number;
}

/**
 * Logged feedback in the layout of the Open Bandit Pipeline (0.5.7), as .npz: a round an exposure of a simulated folder, `context` the user's factors
 * x, `action` the item, `position` 0, as there is one place, `reward` the click, `pscore` the probability of the item among all that the user could be
 * shown: p_exp over its sum over items, as exposures are drawn item by item and not from a list. `action_context` are the items' factors z. Beside OBP's
 * own fields stand `user`, and `p_relevance` and `p_exposure` of the pair; OBP's `expected_reward` is of every round and action, and is left out.
 * Throws UserError where the folder has no exposures. Memory: a round takes four bytes for each factor and 48 more.
 */
export async function obpFeedback(path: string, world: World): Promise<{ bytes: Uint8Array; support: Support }> {
  const files = await checkedTable(path, 'exposures', readManifest(path));
  const [file] = files;
  if (file === undefined)
    throw new UserError(`"${path}" has no exposures: simulate again with --exposures, so that what was shown is known`);
  const table = await readParts(files);
  const n = table.numRows;
  if (n === 0) throw new UserError(`"${path}" has exposures, but none was drawn: there is no round to export`);
  const user = numbersOf(table, 'user', new Int32Array(n), file);
  const action = numbersOf(table, 'item', new Int32Array(n), file);
  const reward = numbersOf(table, 'clicked', new Int32Array(n), file);
  const exposure = numbersOf(table, 'p_exposure', new Float32Array(n), file);
  const relevance = numbersOf(table, 'p_relevance', new Float32Array(n), file);
  const { items, users, second } = world.state;
  const { x, z, dim } = (second as NonNullable<typeof second>).factors;
  const [sums, rounds] = [new Float64Array(users), new Int32Array(users)];
  const [context, pscore] = [new Float32Array(n * dim), new Float64Array(n)];
  let [impossible, leastPscore] = [0, 1];
  for (let row = 0; row < n; row++) {
    const u = user[row] as number;
    // Rows of one user lie together, so each user is visited once.
    if (rounds[u] === 0) {
      for (const p of world.exposureRow(u)) {
        (sums[u] as number) += p;
        if (p === 0) impossible++;
      }
    }
    (rounds[u] as number)++;
    const score = (exposure[row] as number) / (sums[u] as number);
    pscore[row] = score;
    leastPscore = Math.min(leastPscore, score);
    context.set(x.subarray(u * dim, (u + 1) * dim), row * dim);
  }
  const scalar = (value: number): NpyArray => ({ shape: [], values: BigInt64Array.of(BigInt(value)) });
  // OBP's own data have NumPy's usual integers.
  const integers = (values: Int32Array): NpyArray => ({ shape: [n], values: BigInt64Array.from(values, BigInt) });
  const bytes = npzOf({
    n_rounds: scalar(n),
    n_actions: scalar(items),
    context: { shape: [n, dim], values: context },
    action_context: { shape: [items, dim], values: z },
    action: integers(action),
    position: { shape: [n], values: new BigInt64Array(n) },
    reward: integers(reward),
    pscore: { shape: [n], values: pscore },
    user: integers(user),
    p_relevance: { shape: [n], values: relevance },
    p_exposure: { shape: [n], values: exposure },
  });
  const seen = rounds.filter((count) => count > 0);
  const support = {
    ...{ rounds: n, users: seen.length, leastPscore, impossible: impossible / (seen.length * items) },
    fewest: seen.reduce((a, b) => Math.min(a, b)),
    most: seen.reduce((a, b) => Math.max(a, b)),
  };
  return { bytes, support };
}

/** What an estimate from the feedback speaks of, in sentences. */
export function supportText({ rounds, users, fewest, most, impossible, leastPscore }: Support): string[] {
  const number = (n: number): string => n.toLocaleString('en');
  return [
    `${number(rounds)} rounds of ${number(users)} users, ${fewest === most ? number(most) : `${number(fewest)} to ${number(most)}`} each: a mean over rounds gives a user the weight of what was shown to them; divide by the rounds of each "user" for users of equal weight`,
    `least pscore ${leastPscore.toPrecision(2)}, so a weight is up to ${number(Math.round(1 / leastPscore))} times what a policy says: clip or self-normalise where a policy differs much`,
    ...(impossible > 0
      ? [
          `${(100 * impossible).toPrecision(2)}% of the pairs could not be shown at all: of a policy that shows them nothing unbiased can be said from these rounds`,
        ]
      : []),
  ];
}

/** What loads the feedback in Python: whole numbers by themselves are integers of Python, as OBP wants them. */
export const loadingFeedback = (path: string): string =>
  `import numpy as np\nfeedback = {k: v.item() if v.ndim == 0 else v for k, v in np.load("${path}").items()}`;
