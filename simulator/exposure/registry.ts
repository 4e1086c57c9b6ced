import { checkSettings, Registry } from '../../support/registry.js';
import { affinity } from './affinity.js';
import { bubble } from './bubble.js';
import type { ExposureDefinition, ExposureSettings } from './exposure.js';
import { expression } from './expression.js';
import { group } from './group.js';
import { network } from './network.js';
import { none } from './none.js';
import { policy } from './policy.js';
import { popularity } from './popularity.js';
import { recency } from './recency.js';

/** Every built-in exposure function. A new one is a file in this folder and a line here. */
export const exposureFunctions = new Registry<ExposureDefinition>('exposure function', [
  none,
  popularity,
  affinity,
  bubble,
  policy,
  network,
  recency,
  group,
  expression,
]);

/** Checks settings and fills in defaults. Throws UserError naming the setting. */
export function exposureSettings(definition: ExposureDefinition, given: ExposureSettings): ExposureSettings {
  return checkSettings('exposure function', definition.name, definition.settings, given) as ExposureSettings;
}
