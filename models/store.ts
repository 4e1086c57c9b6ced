import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Kernels, ParameterFactory } from '../compute/index.js';
import { UserError } from '../support/errors.js';
import type { OutputFolder } from '../support/output.js';
import { readArrays, writeArrays } from '../support/tensors.js';
import type { Model, ModelSettings, ModelSize } from './model.js';
import { createModel } from './registry.js';

const modelSchema = z.object({
  model: z.string(),
  size: z.object({ users: z.number(), items: z.number(), dim: z.number() }),
  settings: z.record(z.string(), z.number()).default({}),
});

/** Writes weights.arrow (a row a parameter) and model.json (name and sizes). */
export async function writeModel(
  folder: OutputFolder,
  name: string,
  trained: { kernels: Kernels; model: Model; size: ModelSize; settings: ModelSettings },
): Promise<void> {
  const { kernels, model, size, settings } = trained;
  const arrays: Record<string, { shape: readonly number[]; values: Float32Array }> = {};
  for (const { name: parameter, value } of model.parameters) {
    const { buffer, byteOffset, length } = await kernels.read(value);
    arrays[parameter] = { shape: value.shape, values: new Float32Array(buffer, byteOffset, length) }; // integers as their bits
  }
  await writeArrays(folder.file('weights.arrow'), arrays);
  folder.writeJson('model.json', { model: name, size, settings });
}

/** Loads a trained model. Throws UserError where the folder holds none, or one that does not fit. */
export async function readModel(
  kernels: Kernels,
  path: string,
): Promise<{ model: Model; size: ModelSize; name: string }> {
  const file = join(path, 'model.json');
  if (!existsSync(file)) throw new UserError(`"${path}" holds no model: name a folder made by "expobench train"`);
  const { model: name, size, settings } = modelSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const model = createModel(name, kernels, new ParameterFactory(kernels, 0), size, settings);
  const arrays = await readArrays(join(path, 'weights.arrow'));
  if (model.restore) {
    model.restore(arrays);
    return { model, size, name };
  }
  for (const { name: parameter, value } of model.parameters) {
    const saved = arrays[parameter];
    if (!saved || saved.values.length !== value.size) {
      throw new UserError(
        `"${path}": weights.arrow lacks "${parameter}" with ${value.size} numbers: it belongs to another version or was changed`,
      );
    }
    kernels.write(value, saved.values);
  }
  return { model, size, name };
}
