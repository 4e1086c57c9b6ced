import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Kernels, ParameterFactory } from '../compute/index.js';
import { checkedFile } from '../support/contents.js';
import { UserError } from '../support/errors.js';
import type { OutputFolder } from '../support/output.js';
import { readArrays, writeArrays } from '../support/tensors.js';
import type { Model, ModelSettings, ModelSize } from './model.js';
import { createModel } from './registry.js';

const modelSchema = z.object({
  model: z.string(),
  size: z.object({ users: z.number(), items: z.number(), dim: z.number() }),
  settings: z.record(z.string(), z.union([z.number(), z.string()])).default({}),
});

const manifestSchema = z.looseObject({ files: z.record(z.string(), z.string()) });

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

/** Hashes of a model's files, by its manifest. */
function readFiles(path: string): z.infer<typeof manifestSchema> {
  const file = join(path, 'manifest.json');
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new UserError(`"${file}" is missing or does not list the model's files with their hashes: train it again`);
  }
}

/** Loads a trained model. Throws UserError where the folder holds none, or one that does not fit. */
export async function readModel(
  kernels: Kernels,
  path: string,
): Promise<{ model: Model; size: ModelSize; name: string }> {
  const file = join(path, 'model.json');
  if (!existsSync(file)) throw new UserError(`"${path}" holds no model: name a folder made by "expobench train"`);
  const { files } = readFiles(path);
  const parsed = modelSchema.safeParse(JSON.parse(readFileSync(await checkedFile(path, 'model.json', files), 'utf8')));
  if (!parsed.success) throw new UserError(`"${file}" is not of a model of this version: train it again`);
  const { model: name, size, settings } = parsed.data;
  const model = createModel(name, kernels, new ParameterFactory(kernels, 0), size, settings);
  const arrays = await readArrays(await checkedFile(path, 'weights.arrow', files));
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
