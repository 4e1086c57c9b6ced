import { pairedSamples, type Sample } from '../support/layers.js';
import { holm, type PairedTest } from '../support/statistics.js';

/** One row's values of a metric, a repetition each. */
export interface Repetitions extends Sample {
  readonly label: string;
}

/** A paired test between two rows over the repetitions that both have. */
export interface Comparison extends PairedTest {
  readonly a: string;
  readonly b: string;
  /** p-value after Holm's correction over all comparisons of the table. */
  readonly adjusted: number;
}

/**
 * Compares the row with the largest mean to every other by `pairedSamples` (a repetition has the same seed, so the same candidates, in every
 * row). Holm's correction is over all pairs of rows, since the best is found by looking at all of them. Rows with fewer than three common
 * repetitions are left out.
 */
export function compareWithBest(rows: readonly Repetitions[]): Comparison[] {
  const meanOf = ({ values }: Repetitions): number => {
    const present = values.filter((value) => value !== undefined);
    return present.length > 0 ? present.reduce((a, b) => a + b, 0) / present.length : Number.NEGATIVE_INFINITY;
  };
  const there = rows.filter((row) => meanOf(row) > Number.NEGATIVE_INFINITY);
  const best = there.reduce<Repetitions | undefined>(
    (leader, row) => (!leader || meanOf(row) > meanOf(leader) ? row : leader),
    undefined,
  );
  if (!best) return [];
  return comparePairs(
    there.filter((row) => row !== best).map((row) => [best, row] as const),
    (there.length * (there.length - 1)) / 2,
  );
}

/** Paired tests of given pairs of rows, corrected together, as so many `hypotheses`. */
export function comparePairs(
  pairs: readonly (readonly [Repetitions, Repetitions])[],
  hypotheses = pairs.length,
): Comparison[] {
  const tests = pairs.flatMap(([a, b]) => {
    const test = pairedSamples(a, b);
    return test ? [{ a: a.label, b: b.label, ...test }] : [];
  });
  const adjusted = holm(
    tests.map(({ p }) => p),
    hypotheses,
  );
  return tests.map((test, t) => ({ ...test, adjusted: adjusted[t] as number }));
}
