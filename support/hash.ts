import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';

/** SHA-256 of a file, as 64 hexadecimal digits. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The same at once, for where nothing may come between. */
export function hashFileNow(path: string): string {
  const [hash, block, file] = [createHash('sha256'), Buffer.alloc(1 << 20), openSync(path, 'r')];
  try {
    for (let read = readSync(file, block); read > 0; read = readSync(file, block)) hash.update(block.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}

/** SHA-256 of what JSON writes of a value. */
export const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

const SUM_LENGTH = 16;

/** Checksum of a line of JSON, by which one that was changed or cut off is told. */
export const lineSum = (value: object): string => hashOf(value).slice(0, SUM_LENGTH);
