import type { Tensor as DeviceTensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { DrawKey } from '../random.js';
import { markFreed } from '../scopes.js';
import { type DataType, sizeOf, type Tensor } from '../tensor.js';
import { WasmKernels, type WasmTensor } from '../wasm/wasm_kernels.js';
import type { Library, LoadedTensorFlow } from './library.js';
import { TfTensor, tfTensor, width } from './tensors.js';

/** Tensors that TensorFlow holds, and what is drawn for them on the host: it has no 32-bit products to draw with. */
export class TfStorage {
  protected readonly tf: Library;
  protected readonly host = new WasmKernels();
  private readonly scopes: TfTensor[][] = [];
  private readonly all = new Set<TfTensor>();

  constructor(readonly library: LoadedTensorFlow) {
    this.tf = library.tf;
  }

  private make(shape: readonly number[], dtype: DataType): TfTensor {
    const tensor = new TfTensor(shape, dtype);
    const scope = this.scopes.at(-1);
    if (scope) {
      tensor.isScoped = true;
      scope.push(tensor);
    }
    this.all.add(tensor);
    return tensor;
  }

  /** The result of work on device tensors; what it makes on the way is let go. */
  protected compute(shape: readonly number[], work: () => DeviceTensor, dtype: DataType = 'float32'): TfTensor {
    const out = this.make(shape, dtype);
    out.device = this.tf.tidy(() => this.tf.reshape(work(), shape as number[]));
    return out;
  }

  /** Puts a result in place of what a tensor held. */
  protected replace(tensor: Tensor, work: () => DeviceTensor): void {
    const own = tfTensor(tensor);
    const value = this.tf.tidy(() => this.tf.reshape(work(), own.shape as number[]));
    this.forget(own);
    own.device = value;
  }

  /** Lets go of a tensor's numbers, wherever they are. */
  private forget(own: TfTensor): void {
    own.device?.dispose();
    if (own.lent) this.host.free(own.lent);
    own.device = undefined;
    own.host = undefined;
    own.lent = undefined;
  }

  /** += */
  protected addTo(tensor: Tensor, work: () => DeviceTensor): void {
    const old = this.on(tensor);
    this.replace(tensor, () => this.tf.add(old, this.tf.reshape(work(), tensor.shape as number[])));
  }

  /** TensorFlow's own tensor of one of ours. */
  protected on(tensor: Tensor): DeviceTensor {
    const own = tfTensor(tensor);
    if (!own.device) {
      const { host, shape, dtype } = own;
      // Kept, since it may be asked for in the middle of work whose tensors go.
      own.device = this.tf.keep(this.tf.tensor(host as Int32Array, shape as number[], dtype));
    }
    return own.device;
  }

  protected flat(tensor: Tensor): Tensor1D {
    return this.tf.reshape(this.on(tensor), [tensor.size]);
  }

  /** As rows and columns. */
  protected matrix(tensor: Tensor): Tensor2D {
    return this.tf.reshape(this.on(tensor), [tensor.shape[0] as number, width(tensor)]);
  }

  /** Integers on the host. */
  protected integers(tensor: Tensor): Int32Array {
    const own = tfTensor(tensor);
    own.host ??= this.on(own).dataSync() as Int32Array;
    return own.host as Int32Array;
  }

  /** A tensor's numbers on the host. */
  protected hostValues(tensor: Tensor): Int32Array | Float32Array {
    const own = tfTensor(tensor);
    return own.host ?? (this.on(own).dataSync() as Float32Array);
  }

  /** The default backend's tensor with the numbers of one of ours, as long as they stay; asked for outside of the host's scopes. */
  protected lent(tensor: Tensor): WasmTensor {
    const own = tfTensor(tensor);
    own.lent ??= this.host.tensor(this.hostValues(own), own.shape);
    return own.lent;
  }

  /** Fills a tensor on the host, by work on the default backend's tensor of the same shape. */
  protected fillOnHost(tensor: Tensor, work: (out: WasmTensor) => void): void {
    this.host.scope(() => {
      const out = this.host.zeros(tensor.shape, tensor.dtype);
      work(out);
      this.write(tensor, this.host.view(out).slice());
    });
  }

  zeros(shape: readonly number[], dtype: DataType = 'float32'): TfTensor {
    const out = this.make(shape, dtype);
    if (dtype === 'int32') out.host = new Int32Array(out.size);
    else out.device = this.tf.zeros(shape as number[]);
    return out;
  }

  tensor(data: Float32Array | Int32Array, shape: readonly number[] = [data.length]): TfTensor {
    const out = this.make(shape, data instanceof Int32Array ? 'int32' : 'float32');
    out.host = data.slice(0, sizeOf(shape));
    return out;
  }

  write(tensor: Tensor, data: Float32Array | Int32Array, first = 0): void {
    const own = tfTensor(tensor);
    // A part is written where the numbers lie: a matrix may come row by row.
    const host = data.length === own.size ? data.slice() : (own.host ?? this.hostValues(own).slice());
    if (data.length < own.size) host.set(data, first);
    this.forget(own);
    own.host = host;
  }

  async read(tensor: Tensor): Promise<Float32Array | Int32Array> {
    const { host, device } = tfTensor(tensor);
    return (host ?? (await (device as DeviceTensor).data<'float32'>())).slice();
  }

  copy(from: Tensor, to: Tensor): void {
    const source = tfTensor(from);
    if (source.host) this.write(to, source.host);
    // A clone would share its numbers, and TensorFlow scatters into a table where it lies.
    else this.replace(to, () => this.tf.mul(this.on(from), 1));
  }

  fill(tensor: Tensor, value: number): void {
    if (tensor.dtype === 'int32') this.write(tensor, new Int32Array(tensor.size).fill(value));
    else this.replace(tensor, () => this.tf.fill(tensor.shape as number[], value));
  }

  free(tensor: Tensor): void {
    markFreed(tfTensor(tensor));
    this.release(tfTensor(tensor));
  }

  private release(own: TfTensor): void {
    own.isFreed = true;
    this.forget(own);
    this.all.delete(own);
  }

  close(): void {
    for (const tensor of [...this.all]) this.release(tensor);
  }

  scope<Result>(work: () => Result): Result {
    const made: TfTensor[] = [];
    this.scopes.push(made);
    try {
      return work();
    } finally {
      this.scopes.pop();
      for (const tensor of made) this.release(tensor);
    }
  }

  drawUniform(out: Tensor, key: DrawKey, firstRow = 0): void {
    this.fillOnHost(out, (own) => this.host.drawUniform(own, key, firstRow));
  }

  drawNormal(out: Tensor, key: DrawKey, location: number, scale: number, firstRow = 0): void {
    this.fillOnHost(out, (own) => this.host.drawNormal(own, key, location, scale, firstRow));
  }

  drawBounded(out: Tensor, key: DrawKey, bound: number): void {
    this.fillOnHost(out, (own) => this.host.drawBounded(own, key, bound));
  }

  drawPermutation(out: Tensor, key: DrawKey): void {
    this.fillOnHost(out, (own) => this.host.drawPermutation(own, key));
  }

  drawMask(shape: readonly number[], key: DrawKey, rate: number): Tensor {
    const out = this.zeros(shape);
    this.fillOnHost(out, (own) => this.host.copy(this.host.drawMask(shape, key, rate), own));
    return out;
  }

  slice(x: Tensor, first: number, count: number): Tensor {
    const { host } = tfTensor(x);
    if (host) return this.tensor(host.slice(first, first + count));
    return this.compute([count], () => this.tf.slice(this.flat(x), [first], [count]));
  }

  everyNth(x: Tensor, step: number): Tensor {
    const places = Int32Array.from({ length: Math.ceil(x.size / step) }, (_, k) => k * step);
    return this.compute([places.length], () => this.tf.gather(this.flat(x), places), x.dtype);
  }

  join(a: Tensor, b: Tensor): Tensor {
    if (a.dtype === 'int32') {
      const out = new Int32Array(a.size + b.size);
      out.set(this.integers(a));
      out.set(this.integers(b), a.size);
      return this.tensor(out);
    }
    return this.compute([a.size + b.size], () => this.tf.concat([this.flat(a), this.flat(b)]));
  }
}
