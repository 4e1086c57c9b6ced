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

/** Who has settings of its own: a model, or a method of the user's. */
export type SettingOwner = Pick<ModelDefinition, 'name' | 'settings'>;

/** A model's own settings, checked, with defaults filled in. Throws UserError naming the setting. */
export function modelSettings({ settings, name }: SettingOwner, given: ModelSettings = {}): ModelSettings {
  if (!settings && Object.keys(given).length > 0) {
    throw new UserError(`the model "${name}" has no setting, so not "${Object.keys(given)[0]}"`);
  }
  return (settings ? checkSettings('model', name, settings, given) : {}) as ModelSettings;
}

/** Makes a model of its definition. Throws UserError for an unknown setting, or where sizes do not fit the model. */
export function makeModel(
  definition: ModelDefinition,
  kernels: Kernels,
  make: ParameterFactory,
  size: ModelSize,
  settings?: ModelSettings,
): Model {
  return definition.create(kernels, make, size, modelSettings(definition, settings) as never);
}

/** Makes a model by name. Throws UserError for an unknown name besides. */
export function createModel(
  name: string,
  kernels: Kernels,
  make: ParameterFactory,
  size: ModelSize,
  settings?: ModelSettings,
): Model {
  return makeModel(models.get(name), kernels, make, size, settings);
}
