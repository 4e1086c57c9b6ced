import type { ClaimTest, ClaimText } from '../../results/claims.js';
import { pairedTest } from '../../support/statistics.js';
import { type FinishedTrial, resultOf } from '../finished.js';
import { viewMetrics, viewUsers } from '../suite_tables.js';
import type { Variant, View } from '../suites/suite.js';

/** What a method is worth: the expected clicks on a page of ten. */
const VALUE = 'value@10';

/** How claims are measured. */
export interface Measure {
  readonly metric: string;
  /** What counts on simulated data: the exact expectation of the metric, its unbiased estimate from clicks, or value@10, clicks in 100 shown. */
  readonly truth: 'expected' | 'unbiased' | 'value';
}

/** Suites whose results a claim is tested on, together, one data set after the other. */
export interface Evidence {
  readonly suites: readonly string[];
  /** The tests, on one data set. */
  tests(results: Results): Omit<ClaimTest, 'data'>[];
}

/** A claim of the paper, with how it is tested. */
export interface Claim extends ClaimText {
  readonly evidence: readonly Evidence[];
}

/** What suites found on one data set. */
export class Results {
  constructor(
    readonly trials: readonly FinishedTrial[],
    readonly measure: Measure,
  ) {}

  /** A method's metric by repetition; undefined where the trial failed. Empty where the method was not run. */
  values(method: string, view: 'standard' | 'truth' = 'standard', variant: Variant = {}): (number | undefined)[] {
    const { metric, truth } = this.measure;
    const own = this.trials.filter(
      ({ row }) =>
        row.method === method && Object.entries(variant).every(([name, value]) => row.variant[name] === value),
    );
    return own.map((trial) => {
      const result = resultOf(trial);
      if (view === 'truth' && truth === 'value') return result?.truth?.values[VALUE];
      return result && viewMetrics(view === 'truth' ? truth : view, result)?.[metric];
    });
  }

  /** What an estimate says of a method by repetition. */
  estimates(method: string, view: View): (number | undefined)[] {
    return this.trials
      .filter(({ row }) => row.method === method)
      .map((trial) => {
        const result = resultOf(trial);
        return result && viewMetrics(view, result)?.[this.measure.metric];
      });
  }

  /** What a method is worth in truth by repetition, whatever else counts as the truth. */
  worth(method: string): (number | undefined)[] {
    return this.trials.filter(({ row }) => row.method === method).map((trial) => resultOf(trial)?.truth?.values[VALUE]);
  }

  /** Methods that were run, in the order of their rows. */
  get methods(): string[] {
    return [...new Set(this.trials.map(({ row }) => row.method))];
  }

  /** The least number of users, or equally weighted test items, behind the values of methods; see `TestOptions`. */
  users(methods: readonly string[], view: 'standard' | 'truth' = 'standard'): number | undefined {
    const counts = this.trials
      .filter(({ row }) => methods.includes(row.method))
      .map(resultOf)
      .flatMap((result) => (result && viewUsers(view === 'truth' ? this.measure.truth : view, result)) ?? []);
    return counts.length > 0 ? Math.min(...counts) : undefined;
  }

  /** The values that a setting takes over a method's rows. */
  varied(method: string, setting: string): number[] {
    const values = this.trials
      .filter(({ row }) => row.method === method)
      .map(({ row }) => Number(row.variant[setting]));
    return [...new Set(values)].sort((a, b) => a - b);
  }
}

/** The least effect worth the name, of what is compared with: about the standard deviation that the paper's tables print. */
const LEAST_SHARE = 0.003;

/**
 * Tests that one list is above another over the pairs that both have; none where there are fewer than three. `users` as for `pairedTest`; `least` is the least effect
 * worth the name, by default a share of the second's mean.
 */
export function above(
  what: string,
  greater: readonly (number | undefined)[],
  smaller: readonly (number | undefined)[],
  { least, users }: { readonly least?: number; readonly users?: number | undefined } = {},
): Omit<ClaimTest, 'data'>[] {
  const pairs = greater.flatMap((a, r) => {
    const b = smaller[r];
    return a === undefined || b === undefined ? [] : [[a, b] as const];
  });
  const test = pairedTest(
    pairs.map(([a]) => a),
    pairs.map(([, b]) => b),
    { users },
  );
  const mean = pairs.reduce((sum, [, b]) => sum + b, 0) / pairs.length;
  return test ? [{ what, ...test, least: least ?? LEAST_SHARE * mean }] : [];
}
