import type { DataType, Kernels, Parameter, Tensor } from '../compute/index.js';
import { UserError } from '../support/errors.js';
import type { NamedArrays } from '../support/tensors.js';
import type { Model } from './model.js';

/** Tensors of a closed-form model, whose sizes come from the data, under the names that they are saved by. */
export interface DataParameters<Name extends string> extends Pick<Model, 'parameters'> {
  /** Throws where the model was neither fitted nor restored. */
  get(name: Name): Tensor;
  set(name: Name, value: Tensor): void;
  restore(arrays: NamedArrays): void;
}

/** Places for tensors of integers and of numbers. */
export function dataParameters<Name extends string>(
  kernels: Kernels,
  kinds: Readonly<Record<Name, DataType>>,
): DataParameters<Name> {
  const parameters: Parameter[] = [];
  const set = (name: Name, value: Tensor): void => {
    const place = parameters.findIndex((parameter) => parameter.name === name);
    parameters[place < 0 ? parameters.length : place] = { name, value };
  };
  return {
    parameters,
    set,
    get(name) {
      const parameter = parameters.find((other) => other.name === name);
      if (!parameter) throw new Error('the model was not fitted');
      return parameter.value;
    },
    restore(arrays) {
      for (const [name, kind] of Object.entries(kinds) as [Name, DataType][]) {
        const saved = arrays[name];
        if (!saved) throw new UserError(`weights.arrow lacks "${name}": it belongs to another version or was changed`);
        const { buffer, byteOffset, length } = saved.values;
        set(name, kernels.tensor(kind === 'int32' ? new Int32Array(buffer, byteOffset, length) : saved.values));
      }
    },
  };
}
