import type { Kernels, ParameterFactory } from '../compute/index.js';
import { UserError } from '../support/errors.js';
import { checkSettings, Registry } from '../support/registry.js';
import { attn } from './attn.js';
import { bpr } from './bpr.js';
import { cf } from './cf.js';
import { ease } from './ease.js';
import { gmf } from './gmf.js';
import { ials } from './ials.js';
import { ipsMf } from './ips_mf.js';
import { itemKnn } from './item_knn.js';
import { mf } from './mf.js';
import { mlp } from './mlp.js';
import type { Model, ModelDefinition, ModelSettings, ModelSize } from './model.js';
import { ncf } from './ncf.js';
import { pop } from './pop.js';
import { relmf } from './relmf.js';

/** Every recommender. A new one is a file in this folder and a line here. */
export const models = new Registry<ModelDefinition>('model', [
  pop,
  cf,
  mf,
  gmf,
  mlp,
  ncf,
  attn,
  itemKnn,
  ease,
  ials,
  bpr,
  relmf,
  ipsMf,
]);

/** A model's settings, checked, with defaults filled in. Throws UserError naming the setting. */
function modelSettings(definition: ModelDefinition, given: Readonly<Record<string, number | string>>): never {
  const { settings, name } = definition;
  if (!settings && Object.keys(given).length > 0) {
    throw new UserError(`the model "${name}" has no setting, so not "${Object.keys(given)[0]}"`);
  }
  return (settings ? checkSettings('model', name, settings, given) : {}) as ModelSettings as never;
}

/** Makes a model by name. Throws UserError for an unknown name or setting, or where sizes do not fit the model. */
export function createModel(
  name: string,
  kernels: Kernels,
  make: ParameterFactory,
  size: ModelSize,
  settings: Readonly<Record<string, number | string>> = {},
): Model {
  const definition = models.get(name);
  return definition.create(kernels, make, size, modelSettings(definition, settings));
}
