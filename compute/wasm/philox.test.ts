import { describe, expect, test } from '@jest/globals';
import { stream } from '../random.js';
import { WasmKernels } from './wasm_kernels.js';

const hex = (words: Int32Array): string[] => Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, '0'));

describe('Philox4x32-10', () => {
  // Known answers published with Random123 (kat_vectors).
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8'],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      ['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd'],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      ['d16cfe09', '94fdcceb', '5001e420', '24126ea1'],
    ],
  ])('counter %p, key %p', (counter, key, expected) => {
    const kernels = new WasmKernels();
    const out = kernels.zeros([4], 'int32');
    const [c0, c1, c2, c3] = counter as [number, number, number, number];
    const [k0, k1] = key as [number, number];
    kernels.raw.philoxWords(c0, c1, c2, c3, k0, k1, out.address);
    expect(hex(kernels.integers(out))).toEqual(expected);
  });

  test('four lanes at once give the words that one counter gives', () => {
    const kernels = new WasmKernels();
    const out = kernels.zeros([64], 'int32');
    kernels.raw.fillWords(64, 0, 7, 11, 3, 5, 13, out.address);
    const expected = Array.from({ length: 64 }, (_, column) => kernels.raw.wordAt(column, 7, 11, 3, 5, 13));
    expect(Array.from(kernels.integers(out))).toEqual(expected);
  });

  test('a draw belongs to its row and column, not to how many are drawn', () => {
    const kernels = new WasmKernels();
    const key = { seed: 9, stream: stream('test') };
    const all = kernels.zeros([10, 37]);
    kernels.drawUniform(all, key);
    const one = kernels.zeros([37]);
    kernels.drawUniform(one, key, 6);
    expect(Array.from(kernels.floats(one))).toEqual(Array.from(kernels.floats(all).subarray(6 * 37, 7 * 37)));
  });

  test('another seed, stream or replicate gives other numbers', () => {
    const kernels = new WasmKernels();
    const draw = (seed: number, name: string, replicate: number): string => {
      const out = kernels.zeros([16]);
      kernels.drawUniform(out, { seed, stream: stream(name), replicate });
      return kernels.floats(out).join();
    };
    const drawn = [draw(1, 'a', 0), draw(2, 'a', 0), draw(1 + 2 ** 32, 'a', 0), draw(1, 'b', 0), draw(1, 'a', 1)];
    expect(new Set(drawn).size).toBe(5);
  });
});
