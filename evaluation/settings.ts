import { z } from 'zod';
import { LIMITS } from '../support/limits.js';
import { choice, number, whole } from '../support/schema.js';
import { NORMALISATIONS } from './averages.js';
import type { WeightSettings } from './estimates/estimate.js';
import { WEIGHT_NAMES, type WeightName } from './estimates/unbiased.js';
import { CUTOFFS } from './metrics/registry.js';

/** What evaluation looks at. */
export const evaluation = {
  candidates: whole(0, 1e6).describe('sampled items to rank a test item among; 0 for all'),
  cutoffs: z
    .array(whole(1, LIMITS.cutoff.most))
    .min(1, 'must name a number of places')
    .max(20, 'are more than 20')
    .describe('places that count for Hit, NDCG, recall and precision'),
  unbiasedWeight: choice(WEIGHT_NAMES).describe(
    'weight of a test item in unbiased evaluation; paper is relevance/exposure, which counts relevance twice',
  ),
  clip: number(0, 1).describe('least probability to divide by in weighted evaluation'),
  normalisation: choice(NORMALISATIONS).describe(
    'divide weighted sums by the sum of weights, or by the number of test items',
  ),
  propensityModel: z
    .string('must be the name of a model')
    .describe('a model trained for itself by whose probabilities metrics are debiased, too'),
  bootstrap: whole(0, 1e6).describe('resamples of users for confidence intervals; 0 for none'),
  full: z
    .boolean('must be true or false')
    .describe('also score every item: coverage, Gini, popularity of lists and, in simulated data, the truth'),
};

/** How trained methods are evaluated. */
export interface EvaluationSettings extends WeightSettings {
  /** Of candidates and resamples: the same for every repetition of training. */
  readonly seed: number;
  readonly candidates: number;
  readonly cutoffs: readonly number[];
  /** What "unbiased" means where nobody says which. */
  readonly unbiasedWeight: WeightName;
  /** A propensity, by whose probability of a click the metrics are debiased, too. */
  readonly propensityModel?: string | undefined;
  /** Resamples of the bootstrap; 0 for no intervals. */
  readonly bootstrap: number;
  /** Score all items for every user: recommended lists, the full ranking and, in simulated data, the truth. */
  readonly full: boolean;
}

export const EVALUATION_DEFAULTS: Omit<EvaluationSettings, 'seed'> = {
  candidates: 100,
  cutoffs: CUTOFFS,
  unbiasedWeight: '1/exposure',
  clip: 0,
  normalisation: 'self-normalised',
  bootstrap: 1000,
  full: true,
};
