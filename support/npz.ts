import { type Zippable, zipSync } from 'fflate';
import { UserError } from './errors.js';

/** Arrays of NumPy: whole numbers and floating point ones. */
export type NpyValues = Int32Array | Float32Array | Float64Array | BigInt64Array;

export interface NpyArray {
  /** Empty for a scalar. */
  readonly shape: readonly number[];
  readonly values: NpyValues;
}

const KINDS = [
  [Int32Array, '<i4'],
  [Float32Array, '<f4'],
  [Float64Array, '<f8'],
  [BigInt64Array, '<i8'],
] as const;

/**
 * One array in NumPy's format: magic, version 1.0, a header padded so that the data begins at a multiple of 64 bytes, the data in C order and
 * little-endian, as typed arrays are on every machine that runs this.
 */
export function npyOf({ shape, values }: NpyArray): Uint8Array {
  const head = npyHead(KINDS.find(([type]) => values instanceof type)?.[1] ?? '', shape);
  const out = new Uint8Array(head.length + values.byteLength);
  out.set(head);
  out.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), head.length);
  return out;
}

/** What stands before the numbers; `kind` is NumPy's name of their type, such as "<f4". */
export function npyHead(kind: string, shape: readonly number[]): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const length = Math.ceil((10 + header.length + 1) / 64) * 64;
  const out = new Uint8Array(length).fill(0x20, 10);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(out.buffer).setUint16(8, length - 10, true);
  out.set(new TextEncoder().encode(header), 10);
  out[length - 1] = 0x0a;
  return out;
}

/** Sizes in zip archives are 32 bits wide, and the archive is put together in memory. */
const MOST_BYTES = 3.5 * 2 ** 30;

/**
 * Arrays by name as an .npz archive, which is a zip archive of .npy files; not compressed, and the same bytes each time.
 * Throws UserError for more than such an archive can hold.
 */
export function npzOf(arrays: Readonly<Record<string, NpyArray>>): Uint8Array {
  const size = Object.values(arrays).reduce((sum, { values }) => sum + values.byteLength, 0);
  if (size > MOST_BYTES)
    throw new UserError(
      `the arrays take ${(size / 2 ** 30).toFixed(1)} GiB, and an .npz archive as it is written here holds ${MOST_BYTES / 2 ** 30}: export fewer`,
    );
  const files: Zippable = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [`${name}.npy`, [npyOf(array), { level: 0, mtime: '1980-01-01' }]]),
  );
  return zipSync(files);
}
