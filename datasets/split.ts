import { type DrawKey, stream, WasmKernels } from '../compute/index.js';
import { UserError } from '../support/errors.js';
import { type Interactions, sharedUint8, TEST, TRAIN, VALIDATION } from './interactions.js';

export type SplitRule = 'leave-last-two' | 'random';

export interface SplitOptions {
  readonly rule: SplitRule;
  readonly seed: number;
  /** What to do with a user of fewer than three interactions under leave-last-two: refuse, or keep all for training. */
  readonly shortUsers: 'refuse' | 'train';
}

/** The random split: 80 percent train, 10 validation, 10 test, drawn for each (user, item) on its own. */
export function randomSplitCode(u: number): number {
  return u < 0.8 ? TRAIN : u < 0.9 ? VALIDATION : TEST;
}

export const splitKey = (seed: number): DrawKey => ({ seed, stream: stream('split') });

/**
 * Assigns every interaction to train, validation or test (PAPER section 1). Leave-last-two orders a user's interactions by
 * time, ties by file order: last = test, second-to-last = validation. Throws UserError where a user has fewer than three and that is
 * not allowed.
 */
export function splitInteractions(data: Interactions, options: SplitOptions): Interactions {
  return { ...data, split: options.rule === 'random' ? splitAtRandom(data, options.seed) : leaveLastTwo(data, options) };
}

function splitAtRandom(data: Interactions, seed: number): Uint8Array {
  const kernels = new WasmKernels();
  const split = sharedUint8(data.user.length);
  const key = splitKey(seed);
  const rowOf = new Map<number, Float32Array>();
  for (let r = 0; r < split.length; r++) {
    const user = data.user[r] as number;
    let row = rowOf.get(user);
    if (!row) {
      row = kernels.scope(() => {
        const out = kernels.zeros([data.itemIds.length]);
        kernels.drawUniform(out, key, user);
        return kernels.floats(out).slice();
      });
      rowOf.clear(); // rows of one user usually stand together; remembering one is enough
      rowOf.set(user, row);
    }
    split[r] = randomSplitCode(row[data.item[r] as number] as number);
  }
  return split;
}

function leaveLastTwo(data: Interactions, options: SplitOptions): Uint8Array {
  const n = data.user.length;
  const { time } = data;
  const users = data.userIds.length;
  const last = new Int32Array(users).fill(-1);
  const second = new Int32Array(users).fill(-1);
  const counts = new Int32Array(users);
  const after = (a: number, b: number): boolean => b < 0 || !time || (time[a] as number) >= (time[b] as number);
  for (let row = 0; row < n; row++) {
    const user = data.user[row] as number;
    (counts[user] as number)++;
    if (after(row, last[user] as number)) {
      second[user] = last[user] as number;
      last[user] = row;
    } else if (after(row, second[user] as number)) second[user] = row;
  }
  const split = sharedUint8(n);
  for (let user = 0; user < users; user++) {
    if ((counts[user] as number) >= 3) {
      split[last[user] as number] = TEST;
      split[second[user] as number] = VALIDATION;
    } else if (options.shortUsers === 'refuse') {
      throw new UserError(
        `user "${data.userIds[user]}" has ${counts[user]} interaction(s), and leave-last-two needs three: ` +
          'drop such users with --min-user 3, or use --split random',
      );
    }
  }
  return split;
}
