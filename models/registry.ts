import { Registry } from '../support/registry.js';
import { cf } from './cf.js';
import { gmf } from './gmf.js';
import { mf } from './mf.js';
import { mlp } from './mlp.js';
import type { ModelDefinition } from './model.js';
import { ncf } from './ncf.js';
import { pop } from './pop.js';

/** Every recommender. A new one is a file in this folder and a line here. */
export const models = new Registry<ModelDefinition>('model', [pop, cf, mf, gmf, mlp, ncf]);
