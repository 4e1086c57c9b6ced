import type { Kernels } from './kernels.js';
import { type DrawKey, stream } from './random.js';
import { sizeOf, type Tensor } from './tensor.js';

/** A trained tensor with its name, unique within a model. */
export interface Parameter {
  readonly name: string;
  readonly value: Tensor;
}

/** Makes a model's parameters; initial values depend on the seed and the parameter's name alone. */
export class ParameterFactory {
  constructor(
    private readonly kernels: Kernels,
    private readonly seed: number,
    /** Goes before every name, so that two models of one seed begin apart. */
    private readonly prefix = '',
  ) {}

  /** Embedding rows from Normal(0, scale). */
  table(name: string, rows: number, width: number, scale = 0.05): Parameter {
    const value = this.kernels.zeros([rows, width]);
    this.kernels.drawNormal(value, this.key(name), 0, scale);
    return { name, value };
  }

  /**
   * Dense weights, uniform within sqrt(6 / (inputs + outputs)) of 0 (Glorot and Bengio 2010). `layerInputs` is the layer's number of
   * inputs where these weights are a part of it.
   */
  weight(name: string, inputs: number, outputs: number, layerInputs = inputs): Parameter {
    const bound = Math.sqrt(6 / (layerInputs + outputs));
    const value = this.kernels.zeros([inputs, outputs]);
    this.kernels.fill(value, -bound);
    this.kernels.scope(() => {
      const uniform = this.kernels.zeros([inputs * outputs]);
      this.kernels.drawUniform(uniform, this.key(name));
      this.kernels.addScaled(2 * bound, uniform, value);
    });
    return { name, value };
  }

  constant(name: string, shape: readonly number[], value = 0): Parameter {
    const parameter = { name, value: this.kernels.zeros(shape) };
    if (value !== 0 && sizeOf(shape) > 0) this.kernels.fill(parameter.value, value);
    return parameter;
  }

  private key(name: string): DrawKey {
    return { seed: this.seed, stream: stream(`initial ${this.prefix}${name}`) };
  }
}
