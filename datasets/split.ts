import { keyWords, stream, WasmKernels } from '../compute/index.js';
import { UserError } from '../support/errors.js';
import { type Interactions, rowsByUser, SPLITS, sharedUint8, TEST, TRAIN, VALIDATION } from './interactions.js';

/** `leave-last-two-records` counts records of the same pair as several interactions, which may be in several parts. */
export type SplitRule = 'leave-last-two' | 'leave-last-two-records' | 'random';

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
 * Assigns every interaction to train, validation or test (paper, A.6.2). Leave-last-two orders a user's interactions by
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

/** Records of a pair that comes again are no second item: each pair stands once, by its last record, and its earlier ones go with it. */
function leaveLastTwo(data: Interactions, options: SplitOptions): Uint8Array {
  const { starts, rows } = rowsByUser(data);
  const split = sharedUint8(data.user.length);
  const last = new Int32Array(data.itemIds.length).fill(-1);
  for (let user = 0; user < data.userIds.length; user++) {
    const own = rows.subarray(starts[user], starts[user + 1]);
    const timeOf = (row: number): number => data.time?.[row] ?? 0;
    for (const row of own) {
      const item = data.item[row] as number;
      const held = last[item] as number;
      if (held < 0 || timeOf(row) >= timeOf(held)) last[item] = row;
    }
    if (options.rule === 'leave-last-two-records') {
      const codes = leaveLastTwoCodes(Array.from(own, timeOf));
      if (codes)
        own.forEach((row, k) => {
          split[row] = codes[k] as number;
        });
      else if (options.shortUsers === 'refuse')
        throw new UserError(
          `user "${data.userIds[user]}" has ${own.length} record(s), and leave-last-two-records needs three: drop such users with --min-user 3`,
        );
      for (const row of own) last[data.item[row] as number] = -1;
      continue;
    }
    const distinct = own.filter((row) => last[data.item[row] as number] === row);
    const codes = leaveLastTwoCodes(Array.from(distinct, timeOf));
    if (codes) {
      const codeOf = new Map(Array.from(distinct, (row, k) => [data.item[row] as number, codes[k] as number]));
      for (const row of own) split[row] = codeOf.get(data.item[row] as number) as number;
    } else if (options.shortUsers === 'refuse') {
      const repeats = own.length > distinct.length ? ` with ${distinct.length} different item(s)` : '';
      throw new UserError(
        `user "${data.userIds[user]}" has ${own.length} interaction(s)${repeats}, and leave-last-two needs three: ` +
          'drop such users with --min-user 3, or use --split random',
      );
    }
    for (const row of own) last[data.item[row] as number] = -1;
  }
  return split;
}

/**
 * What is to be said of parts that a split left empty, in words; undefined where it left none. `remedy` says how there can be more of what was
 * split.
 */
export function emptyParts(splits: Readonly<Record<string, number>>, remedy: string): string | undefined {
  const empty = SPLITS.filter((part) => splits[part] === 0);
  if (empty.length === 0) return undefined;
  const uses = { train: 'learned from', validation: 'chosen by', test: 'tested on' };
  return `nothing is left for ${empty.join(' and ')}, so that nothing can be ${empty.map((part) => uses[part]).join(' or ')} this data: ${remedy}`;
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
