import { Registry } from '../../support/registry.js';
import type { Estimate, EstimateDefinition } from './estimate.js';
import { expected } from './expected.js';
import { fullRanking } from './full_ranking.js';
import { popularity } from './popularity.js';
import { propensity } from './propensity.js';
import { robust } from './robust.js';
import { standard } from './standard.js';
import { UNBIASED_WEIGHTS, type UnbiasedWeight, unbiased } from './unbiased.js';

/** Every estimate, in the order of tables. A new one is a file in this folder and a line here. */
export const estimates = new Registry<EstimateDefinition>('estimate', [
  standard,
  fullRanking,
  popularity,
  propensity,
  robust,
  unbiased,
  expected,
]);

/** Reads "robust" or "unbiased:1/exposure". Throws UserError for what names none. */
export function estimateNamed(key: string): Estimate {
  const [, name = key, argument] = /^([^:]*):(.*)$/.exec(key) ?? [];
  return estimates.get(name).make(argument);
}

/** What every trial is asked for; `propensityModels` debias, too, and `weight` is what "unbiased" means where nobody says. */
export const estimatesWith = (propensityModels: readonly string[], weight: UnbiasedWeight): Estimate[] =>
  [
    ...['standard', 'full-ranking', 'popularity', ...propensityModels.map((name) => `propensity:${name}`), 'robust'],
    ...[weight, ...UNBIASED_WEIGHTS.filter((other) => other !== weight)].map((one) => `unbiased:${one}`),
    'expected',
  ].map(estimateNamed);
