import { ParameterFactory, type Tensor, type WasmKernels } from '../compute/index.js';

const HIDDEN = 16;

/**
 * A random network of three layers with ReLU over the factors (x, z) of a pair, with output brought to mean 0 and standard
 * deviation 1 over all pairs of a sample of users. Serves as structured noise and as the exposure function `network`.
 */
export class RandomNetwork {
  private readonly userPart: Tensor;
  private readonly itemPart: Tensor;
  private readonly bias: Tensor;
  private readonly second: Tensor;
  private readonly secondBias: Tensor;
  private readonly last: Tensor;
  private mean = 0;
  private deviation = 1;

  /** x[users, dim] and z[items, dim] stay with the caller. */
  constructor(
    private readonly kernels: WasmKernels,
    name: string,
    seed: number,
    x: Tensor,
    z: Tensor,
  ) {
    const make = new ParameterFactory(kernels, seed);
    const normal = (part: string, rows: number, columns: number): Tensor =>
      make.table(`${name} network ${part}`, rows, columns, Math.sqrt(2 / rows)).value;
    const dim = x.shape[1] as number;
    const product = (factors: Tensor, part: string): Tensor => {
      const out = kernels.zeros([factors.shape[0] as number, HIDDEN]);
      // Factors are small numbers; unit variance in, unit variance out.
      const scaled = kernels.zeros(factors.shape);
      kernels.addScaled(1 / (rootMeanSquare(kernels.floats(factors)) || 1), factors, scaled);
      kernels.matmul(scaled, normal(part, dim, HIDDEN), out);
      kernels.free(scaled);
      return out;
    };
    this.userPart = product(x, 'user');
    this.itemPart = product(z, 'item');
    this.bias = kernels.zeros([HIDDEN]);
    this.second = normal('second', HIDDEN, HIDDEN);
    this.secondBias = kernels.zeros([HIDDEN]);
    this.last = normal('last', HIDDEN, 1);
    this.standardize();
  }

  /** Writes the network's output for (user, items[0 .. count)) to out. */
  listed(user: number, items: Tensor, out: Tensor): void {
    const { kernels } = this;
    kernels.scope(() => {
      const users = kernels.zeros([items.size], 'int32');
      kernels.fill(users, user);
      const first = kernels.gatherPairSum(this.userPart, users, this.itemPart, items, this.bias, 'relu');
      const second = kernels.zeros([items.size, HIDDEN]);
      kernels.matmul(first, this.second, second);
      kernels.addBias(second, this.secondBias, 'relu');
      const raw = kernels.zeros([items.size]);
      kernels.matmul(second, this.last, raw);
      const [from, to] = [kernels.floats(raw), kernels.floats(out)];
      for (let k = 0; k < items.size; k++) to[k] = ((from[k] as number) - this.mean) / this.deviation;
    });
  }

  private standardize(): void {
    const { kernels } = this;
    const [users, items] = [this.userPart.shape[0] as number, this.itemPart.shape[0] as number];
    kernels.scope(() => {
      const all = kernels.tensor(Int32Array.from({ length: items }, (_, i) => i));
      const out = kernels.zeros([items]);
      let [n, sum, squares] = [0, 0, 0];
      for (let user = 0; user < users; user += Math.max(1, Math.floor(users / 64))) {
        this.listed(user, all, out);
        for (const value of kernels.floats(out)) {
          n++;
          sum += value;
          squares += value * value;
        }
      }
      this.mean = sum / n;
      this.deviation = Math.sqrt(Math.max(0, squares / n - this.mean * this.mean)) || 1;
    });
  }
}

function rootMeanSquare(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}
