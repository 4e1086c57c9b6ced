import type { ClaimTest, ClaimText } from '../../results/claims.js';
import { pairedSamples, type Sample } from '../../support/layers.js';
import type { FinishedTrial } from '../finished.js';
import { sampleOf } from '../samples.js';
import { estimateIn } from '../suite_tables.js';
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

  /** A method's metric by repetition. Empty where the method was not run. */
  values(method: string, view: 'standard' | 'truth' = 'standard', variant: Variant = {}): Sample {
    const { metric, truth } = this.measure;
    const own = this.trials.filter(
      ({ row }) =>
        row.method === method && Object.entries(variant).every(([name, value]) => row.variant[name] === value),
    );
    if (view === 'truth' && truth === 'value') return worthOf(own);
    return sampleOf(own, (result) => estimateIn(view === 'truth' ? truth : view, result), metric);
  }

  /** What an estimate says of a method by repetition. */
  estimates(method: string, view: View): Sample {
    const own = this.trials.filter(({ row }) => row.method === method);
    return sampleOf(own, (result) => estimateIn(view, result), this.measure.metric);
  }

  /** What a method is worth in truth by repetition, whatever else counts as the truth. */
  worth(method: string): Sample {
    return worthOf(this.trials.filter(({ row }) => row.method === method));
  }

  /** Methods that were run, in the order of their rows. */
  get methods(): string[] {
    return [...new Set(this.trials.map(({ row }) => row.method))];
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

/** What trials are worth in truth. */
const worthOf = (trials: readonly FinishedTrial[]): Sample =>
  sampleOf(trials, ({ truth }) => truth && { metrics: truth.values, groups: truth.groups }, VALUE);

/**
 * Tests that one sample is above another over the repetitions that both have; none where there are fewer than three. `least` is the least effect worth
 * the name, by default a share of the second's mean.
 */
export function above(
  what: string,
  greater: Sample,
  smaller: Sample,
  { least, over = 'repetitions' }: { readonly least?: number; readonly over?: ClaimTest['over'] } = {},
): Omit<ClaimTest, 'data'>[] {
  const test = pairedSamples(greater, smaller);
  const known = smaller.values.filter((value, r) => value !== undefined && greater.values[r] !== undefined);
  const mean = known.reduce<number>((sum, b) => sum + (b as number), 0) / known.length;
  return test ? [{ what, over, ...test, least: least ?? LEAST_SHARE * mean }] : [];
}
