import { Registry } from '../../support/registry.js';
import type { Estimate, EstimateDefinition } from './estimate.js';
import { expected } from './expected.js';
import { fullRanking } from './full_ranking.js';
import { popularity } from './popularity.js';
import { propensity } from './propensity.js';
import { robust } from './robust.js';
import { standard } from './standard.js';
import { UNBIASED_WEIGHTS, unbiased, type WeightName, weightNamed } from './unbiased.js';

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
export function estimateNamed(key: string, registry: Registry<EstimateDefinition> = estimates): Estimate {
  const [, name = key, argument] = /^([^:]*):(.*)$/.exec(key) ?? [];
  return registry.get(name).make(argument);
}

/** What every trial is asked for. */
export function estimatesWith(
  {
    propensityModel,
    unbiasedWeight,
  }: { readonly propensityModel?: string | undefined; readonly unbiasedWeight: WeightName },
  registry: Registry<EstimateDefinition> = estimates,
): Estimate[] {
  const first = weightNamed(unbiasedWeight);
  const variants: Readonly<Record<string, readonly string[]>> = {
    [propensity.name]: propensityModel === undefined ? [] : [propensityModel],
    [unbiased.name]: [first, ...UNBIASED_WEIGHTS.filter((other) => other !== first)],
  };
  return registry.all.flatMap(
    (definition) =>
      variants[definition.name]?.map((argument) => definition.make(argument)) ?? [definition.make(undefined)],
  );
}
