import { expect, test } from '@jest/globals';
import { pack, unpack } from './packed.js';

const value = {
  name: 'ü "quoted"',
  ids: ['a', '', '\u0000'],
  numbers: { small: Uint8Array.of(1, 2, 3), whole: Int32Array.of(-1, 2 ** 31 - 1), half: Float32Array.of(0.5, -0) },
  list: [{ double: Float64Array.of(Number.NaN, 1e-300) }, 4],
  none: new Float32Array(0),
};

test('what was packed comes back, arrays in shared memory, and equal values are equal bytes', () => {
  const bytes = pack(value);
  const back = unpack(bytes) as typeof value;
  expect(back).toEqual(value);
  expect(back.numbers.whole.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(Buffer.compare(pack(structuredClone(value)), bytes)).toBe(0);
  // Bytes that do not begin at a multiple of eight, as those of a network.
  const odd = new Uint8Array(bytes.length + 3);
  odd.set(bytes, 3);
  expect(unpack(odd.subarray(3))).toEqual(value);
});

test('what is cut off, or is something else, is refused', () => {
  const bytes = pack(value);
  for (let length = 0; length < bytes.length - 8; length += 7)
    expect(() => unpack(bytes.subarray(0, length))).toThrow(/cut off/);
  expect(() => unpack(Buffer.from('{"json": true}'))).toThrow(/cut off/);
  const stranger = Buffer.from(pack({ a: { $array: 7 } }));
  expect(() => unpack(stranger)).toThrow(/cut off/);
});
