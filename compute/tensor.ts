/** Element types of tensors. */
export type DataType = 'float32' | 'int32';

/** A dense, row-major array that lives in a backend's memory. Created and freed by the backend's kernels. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly dtype: DataType;
  /** Number of elements. */
  readonly size: number;
}

/** Product of the sizes of a shape's axes; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, axis) => product * axis, 1);
}

/**
 * The rows of a table that a batch uses, each once. `slots[r]` says at which place of `rows` the batch's position r finds its row;
 * `uses` counts the positions of each distinct row.
 */
export interface Lookup {
  /** How many positions the batch has. */
  readonly positions: number;
  /** How many distinct rows they use, or as many as they might: the rest stand last, with no uses. */
  readonly count: number;
  readonly rows: Tensor;
  readonly slots: Tensor;
  readonly uses: Tensor;
}
