import type { Tensor as DeviceTensor } from '@tensorflow/tfjs';
import type { Owned } from '../scopes.js';
import { type DataType, sizeOf, type Tensor } from '../tensor.js';
import type { WasmTensor } from '../wasm/tensors.js';

/**
 * A tensor whose numbers TensorFlow holds, or, of integers, the host, where lookups and draws need them; what is also wanted on the other side is
 * put there when first asked for. TensorFlow's own tensors never change, so that to change one is to put another in its place.
 */
export class TfTensor implements Owned {
  readonly size: number;
  device: DeviceTensor | undefined;
  host: Int32Array | Float32Array | undefined;
  /** The same numbers in the default backend's memory, once they were wanted there. */
  lent: WasmTensor | undefined;
  isScoped = false;
  isFreed = false;

  constructor(
    readonly shape: readonly number[],
    readonly dtype: DataType,
  ) {
    this.size = sizeOf(shape);
  }
}

export const tfTensor = (tensor: Tensor): TfTensor => tensor as TfTensor;
/** Numbers in a row. */
export const width = (tensor: Tensor): number => tensor.size / (tensor.shape[0] as number);
