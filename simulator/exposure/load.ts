import { existsSync } from 'node:fs';
import { bundleModule } from '../../support/bundle.js';
import { UserError } from '../../support/errors.js';
import { runOwnModule } from '../../support/own_module.js';
import { MUST_EXPORT, type PairContext } from './custom.js';

/** Bundles a function's file. Throws UserError with file and line. */
export async function bundleExposure(path: string): Promise<string> {
  if (!existsSync(path))
    throw new UserError(`--exposure "${path}" does not exist: name a .ts or .js file, or a built-in function`);
  return bundleModule(path);
}

/** Bundles a function's file and tries it once, in a thread of its own, so that one that loops or exits is found before any work is done. */
export async function loadExposure(path: string, dim: number): Promise<string> {
  const source = await bundleExposure(path);
  const vector = new Float32Array(dim).fill(0.1);
  const pair: PairContext = {
    ...{ user: 0, item: 0, userId: '', itemId: '', userFeatures: {}, itemFeatures: {} },
    ...{ popularity: 0, share: 0.5, dot: 0.01 * dim },
  };
  const { exports } = await runOwnModule(path, { source, call: [vector, vector, pair] });
  if (exports['default'] !== 'function' && exports['block'] !== 'function')
    throw new UserError(`"${path}": ${MUST_EXPORT}`);
  return source;
}
