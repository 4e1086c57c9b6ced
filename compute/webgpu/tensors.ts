import { type DataType, sizeOf, type Tensor } from '../tensor.js';
import type { Block } from './memory.js';

/** For each row of a table the batch's positions that use it, in order: positions[starts[row] .. starts[row + 1]). */
export interface PositionRuns {
  readonly rows: number;
  readonly starts: GpuTensor;
  readonly positions: GpuTensor;
}

/** A tensor in a GPU's memory. */
export class GpuTensor implements Tensor {
  readonly size: number;
  /** The contents are zeros, whatever the buffer holds: it is cleared when that is read, and never where it is added to. */
  isZero = false;
  /** Of an index tensor: its positions by row, once anyone has asked. */
  runs: PositionRuns | undefined;
  /** Of the slots of a lookup: how often each row is used. */
  uses: GpuTensor | undefined;
  /** Of the lists of such runs: the index tensor that they belong to, which must forget them when they are freed. */
  owner: GpuTensor | undefined;

  constructor(
    readonly shape: readonly number[],
    readonly dtype: DataType,
    readonly block: Block,
  ) {
    this.size = sizeOf(shape);
  }

  /** Other numbers are in it now, or all zeros: what was known of those before is forgotten. */
  changed(isZero = false): void {
    this.isZero = isZero;
    this.runs = undefined;
    this.uses = undefined;
  }
}

export const gpuTensor = (tensor: Tensor): GpuTensor => tensor as GpuTensor;
/** Numbers in a row. */
export const width = (tensor: Tensor): number => tensor.size / (tensor.shape[0] as number);
