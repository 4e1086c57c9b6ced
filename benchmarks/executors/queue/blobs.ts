import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { UserError } from '../../../support/errors.js';
import { sha256Of } from '../packed_data.js';
import { KEPT_SECONDS, type Keys } from './keys.js';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** Bytes of a piece before it is compressed. */
const PIECE = 1 << 20;
/** Pieces that are under way at once. */
const AT_ONCE = 8;
/** Bytes that a blob may have: more fits into no buffer. */
const MOST_BYTES = 2 ** 32;
const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

const metaSchema = z.strictObject({ version: z.literal(1), bytes: z.number().int().nonnegative().max(MOST_BYTES) });

/** Bytes in the server, by their SHA-256, in compressed pieces. */
export class Blobs {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  /** Whether they are all there; then they are kept for longer. */
  async has(sha256: string): Promise<boolean> {
    const key = this.keys.blob(sha256);
    if ((await this.redis.hget(key, 'meta')) === null) return false;
    await this.redis.expire(key, KEPT_SECONDS);
    return true;
  }

  /** Throws UserError where the server is full. */
  async put(sha256: string, bytes: Uint8Array): Promise<void> {
    const key = this.keys.blob(sha256);
    const count = Math.ceil(bytes.length / PIECE);
    try {
      for (let from = 0; from < count; from += AT_ONCE)
        await Promise.all(
          Array.from({ length: Math.min(AT_ONCE, count - from) }, async (_, k) => {
            const at = (from + k) * PIECE;
            await this.redis.hset(key, `${from + k}`, await compress(bytes.subarray(at, at + PIECE), FAST));
          }),
        );
      // The last: what has it is whole.
      await this.redis.hset(key, 'meta', JSON.stringify({ version: 1, bytes: bytes.length }));
      await this.redis.expire(key, KEPT_SECONDS);
    } catch (error) {
      throw explainFull(error);
    }
  }

  /** The bytes, held against their hash; undefined where they are not there. Throws UserError where they are damaged. */
  async get(sha256: string): Promise<Uint8Array | undefined> {
    const key = this.keys.blob(sha256);
    const text = await this.redis.hget(key, 'meta');
    if (text === null) return undefined;
    const damaged = new UserError(`the data ${sha256.slice(0, 12)} in the queue's server are damaged`);
    let size: number;
    try {
      size = metaSchema.parse(JSON.parse(text)).bytes;
    } catch {
      throw damaged;
    }
    const out = new Uint8Array(size);
    const count = Math.ceil(size / PIECE);
    for (let from = 0; from < count; from += AT_ONCE)
      await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, count - from) }, async (_, k) => {
          const at = (from + k) * PIECE;
          const packed = await this.redis.hgetBuffer(key, `${from + k}`);
          const piece = packed && (await decompress(packed, { maxOutputLength: PIECE }).catch(() => undefined));
          if (piece?.length !== Math.min(PIECE, size - at)) throw damaged;
          out.set(piece, at);
        }),
      );
    if (sha256Of(out) !== sha256) throw damaged;
    return out;
  }

  async remove(sha256: string): Promise<void> {
    await this.redis.del(this.keys.blob(sha256));
  }
}

/** The error as a mistake of the user's where it is that the server is full. */
export function explainFull(error: unknown): unknown {
  return /^OOM|OOM command not allowed/.test((error as Error).message)
    ? new UserError(
        "the queue's server is full: raise its maxmemory, or remove what is not needed; the same command then goes on",
      )
    : error;
}
