/**
 * Random numbers are functions of what they are drawn for: (seed, stream, replicate, row, column), through Philox4x32-10. A stream
 * is named in words; its number is a hash of the name, so that a new stream never moves the draws of another.
 */

/** The purpose of a draw, besides its row and column. */
export interface DrawKey {
  readonly seed: number;
  /** From `stream(name)`. */
  readonly stream: number;
  /** Epoch, repetition or whatever else distinguishes draws of one stream; 0 by default. */
  readonly replicate?: number;
}

/** The number of a named stream: 32-bit FNV-1a of the name. */
export function stream(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** A seed's two key words. Seeds are integers in [0, 2^53). */
export function keyWords(seed: number): [number, number] {
  return [seed >>> 0, Math.floor(seed / 4294967296) >>> 0];
}
