import lz4 from '@foxglove/wasm-lz4';
import * as zstd from '@foxglove/wasm-zstd';
import { CompressionType, compressionRegistry } from 'apache-arrow';

/** What one column of one record batch may unpack to: the libraries' memory ends at 2 GiB, and they hold a packed copy beside it. */
const MOST_BYTES = 2 ** 30;

/** What is packed at most, in one column of a record batch. */
const MOST_PACKED = 2 ** 26;

/** zstd's own default: stronger levels gain a few percent for several times the time. */
const LEVEL = 3;

let ready: Promise<void> | undefined;

/**
 * Makes apache-arrow able to unpack bodies packed with zstd and LZ4, which is what polars and pandas write, and to pack with zstd. To be awaited
 * before a file is read or written.
 */
export function loadCodecs(): Promise<void> {
  ready ??= Promise.all([zstd.isLoaded, lz4.isLoaded]).then(() => {
    compressionRegistry.set(CompressionType.ZSTD, {
      encode: pack,
      decode: (packed) => unpack(packed, zstd.decompress),
    });
    compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (packed) => unpack(packed, lz4) });
  });
  return ready;
}

/**
 * Packs with zstd: the same bytes on every machine, since the library is WebAssembly. What is larger stays as it is, which the format allows of each
 * buffer by itself: factors of many users, whose digits are as good as random, are not worth the memory.
 */
function pack(bytes: Uint8Array): Uint8Array {
  return bytes.length > MOST_PACKED ? bytes : zstd.compress(bytes, LEVEL);
}

/**
 * Unpacks one buffer. Its size stands before it in the file, and is not handed on by apache-arrow; that of the frame itself is often left out by
 * programs that write in a stream.
 */
function unpack(packed: Uint8Array, decompress: (packed: Uint8Array, size: number) => Uint8Array): Uint8Array {
  const before = new DataView(packed.buffer, packed.byteOffset - 8, 8);
  const size = Number(before.getBigInt64(0, true));
  if (!(size >= 0 && size <= MOST_BYTES))
    throw new RangeError(`a column of a record batch takes ${size} bytes unpacked, and ${MOST_BYTES} are the most`);
  const bytes = decompress(packed, size);
  if (bytes.length !== size)
    throw new RangeError(`a column of a record batch unpacks to ${bytes.length} bytes in the place of ${size}`);
  return Uint8Array.from(bytes); // in memory of its own, which begins where numbers of any width may
}
