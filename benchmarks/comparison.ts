import { holm, type PairedTest, pairedTest } from '../support/statistics.js';

/** One row's values of a metric, a repetition each; undefined where a repetition failed. */
export interface Repetitions {
  readonly label: string;
  readonly values: readonly (number | undefined)[];
}

/** A paired test between two rows over the repetitions that both have. */
export interface Comparison extends PairedTest {
  readonly a: string;
  readonly b: string;
  /** p-value after Holm's correction over all comparisons of the table. */
  readonly adjusted: number;
}

/**
 * Compares the row with the largest mean to every other by paired t-tests over repetitions (a repetition has the same seed, so the same
 * candidates, in every row), with Holm's correction. Rows with fewer than two common repetitions are left out.
 */
export function compareWithBest(rows: readonly Repetitions[]): Comparison[] {
  const meanOf = ({ values }: Repetitions): number => {
    const present = values.filter((value) => value !== undefined);
    return present.length > 0 ? present.reduce((a, b) => a + b, 0) / present.length : Number.NEGATIVE_INFINITY;
  };
  const best = rows.reduce<Repetitions | undefined>(
    (leader, row) => (!leader || meanOf(row) > meanOf(leader) ? row : leader),
    undefined,
  );
  if (!best) return [];
  return comparePairs(rows.filter((row) => row !== best).map((row) => [best, row] as const));
}

/** Paired tests of given pairs of rows, corrected together. */
export function comparePairs(pairs: readonly (readonly [Repetitions, Repetitions])[]): Comparison[] {
  const tests = pairs.flatMap(([a, b]) => {
    const common = a.values.flatMap((value, r) => {
      const other = b.values[r];
      return value === undefined || other === undefined ? [] : [[value, other] as const];
    });
    const test = pairedTest(
      common.map(([x]) => x),
      common.map(([, y]) => y),
    );
    return test ? [{ a: a.label, b: b.label, ...test }] : [];
  });
  const adjusted = holm(tests.map(({ p }) => p));
  return tests.map((test, t) => ({ ...test, adjusted: adjusted[t] as number }));
}
