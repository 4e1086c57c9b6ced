import { FeatureReader, type Features, idsAlone } from '../../datasets/features.js';
import type { Interactions } from '../../datasets/interactions.js';
import type { SimulationConfig } from '../config.js';
import type { FeatureReaders } from './exposure.js';
import { exposureFunctions, exposureSettings } from './registry.js';

export const readersOf = ({ users, items }: Features): FeatureReaders => ({
  users: new FeatureReader(users),
  items: new FeatureReader(items),
});

/** Features as they were given, and ids alone where they were not. */
export const featuresOf = (
  { userIds, itemIds }: Pick<Interactions, 'userIds' | 'itemIds'>,
  { users, items }: Partial<Features> = {},
): Features => ({ users: users ?? idsAlone('user', userIds), items: items ?? idsAlone('item', itemIds) });

/**
 * The features that a world of this configuration must hold: those given where its function looks at them, else none. Throws UserError where the function
 * wants what is not there, before anything is trained.
 */
export function neededFeatures({ exposure, dim }: SimulationConfig, given: () => Features): Features | undefined {
  if (!exposureFunctions.has(exposure.name)) return given(); // a function of the user's may look at all
  const definition = exposureFunctions.get(exposure.name);
  const settings = exposureSettings(definition, exposure.settings);
  const features = definition.seesFeatures(settings) ? given() : undefined;
  definition.check(settings as never, { dim, features: features && readersOf(features) });
  return features;
}
