import { stream, WasmKernels } from '../compute/index.js';
import { encodeMoves } from '../support/moves.js';
import type { ItemValues, Normalisation } from './averages.js';

/** Groups that users are divided into: as many random parts tell the variance over users as well as the users do, and take little room. */
export const GROUPS = 128;

const DIVISION = stream('groups of users');

/** What metrics are weighted means of, over test items. */
export interface Weighed {
  /** The metrics of each test item. */
  readonly values: ItemValues;
  /** Of each test item; absent where all count alike. */
  readonly weights?: Float64Array | undefined;
  readonly normalisation?: Normalisation;
  /** The user of each, where these are other than the test items. */
  readonly userOf?: (place: number) => number;
}

/**
 * All users of a data set in random groups of equal size, the same ones for every method and repetition. Of a mean it tells how far each group moves
 * it, which is all that the variance over users takes (the method of random groups, Wolter 2007).
 */
export class UserGroups {
  /** Of each user. */
  private readonly groupOf: Int32Array;
  readonly count: number;

  private constructor(users: number) {
    this.count = Math.min(GROUPS, users);
    const kernels = new WasmKernels();
    const order = kernels.zeros([users], 'int32');
    kernels.drawPermutation(order, { seed: 1, stream: DIVISION });
    this.groupOf = new Int32Array(users);
    kernels.integers(order).forEach((user, place) => {
      this.groupOf[user] = place % this.count;
    });
  }

  private static latest: { readonly users: number; readonly groups: UserGroups } | undefined;

  /** The division of so many users; every trial on the same data asks again. */
  static of(users: number): UserGroups {
    if (UserGroups.latest?.users !== users) UserGroups.latest = { users, groups: new UserGroups(users) };
    return UserGroups.latest.groups;
  }

  /**
   * Moves of each metric, [groups]: by the delta method for what is divided by the sum of weights, sum over a group's items of w (v - mean) / sum
   * of w. They sum to 0.
   */
  ofItems({ values, weights, normalisation }: Weighed, userOf: (row: number) => number): Record<string, string> {
    return Object.fromEntries(
      Object.entries(values).map(([name, all]) => {
        let [sum, total] = [0, 0];
        all.forEach((value, row) => {
          const weight = weights ? (weights[row] as number) : 1;
          sum += weight * value;
          total += normalisation === 'plain' ? 1 : weight;
        });
        const mean = sum / total;
        const moves = new Float64Array(this.count);
        all.forEach((value, row) => {
          const weight = weights ? (weights[row] as number) : 1;
          const own = normalisation === 'plain' ? weight * value - mean : weight * (value - mean);
          (moves[this.groupOf[userOf(row)] as number] as number) += own / total;
        });
        return [name, encodeMoves(moves)];
      }),
    );
  }

  /** The same of means over users, each of whom has one value. */
  ofUsers(values: Readonly<Record<string, Float64Array>>, users: ArrayLike<number>): Record<string, string> {
    return this.ofItems({ values }, (place) => users[place] as number);
  }
}
