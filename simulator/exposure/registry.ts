import { UserError } from '../../support/errors.js';
import { Registry, unknownName } from '../../support/registry.js';
import { affinity } from './affinity.js';
import { bubble } from './bubble.js';
import type { ExposureDefinition, ExposureSettings } from './exposure.js';
import { expression } from './expression.js';
import { network } from './network.js';
import { none } from './none.js';
import { policy } from './policy.js';
import { popularity } from './popularity.js';

/** Every built-in exposure function. A new one is a file in this folder and a line here. */
export const exposureFunctions = new Registry<ExposureDefinition>('exposure function', [
  none,
  popularity,
  affinity,
  bubble,
  policy,
  network,
  expression,
]);

/** Checks settings and fills in defaults. Throws UserError naming the setting. */
export function exposureSettings(definition: ExposureDefinition, given: ExposureSettings): ExposureSettings {
  const known = Object.keys(definition.settings.shape);
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) {
      throw new UserError(
        known.length === 0
          ? `the exposure function "${definition.name}" has no setting, so not "${name}"`
          : unknownName(`setting of "${definition.name}"`, name, known),
      );
    }
  }
  const parsed = definition.settings.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(`exposure "${definition.name}", setting "${issue?.path.join('.')}": ${issue?.message}`);
  }
  return parsed.data as ExposureSettings;
}
