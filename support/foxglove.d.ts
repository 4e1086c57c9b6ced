/** The packages' own declarations are of scripts, not of modules. */
declare module '@foxglove/wasm-zstd' {
  export const isLoaded: Promise<unknown>;
  export function compress(bytes: Uint8Array, level: number): Uint8Array;
  export function decompress(packed: Uint8Array, size: number): Uint8Array;
}
