import type { Interactions, UserItems } from '../../datasets/interactions.js';
import { DivergedError } from '../../models/trainer.js';
import type { Propensity } from '../../propensities/propensity.js';
import type { Named } from '../../support/registry.js';
import { averageOf, effectiveSize, type ItemValues, type Normalisation } from '../averages.js';
import type { Metrics } from '../metrics/metric.js';
import type { TestQuestion } from '../question.js';
import type { Weighed } from '../user_groups.js';

/** Metrics by name. */
export interface Estimated {
  readonly metrics: Metrics;
  /** How many equally weighted test items the weights are worth. */
  readonly size?: number | undefined;
  /** How far each group of users moves each metric, by which the chance of test users is told (see `UserGroups`). */
  readonly groups?: Readonly<Record<string, string>> | undefined;
  /** Why the metrics say nothing, a sentence, where they do not. */
  readonly void?: string | undefined;
}

/** What an estimate comes to, and the items that it is a mean over, where it is one: its error follows. */
export interface EstimatedMean extends Omit<Estimated, 'groups'> {
  readonly items?: Weighed | undefined;
}

/** How weights are made of probabilities. */
export interface WeightSettings {
  /** Least probability to divide by. */
  readonly clip: number;
  /** By the sum of weights, or by the number of test items. */
  readonly normalisation: Normalisation;
}

/** What estimates see of an evaluated method. Nothing in it is of a backend. */
export interface EstimateContext {
  readonly data: Interactions;
  readonly test: TestQuestion;
  /** Training items by user. */
  readonly train: UserItems;
  /** The metrics of each test item. */
  readonly values: ItemValues;
  readonly weights: WeightSettings;
  /** G of the trained method itself, where it has one. */
  readonly exposure?: Propensity | undefined;
  /** Why that is no model of exposure, in words, where it is none. */
  readonly collapse?: string | undefined;
  /** By name; made once for all estimates. */
  propensity(name: string): Promise<Propensity>;
  /** Present where every item was scored. */
  readonly full?:
    | {
        /** The metrics of each test item ranked among all others. */
        readonly values?: ItemValues | undefined;
        /** The exact expectation under the world's truth, where there is one. */
        readonly expected?: EstimatedMean | undefined;
      }
    | undefined;
}

/** What notes speak of. */
export interface NoteContext extends Pick<WeightSettings, 'clip'> {
  /** "100 sampled items". */
  readonly among: string;
}

/** What is said of the metrics on the test part, by one way to weigh it. */
export interface Estimate {
  /** With its argument, such as "unbiased:1/exposure": the key in results. */
  readonly key: string;
  /** "debiased by popularity": a table's title. */
  readonly title: string;
  /** As rows of other tables call it. */
  readonly label: string;
  /** How the numbers came about, a sentence below the table. */
  note(how: NoteContext): string;
  /** Whether it is an expectation, in which no test item is drawn. */
  readonly isExact?: boolean;
  /** Undefined where these data or this method have none of it. Throws DivergedError for weights that are none. */
  of(context: EstimateContext): Promise<EstimatedMean | undefined>;
}

/** One file of this folder. Variants by an argument stand side by side: "propensity:MF", "unbiased:1/exposure". */
export interface EstimateDefinition extends Named {
  /** Throws UserError for an argument that it does not know. */
  make(argument: string | undefined): Estimate;
}

/** An estimate of one's own, with its types. */
export const defineEstimate = (definition: EstimateDefinition): EstimateDefinition => definition;

/**
 * Estimates with weight 1 / propensity of each test item's pair; `whose` are they, for messages. Throws DivergedError where one is no
 * probability to divide by.
 */
export function inversePropensity(
  values: ItemValues,
  propensities: ArrayLike<number>,
  settings: WeightSettings,
  whose = 'the propensities',
): EstimatedMean {
  const weights = Float64Array.from(propensities, (p) =>
    Number.isFinite(p) ? (p < 0 ? -1 : 1 / Math.max(settings.clip, p)) : Number.NaN,
  );
  return weighted(values, weights, settings, whose);
}

/** Estimates with the given weights. Throws DivergedError for weights that are none. */
export function weighted(
  values: ItemValues,
  weights: Float64Array,
  { normalisation }: WeightSettings,
  whose: string,
): EstimatedMean {
  const odd = weights.filter((weight) => !Number.isFinite(weight) || weight < 0);
  if (odd.length > 0) {
    const kind = odd.some(Number.isNaN)
      ? 'no numbers'
      : odd.some((weight) => weight < 0)
        ? 'negative, and no probabilities'
        : '0, which nothing can be divided by';
    throw new DivergedError(
      `${whose} of ${odd.length} of the ${weights.length} test items are ${kind}`,
      odd.every((weight) => weight === Number.POSITIVE_INFINITY) ? 'set the least one by --clip' : undefined,
    );
  }
  const metrics = averageOf(values, weights, normalisation);
  if (!Object.values(metrics).every(Number.isFinite))
    throw new DivergedError(
      `${whose} are so close to 0 that their inverses have no sum`,
      'set the least one by --clip',
    );
  return { metrics, size: effectiveSize(weights), items: { values, weights, normalisation } };
}

/** Test items that weights must be worth at least for an estimate to rank anything. */
const LEAST_SIZE = 30;
/** And the share of them. */
const LEAST_SHARE = 0.1;

/** Whether so few items carry the weight that the estimate says little: under 30, or under a tenth of the test items. */
export function isWeak(size: number, items: number): boolean {
  return size < LEAST_SIZE || size < LEAST_SHARE * items;
}

/** The note of a weighted estimate. */
export const weightedBy = (what: string): string =>
  `Percent, mean (sd) over repetitions; test items weighted by ${what}.`;
