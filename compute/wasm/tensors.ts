import type { Activation } from '../kernels.js';
import type { Owned } from '../scopes.js';
import { type DataType, sizeOf, type Tensor } from '../tensor.js';

/** A tensor at an address of linear memory. */
export class WasmTensor implements Owned {
  readonly size: number;
  isScoped = false;
  isFreed = false;

  constructor(
    readonly shape: readonly number[],
    readonly dtype: DataType,
    readonly address: number,
  ) {
    this.size = sizeOf(shape);
  }
}

/** Address of a tensor of this backend. */
export const at = (tensor: Tensor): number => (tensor as WasmTensor).address;
/** The least number that an activation lets through. */
export const least = (activation: Activation): number => (activation === 'relu' ? 0 : Number.NEGATIVE_INFINITY);
/** Numbers in a row. */
export const width = (tensor: Tensor): number => tensor.size / (tensor.shape[0] as number);
