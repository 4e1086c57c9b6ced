import type { ModelDefinition } from '../models/model.js';
import { models } from '../models/registry.js';
import { UserError } from '../support/errors.js';
import { Registry, unknownName } from '../support/registry.js';
import { trainedPropensity } from './model.js';
import { oracle } from './oracle.js';
import { pop } from './pop.js';
import { popSigmoid } from './pop_sigmoid.js';
import type { PropensityDefinition } from './propensity.js';

/** Propensities that are no models. A new one is a file in this folder and a line here. */
export const propensities = new Registry<PropensityDefinition>('propensity', [pop, oracle, popSigmoid]);

/** What models and propensities there are; those of a user's own files besides. */
export interface ModelCatalogue {
  readonly models: Registry<ModelDefinition>;
  readonly propensities: Registry<PropensityDefinition>;
}

export const builtInModels: ModelCatalogue = { models, propensities };

/** Names of all propensities, those that are models last. */
export const propensityNames = ({ models, propensities }: ModelCatalogue): string[] => [
  ...propensities.names,
  ...models.all.filter(({ trained, loss }) => trained && !loss).map(({ name }) => name),
];

/** Looks one up. Throws UserError for an unknown name, or a model that gives no probability. */
export function propensityNamed(name: string, catalogue: ModelCatalogue): PropensityDefinition {
  const { models, propensities } = catalogue;
  if (propensities.has(name)) return propensities.get(name);
  const known = propensityNames(catalogue);
  const model = known.find((one) => one.toLowerCase() === name.toLowerCase());
  if (model !== undefined) return trainedPropensity(models.get(model));
  const why = models.has(name) ? `${models.get(name).name} gives no probability` : unknownName('model', name, known);
  throw new UserError(`the exposure model must be one of ${known.join(', ')}: ${why}`);
}
