const decoder = new TextDecoder('utf-8', { fatal: true });

/** A sign that no text has: by it bytes are known that only happen to be UTF-8. */
const isControl = (byte: number): boolean => byte < 9 || (byte > 13 && byte < 32) || byte === 127;

/**
 * Bytes as the text that they are; else by their digits, such as \x00ff, as PostgreSQL writes them: a sign in the place of all that is no text
 * would make one id of many.
 */
export function textOfBytes(bytes: Uint8Array): string {
  try {
    if (!bytes.some(isControl)) return decoder.decode(bytes);
  } catch {
    // No UTF-8.
  }
  return `\\x${Buffer.from(bytes).toString('hex')}`;
}

/** SQL of the same, of a column of bytes. */
export function textOfBlob(column: string): string {
  const text = `TRY(decode(${column}))`;
  return `CASE WHEN ${text} IS NOT NULL AND NOT regexp_matches(${text}, '[\\x00-\\x08\\x0e-\\x1f\\x7f]') THEN ${text} ELSE '\\x' || lower(hex(${column})) END`;
}

/** Whether a file begins with bytes that no text in UTF-8 or Latin-1 has: names such as ORCHID and PAR1S begin texts, too. */
export const isBinary = (start: Buffer): boolean =>
  start.subarray(0, 4096).some((byte) => isControl(byte) && byte !== 0x1a && byte !== 0x1b && byte !== 127);
