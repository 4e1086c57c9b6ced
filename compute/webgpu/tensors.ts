import type { Owned } from '../scopes.js';
import { type DataType, sizeOf, type Tensor } from '../tensor.js';
import type { Block } from './memory.js';

/**
 * For each row of a table the batch's positions that use it, in order: positions[starts[firstRow + row] .. starts[firstRow + row + 1]). Both columns
 * of a batch share their lists.
 */
export interface PositionRuns {
  readonly rows: number;
  readonly firstRow: number;
  readonly starts: GpuTensor;
  readonly positions: GpuTensor;
}

/** A tensor in a GPU's memory. */
export class GpuTensor implements Owned {
  readonly size: number;
  isScoped = false;
  isFreed = false;
  /** The contents are zeros, whatever the buffer holds: it is cleared when that is read, and never where it is added to. */
  isZero = false;
  /** Of an index tensor: its positions by row, once anyone has asked. */
  runs: PositionRuns | undefined;
  /** Of the slots of a lookup: how often each row is used, and the slots of the batch's other column, looked up with them. */
  uses: GpuTensor | undefined;
  twin: GpuTensor | undefined;
  /** Of the lists of such runs: the index tensors that they belong to, which must forget them when they are freed. */
  owners: readonly GpuTensor[] = [];

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
    this.twin = undefined;
  }
}

export const gpuTensor = (tensor: Tensor): GpuTensor => tensor as GpuTensor;
/** Numbers in a row. */
export const width = (tensor: Tensor): number => tensor.size / (tensor.shape[0] as number);
