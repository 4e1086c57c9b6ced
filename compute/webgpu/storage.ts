import { type DrawKey, keyWords } from '../random.js';
import { markFreed } from '../scopes.js';
import { type DataType, sizeOf, type Tensor } from '../tensor.js';
import { WasmKernels } from '../wasm/wasm_kernels.js';
import type { Gpu } from './device.js';
import { GpuQueue } from './queue.js';
import type { Shader } from './shader.js';
import { EVERY_NTH, FILL } from './shaders/elementwise.js';
import { BOUNDED, MASK, NORMAL_DRAWS, UNIFORM } from './shaders/random.js';
import { GpuTensor, gpuTensor } from './tensors.js';

/** Tensors in a GPU's memory, and what is drawn into them. */
export class GpuStorage {
  readonly queue: GpuQueue;
  protected readonly scopes: GpuTensor[][] = [];
  /** For the one thing that no GPU does well, the shuffling of an epoch, which is a chain of swaps. */
  private host: WasmKernels | undefined;

  constructor(readonly gpu: Gpu) {
    this.queue = new GpuQueue(gpu);
  }

  /** Bytes of GPU memory taken. */
  get bytes(): number {
    return this.queue.pool.bytes;
  }

  protected each(shader: Shader, tensors: readonly Tensor[], n: number, ...numbers: number[]): void {
    this.queue.runEach(shader, tensors as readonly GpuTensor[], n, ...numbers);
  }

  protected run(shader: Shader, tensors: readonly Tensor[], numbers: readonly number[], groups: number): void {
    this.queue.run(shader, tensors as readonly GpuTensor[], numbers, groups);
  }

  /** A tensor of arbitrary contents. */
  empty(shape: readonly number[], dtype: DataType = 'float32'): GpuTensor {
    const tensor = new GpuTensor(shape, dtype, this.queue.pool.take(Math.max(4, sizeOf(shape) * 4)));
    const scope = this.scopes.at(-1);
    if (scope) {
      tensor.isScoped = true;
      scope.push(tensor);
    }
    return tensor;
  }

  zeros(shape: readonly number[], dtype: DataType = 'float32'): GpuTensor {
    const tensor = this.empty(shape, dtype);
    tensor.isZero = true;
    return tensor;
  }

  tensor(data: Float32Array | Int32Array, shape: readonly number[] = [data.length]): GpuTensor {
    const tensor = this.empty(shape, data instanceof Int32Array ? 'int32' : 'float32');
    this.queue.write(tensor, data);
    return tensor;
  }

  write(tensor: Tensor, data: Float32Array | Int32Array, first = 0): void {
    this.queue.write(gpuTensor(tensor), data, first);
  }

  read(tensor: Tensor): Promise<Float32Array | Int32Array> {
    return this.queue.read(gpuTensor(tensor));
  }

  copy(from: Tensor, to: Tensor): void {
    this.queue.copy(gpuTensor(from), gpuTensor(to));
  }

  fill(tensor: Tensor, value: number): void {
    if (value === 0) gpuTensor(tensor).changed(true);
    else this.each(FILL, [tensor], tensor.size, value);
  }

  free(tensor: Tensor): void {
    markFreed(gpuTensor(tensor));
    this.release(gpuTensor(tensor));
  }

  private release({ block, owners }: GpuTensor): void {
    for (const owner of owners) owner.runs = undefined;
    this.queue.pool.give(block);
  }

  scope<Result>(work: () => Result): Result {
    const made: GpuTensor[] = [];
    this.scopes.push(made);
    try {
      return work();
    } finally {
      this.scopes.pop();
      for (let k = made.length - 1; k >= 0; k--) {
        const tensor = made[k] as GpuTensor;
        tensor.isFreed = true;
        this.release(tensor);
      }
      this.queue.breathe();
    }
  }

  drawUniform(out: Tensor, key: DrawKey, firstRow = 0): void {
    this.each(UNIFORM, [out], out.size, columnsOf(out), firstRow, ...keyNumbers(key));
  }

  drawNormal(out: Tensor, key: DrawKey, location: number, scale: number, firstRow = 0): void {
    this.each(NORMAL_DRAWS, [out], out.size, columnsOf(out), firstRow, ...keyNumbers(key), location, scale);
  }

  drawBounded(out: Tensor, key: DrawKey, bound: number): void {
    this.each(BOUNDED, [out], out.size, bound, ...keyNumbers(key));
  }

  drawMask(shape: readonly number[], key: DrawKey, rate: number): GpuTensor {
    const out = this.empty(shape);
    const threshold = Math.round(rate * 65536);
    const scale = 65536 / (65536 - threshold);
    this.each(MASK, [out], out.size, columnsOf(out), 0, ...keyNumbers(key), threshold, scale);
    return out;
  }

  drawPermutation(out: Tensor, key: DrawKey): void {
    this.host ??= new WasmKernels();
    const { host } = this;
    host.scope(() => {
      const order = host.empty(out.shape, 'int32');
      host.drawPermutation(order, key);
      this.write(out, host.integers(order));
    });
  }

  slice(x: Tensor, first: number, count: number): GpuTensor {
    const out = this.empty([count], x.dtype);
    this.queue.copy(gpuTensor(x), out, first, count);
    return out;
  }

  everyNth(x: Tensor, step: number): GpuTensor {
    const out = this.empty([Math.ceil(x.size / step)], x.dtype);
    this.each(EVERY_NTH, [x, out], out.size, step);
    return out;
  }

  join(a: Tensor, b: Tensor): GpuTensor {
    const out = this.empty([a.size + b.size], a.dtype);
    this.queue.copy(gpuTensor(a), out);
    this.queue.copy(gpuTensor(b), out, 0, b.size, a.size);
    return out;
  }
}

/** Columns of a tensor whose rows are drawn apart. */
const columnsOf = ({ shape, size }: Tensor): number => (shape.length > 1 ? size / (shape[0] as number) : size);

/** A key as the numbers that shaders take. */
export const keyNumbers = ({ stream, replicate = 0, seed }: DrawKey): number[] => [
  stream,
  replicate,
  ...keyWords(seed),
];
