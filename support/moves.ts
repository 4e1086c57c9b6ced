/** Numbers as text, to be kept in files of results: base64 of float32, little-endian. */
export function encodeMoves(moves: ArrayLike<number>): string {
  const bytes = new Uint8Array(Float32Array.from(moves).buffer);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** Reads what `encodeMoves` wrote; undefined for what it did not. */
export function decodeMoves(text: string | undefined): Float32Array | undefined {
  if (text === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    return bytes.length > 0 && bytes.length % 4 === 0 ? new Float32Array(bytes.buffer) : undefined;
  } catch {
    return undefined;
  }
}
