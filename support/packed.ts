import { z } from 'zod';
import { UserError } from './errors.js';

/** Typed arrays that may stand in a packed value. */
const KINDS = { Uint8Array, Int32Array, Float32Array, Float64Array } as const;
type Kind = keyof typeof KINDS;
export type PackedArray = InstanceType<(typeof KINDS)[Kind]>;

/** First bytes of what is packed, with the version. */
const HEAD = 'expopk1\n';
/** Arrays begin at multiples of this many bytes, so that they can be read where they are. */
const ALIGN = 8;

const headerSchema = z.strictObject({
  value: z.unknown(),
  arrays: z.array(
    z.strictObject({
      kind: z.enum(Object.keys(KINDS) as [Kind, ...Kind[]]),
      length: z.number().int().nonnegative(),
    }),
  ),
});

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN;

/** By its own word, since an array of another realm, such as one that was cloned, is no instance of ours. */
function kindOf(value: unknown): Kind | undefined {
  const tag = ArrayBuffer.isView(value) ? (value as PackedArray)[Symbol.toStringTag] : undefined;
  return tag !== undefined && Object.hasOwn(KINDS, tag) ? (tag as Kind) : undefined;
}

/**
 * Plain objects, with typed arrays in them, as bytes: the same for the same value, so that their hash is its name. Objects lose what JSON does not
 * keep, such as what is undefined. Layout: 8 bytes that tell what it is; uint32 length of the header; the header in JSON; the arrays, little-endian.
 */
export function pack(value: unknown): Uint8Array {
  const arrays: PackedArray[] = [];
  // Asked of what holds it, since JSON makes something else of a Buffer before anybody is asked.
  const text = JSON.stringify(value, function (this: Record<string, unknown>, name, one: unknown) {
    const given = this[name];
    return kindOf(given) ? { $array: arrays.push(given as PackedArray) - 1 } : one;
  });
  const described = arrays.map((array) => ({ kind: kindOf(array), length: array.length }));
  const header = Buffer.from(`{"value":${text},"arrays":${JSON.stringify(described)}}`);
  const start = aligned(HEAD.length + 4 + header.length);
  const out = Buffer.alloc(arrays.reduce((sum, { byteLength }) => sum + aligned(byteLength), start));
  out.write(HEAD, 'latin1');
  out.writeUInt32LE(header.length, HEAD.length);
  header.copy(out, HEAD.length + 4);
  let at = start;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    out.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += aligned(byteLength);
  }
  return out;
}

/** Reads what `pack` wrote, arrays in shared memory. Throws UserError for anything else. */
export function unpack(bytes: Uint8Array): unknown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const broken = new UserError('packed data are cut off, or are none');
  if (buffer.length < HEAD.length + 4 || buffer.toString('latin1', 0, HEAD.length) !== HEAD) throw broken;
  const length = buffer.readUInt32LE(HEAD.length);
  const end = HEAD.length + 4 + length;
  if (end > buffer.length) throw broken;
  let header: z.infer<typeof headerSchema>;
  try {
    header = headerSchema.parse(JSON.parse(buffer.toString('utf8', HEAD.length + 4, end)));
  } catch {
    throw broken;
  }
  let at = aligned(end);
  const arrays = header.arrays.map(({ kind, length: count }) => {
    const size = count * KINDS[kind].BYTES_PER_ELEMENT;
    if (at + size > buffer.length) throw broken;
    const shared = new SharedArrayBuffer(size);
    new Uint8Array(shared).set(buffer.subarray(at, at + size));
    at += aligned(size);
    return new KINDS[kind](shared as unknown as ArrayBuffer);
  });
  return withArrays(header.value, arrays, broken);
}

/** Puts arrays back in the places that they were taken from. */
function withArrays(value: unknown, arrays: readonly PackedArray[], broken: Error): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    // Long lists of ids are left as they are.
    return typeof value[0] === 'object' ? value.map((one) => withArrays(one, arrays, broken)) : value;
  }
  const names = Object.keys(value);
  if (names.length === 1 && names[0] === '$array') {
    const array = arrays[(value as { $array: number }).$array];
    if (!array) throw broken;
    return array;
  }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withArrays(one, arrays, broken)]));
}
