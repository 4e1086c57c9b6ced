import { type DrawKey, keyWords } from '../random.js';
import { markFreed } from '../scopes.js';
import { type DataType, sizeOf, type Tensor } from '../tensor.js';
import { instantiate, Memory, type WasmExports } from './memory.js';
import { at, WasmTensor } from './tensors.js';

/** Tensors in one linear memory, and what is drawn into them. */
export class WasmStorage {
  /** The raw kernels, for code that works on rows of its own (the simulator). */
  readonly raw: WasmExports;
  protected readonly memory: Memory;
  private scopes: WasmTensor[][] = [];

  constructor() {
    const { exports, memory } = instantiate();
    this.raw = exports;
    this.memory = new Memory(memory, exports.heapBase());
  }

  /** Bytes of linear memory taken. */
  get bytes(): number {
    return this.memory.taken;
  }

  /** A tensor of arbitrary contents. */
  empty(shape: readonly number[], dtype: DataType = 'float32'): WasmTensor {
    const tensor = new WasmTensor(shape, dtype, this.memory.allocate(sizeOf(shape) * 4));
    const scope = this.scopes.at(-1);
    if (scope) {
      tensor.isScoped = true;
      scope.push(tensor);
    }
    return tensor;
  }

  zeros(shape: readonly number[], dtype: DataType = 'float32'): WasmTensor {
    const tensor = this.empty(shape, dtype);
    this.view(tensor).fill(0);
    return tensor;
  }

  tensor(data: Float32Array | Int32Array, shape: readonly number[] = [data.length]): WasmTensor {
    const tensor = this.empty(shape, data instanceof Int32Array ? 'int32' : 'float32');
    this.view(tensor).set(data);
    return tensor;
  }

  /** The numbers in place; valid until the next tensor is made, since memory may then move. */
  view(tensor: Tensor): Float32Array | Int32Array {
    const buffer = this.memory.memory.buffer;
    return tensor.dtype === 'int32'
      ? new Int32Array(buffer, at(tensor), tensor.size)
      : new Float32Array(buffer, at(tensor), tensor.size);
  }

  /** `view` of an int32 tensor. */
  integers(tensor: Tensor): Int32Array {
    return new Int32Array(this.memory.memory.buffer, at(tensor), tensor.size);
  }

  /** `view` of a float32 tensor. */
  floats(tensor: Tensor): Float32Array {
    return new Float32Array(this.memory.memory.buffer, at(tensor), tensor.size);
  }

  /** One float64 that a raw kernel wrote. */
  double(tensor: Tensor, index = 0): number {
    return new Float64Array(this.memory.memory.buffer, at(tensor), index + 1)[index] as number;
  }

  write(tensor: Tensor, data: Float32Array | Int32Array, first = 0): void {
    this.view(tensor).set(data, first);
  }

  async read(tensor: Tensor): Promise<Float32Array | Int32Array> {
    return this.view(tensor).slice();
  }

  copy(from: Tensor, to: Tensor): void {
    this.view(to).set(this.view(from));
  }

  fill(tensor: Tensor, value: number): void {
    this.view(tensor).fill(value);
  }

  free(tensor: Tensor): void {
    markFreed(tensor as WasmTensor);
    this.memory.release(at(tensor), tensor.size * 4);
  }

  /** Nothing to do: the memory goes when nobody refers to it. */
  close(): void {}

  scope<Result>(work: () => Result): Result {
    const made: WasmTensor[] = [];
    this.scopes.push(made);
    try {
      return work();
    } finally {
      this.scopes.pop();
      for (const tensor of made) {
        tensor.isFreed = true;
        this.memory.release(tensor.address, tensor.size * 4);
      }
    }
  }

  drawUniform(out: Tensor, key: DrawKey, firstRow = 0): void {
    this.drawRows(out, firstRow, (n, row, address) =>
      this.raw.fillUniform(n, 0, row, key.stream, key.replicate ?? 0, ...keyWords(key.seed), address),
    );
  }

  drawNormal(out: Tensor, key: DrawKey, location: number, scale: number, firstRow = 0): void {
    const [k0, k1] = keyWords(key.seed);
    this.drawRows(out, firstRow, (n, row, address) =>
      this.raw.fillNormal(n, 0, row, key.stream, key.replicate ?? 0, k0, k1, location, scale, address),
    );
  }

  /** Draws row by row; rows are drawn sixteen numbers at a time, so the last row goes last and the overhang is overwritten. */
  protected drawRows(out: Tensor, firstRow: number, draw: (n: number, row: number, address: number) => void): void {
    const rows = out.shape.length > 1 ? (out.shape[0] as number) : 1;
    const columns = out.size / rows;
    for (let row = 0; row < rows; row++) draw(columns, firstRow + row, at(out) + row * columns * 4);
  }

  drawBounded(out: Tensor, key: DrawKey, bound: number): void {
    this.raw.fillBounded(out.size, bound, 0, key.stream, key.replicate ?? 0, ...keyWords(key.seed), at(out));
  }

  drawPermutation(out: Tensor, key: DrawKey): void {
    this.raw.fillPermutation(out.size, 0, key.stream, key.replicate ?? 0, ...keyWords(key.seed), at(out));
  }

  /** Lends memory for so many numbers. */
  protected withScratch(numbers: number, work: (address: number) => void): void {
    const address = this.memory.allocate(numbers * 4);
    work(address);
    this.memory.release(address, numbers * 4);
  }

  drawMask(shape: readonly number[], key: DrawKey, rate: number): WasmTensor {
    const out = this.empty(shape);
    const [k0, k1] = keyWords(key.seed);
    const threshold = Math.round(rate * 65536);
    const scale = 65536 / (65536 - threshold);
    const rows = out.shape.length > 1 ? (out.shape[0] as number) : 1;
    this.raw.fillMasks(rows, out.size / rows, key.stream, key.replicate ?? 0, k0, k1, threshold, scale, at(out));
    return out;
  }

  slice(x: Tensor, first: number, count: number): Tensor {
    const out = this.empty([count], x.dtype);
    this.view(out).set(this.view(x).subarray(first, first + count));
    return out;
  }

  everyNth(x: Tensor, step: number): Tensor {
    const out = this.empty([Math.ceil(x.size / step)], x.dtype);
    const [to, from] = [this.view(out), this.view(x)];
    for (let k = 0; k < to.length; k++) to[k] = from[k * step] as number;
    return out;
  }

  join(a: Tensor, b: Tensor): Tensor {
    const out = this.empty([a.size + b.size], a.dtype);
    this.view(out).set(this.view(a));
    this.view(out).set(this.view(b), a.size);
    return out;
  }
}
