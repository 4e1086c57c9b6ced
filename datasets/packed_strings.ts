import { sharedInt32, sharedUint8 } from './interactions.js';

/** Texts end to end in shared memory, so that threads read them without a copy. */
export interface PackedStrings {
  /** UTF-8. */
  readonly bytes: Uint8Array;
  /** Where each ends. */
  readonly ends: Int32Array;
}

export function packStrings(texts: readonly string[]): PackedStrings {
  const encoder = new TextEncoder();
  const parts = texts.map((text) => encoder.encode(text));
  const bytes = sharedUint8(parts.reduce((sum, part) => sum + part.length, 0));
  const ends = sharedInt32(texts.length);
  let at = 0;
  parts.forEach((part, k) => {
    bytes.set(part, at);
    at += part.length;
    ends[k] = at;
  });
  return { bytes, ends };
}

/** The texts again. */
export function unpackStrings({ bytes, ends }: PackedStrings): string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const own = bytes.slice(); // decoders refuse shared memory in a browser
  const plain = new Uint8Array(own.length);
  plain.set(own);
  return Array.from(ends, (end, k) => decoder.decode(plain.subarray(k === 0 ? 0 : (ends[k - 1] as number), end)));
}
