import { sizeOf, type Tensor } from './tensor.js';

/** Thrown by the tape where operands do not fit together: names the operation and both shapes. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

type Shaped = Pick<Tensor, 'shape'>;

const shown = ({ shape }: Shaped): string => `[${shape.join(', ')}]`;
const sizeOfTensor = ({ shape }: Shaped): number => sizeOf(shape);
/** Rows of a matrix; numbers of a vector. */
const rows = ({ shape }: Shaped): number => shape[0] ?? 1;
/** Numbers in a row: 1 in a vector. */
const columns = ({ shape }: Shaped): number => sizeOf(shape.slice(1));

/** Throws ShapeError unless `fits`. `rule` says what would. */
export function expectShapes(operation: string, fits: boolean, a: Shaped, b: Shaped, rule: string): void {
  if (!fits) throw new ShapeError(`${operation}: shapes ${shown(a)} and ${shown(b)} do not fit together: ${rule}`);
}

/** Element by element: as many numbers here as there. */
export function expectSameSize(operation: string, a: Shaped, b: Shaped): void {
  expectShapes(operation, sizeOfTensor(a) === sizeOfTensor(b), a, b, 'both need the same number of elements');
}

export function expectProduct(operation: string, a: Shaped, b: Shaped): void {
  expectShapes(operation, columns(a) === rows(b), a, b, 'the first needs as many columns as the second has rows');
}

/** A number for each column. */
export function expectRowOf(operation: string, x: Shaped, row: Shaped): void {
  expectShapes(
    operation,
    columns(x) === sizeOfTensor(row),
    x,
    row,
    'the second needs a number for each column of the first',
  );
}

export function expectSameWidth(operation: string, a: Shaped, b: Shaped): void {
  expectShapes(operation, columns(a) === columns(b), a, b, 'both need the same number of columns');
}

export function expectSameRows(operation: string, a: Shaped, b: Shaped): void {
  expectShapes(operation, rows(a) === rows(b), a, b, 'both need the same number of rows');
}
