import { BackendError } from '../errors.js';

/** A buffer of the pool; its number stands for it in keys. */
export interface Block {
  readonly id: number;
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

/**
 * Buffers by size class, each class with a list of free ones. Steps of a training loop ask for the same sizes in the same order, and
 * give them back in reverse, so that each step meets the buffers of the last one, and their bindings.
 */
export class BufferPool {
  private readonly free = new Map<number, Block[]>();
  private readonly made: Block[] = [];
  /** Bytes of all buffers made. */
  bytes = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly largest: number,
    private readonly usage: number,
  ) {}

  /** A buffer of at least so many bytes with arbitrary contents. Throws BackendError where the GPU has none of that size. */
  take(bytes: number): Block {
    const size = sizeClass(bytes);
    const reused = this.free.get(size)?.pop();
    if (reused) return reused;
    const exact = Math.min(size, this.largest);
    if (bytes > exact)
      throw new BackendError(
        `a tensor of ${megabytes(bytes)} is larger than the ${megabytes(this.largest)} that this GPU can bind: use --backend wasm`,
      );
    this.bytes += exact;
    const buffer = this.device.createBuffer({ size: exact, usage: this.usage });
    const block = { id: this.made.length, bytes: size, buffer };
    this.made.push(block);
    return block;
  }

  give(block: Block): void {
    const list = this.free.get(block.bytes);
    if (list) list.push(block);
    else this.free.set(block.bytes, [block]);
  }

  /** Gives all buffers back to the device. */
  destroy(): void {
    for (const { buffer } of this.made) buffer.destroy();
    this.free.clear();
  }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`;

/** The least of 2^k (1, 1.25, 1.5, 1.75) that is at least `bytes`, and a multiple of 256. */
function sizeClass(bytes: number): number {
  if (bytes <= 1024) return Math.max(256, Math.ceil(bytes / 256) * 256);
  const quarter = 2 ** Math.floor(Math.log2(bytes - 1) - 2);
  return Math.ceil(bytes / quarter) * quarter;
}
