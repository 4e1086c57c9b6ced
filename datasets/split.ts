import { keyWords, stream, WasmKernels } from '../compute/index.js';
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

/**
 * Assigns every interaction to train, validation or test (PAPER section 1). Leave-last-two orders a user's interactions by
 * time, ties by file order: last = test, second-to-last = validation. Throws UserError where a user has fewer than three and that is
 * not allowed.
 */
export function splitInteractions(data: Interactions, options: SplitOptions): Interactions {
  return {
    ...data,
    split: options.rule === 'random' ? splitAtRandom(data, options.seed) : leaveLastTwo(data, options),
  };
}

function splitAtRandom(data: Interactions, seed: number): Uint8Array {
  const { raw } = new WasmKernels();
  const [k0, k1] = keyWords(seed);
  const key = stream('split');
  const split = sharedUint8(data.user.length);
  for (let r = 0; r < split.length; r++) {
    const word = raw.wordAt(data.item[r] as number, data.user[r] as number, key, 0, k0, k1) >>> 0;
    split[r] = randomSplitCode(word / 4294967296);
  }
  return split;
}

function leaveLastTwo(data: Interactions, options: SplitOptions): Uint8Array {
  const n = data.user.length;
  const users = data.userIds.length;
  const rowsOf: number[][] = Array.from({ length: users }, () => []);
  for (let row = 0; row < n; row++) (rowsOf[data.user[row] as number] as number[]).push(row);
  const split = sharedUint8(n);
  rowsOf.forEach((rows, user) => {
    const codes = leaveLastTwoCodes(rows.map((row) => data.time?.[row] ?? 0));
    if (codes) rows.forEach((row, r) => (split[row] = codes[r] as number));
    else if (options.shortUsers === 'refuse') {
      throw new UserError(
        `user "${data.userIds[user]}" has ${rows.length} interaction(s), and leave-last-two needs three: ` +
          'drop such users with --min-user 3, or use --split random',
      );
    }
  });
  return split;
}

/** Split codes of one user's interactions with the given times, in file order; undefined for fewer than three. */
export function leaveLastTwoCodes(times: readonly number[]): Uint8Array | undefined {
  if (times.length < 3) return undefined;
  const after = (a: number, b: number): boolean => b < 0 || (times[a] as number) >= (times[b] as number);
  let [last, second] = [-1, -1];
  for (let k = 0; k < times.length; k++) {
    if (after(k, last)) [second, last] = [last, k];
    else if (after(k, second)) second = k;
  }
  const codes = new Uint8Array(times.length).fill(TRAIN);
  codes[last] = TEST;
  codes[second] = VALIDATION;
  return codes;
}
