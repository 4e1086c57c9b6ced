/** Models with lazy Adam as a careful JavaScript programmer would write them: the references for the kernels. */

interface PlainTable {
  readonly w: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
  readonly g: Float32Array;
  readonly width: number;
}

/** A table of rows from a uniform distribution of the given width around 0. */
function table(rows: number, width: number, spread: number): PlainTable {
  return {
    w: Float32Array.from({ length: rows * width }, () => (Math.random() - 0.5) * spread),
    m: new Float32Array(rows * width),
    v: new Float32Array(rows * width),
    g: new Float32Array(rows * width),
    width,
  };
}

/** The rows of one side that a batch uses, each once. */
class Touched {
  private readonly rows: Int32Array;
  private readonly marks: Uint8Array;
  private count = 0;

  constructor(size: number) {
    this.rows = new Int32Array(size);
    this.marks = new Uint8Array(size);
  }

  add(row: number): void {
    if (this.marks[row]) return;
    this.marks[row] = 1;
    this.rows[this.count++] = row;
  }

  /** Steps the tables' touched rows and forgets them. */
  step(tables: readonly PlainTable[], rate: Rate): void {
    for (const one of tables) {
      for (let c = 0; c < this.count; c++) adam(one, (this.rows[c] as number) * one.width, one.width, rate);
    }
    for (let c = 0; c < this.count; c++) this.marks[this.rows[c] as number] = 0;
    this.count = 0;
  }
}

interface Rate {
  readonly step: number;
  readonly epsilon: number;
}

/** Adam's rate with its bias corrections in step t. */
function rateOf(rate: number, t: number): Rate {
  const correction = Math.sqrt(1 - 0.999 ** t);
  return { step: (rate * correction) / (1 - 0.9 ** t), epsilon: 1e-8 * correction };
}

function adam({ w, m, v, g }: PlainTable, from: number, count: number, { step, epsilon }: Rate): void {
  for (let k = from; k < from + count; k++) {
    const gradient = g[k] as number;
    g[k] = 0;
    const first = 0.9 * (m[k] as number) + 0.1 * gradient;
    const second = 0.999 * (v[k] as number) + 0.001 * gradient * gradient;
    m[k] = first;
    v[k] = second;
    (w[k] as number) -= (step * first) / (Math.sqrt(second) + epsilon);
  }
}

/** GMF with biases, one fused loop. */
export class PlainGmf {
  private readonly user: PlainTable;
  private readonly item: PlainTable;
  private readonly userBias: PlainTable;
  private readonly itemBias: PlainTable;
  private readonly weight: PlainTable;
  private readonly touchedUsers: Touched;
  private readonly touchedItems: Touched;
  private steps = 0;

  constructor(
    users: number,
    items: number,
    private readonly dim: number,
    private readonly rate: number,
  ) {
    [this.user, this.item] = [table(users, dim, 0.1), table(items, dim, 0.1)];
    [this.userBias, this.itemBias] = [table(users, 1, 0), table(items, 1, 0)];
    this.weight = table(1, dim, 0);
    this.weight.w.fill(1);
    [this.touchedUsers, this.touchedItems] = [new Touched(users), new Touched(items)];
  }

  /** One step over a batch; returns its mean loss. */
  train(users: Int32Array, items: Int32Array, labels: Float32Array): number {
    const { dim, user, item, userBias, itemBias } = this;
    const { w: weight, g: weightGradient } = this.weight;
    let loss = 0;
    const n = users.length;
    for (let r = 0; r < n; r++) {
      const u = users[r] as number;
      const i = items[r] as number;
      this.touchedUsers.add(u);
      this.touchedItems.add(i);
      const a = u * dim;
      const b = i * dim;
      let score = (userBias.w[u] as number) + (itemBias.w[i] as number);
      for (let k = 0; k < dim; k++) {
        score += (user.w[a + k] as number) * (item.w[b + k] as number) * (weight[k] as number);
      }
      const p = 1 / (1 + Math.exp(-score));
      const y = labels[r] as number;
      loss -= y === 1 ? Math.log(p) : Math.log(1 - p);
      const d = (p - y) / n;
      (userBias.g[u] as number) += d;
      (itemBias.g[i] as number) += d;
      for (let k = 0; k < dim; k++) {
        const x = user.w[a + k] as number;
        const z = item.w[b + k] as number;
        const dw = d * (weight[k] as number);
        (user.g[a + k] as number) += dw * z;
        (item.g[b + k] as number) += dw * x;
        (weightGradient[k] as number) += d * x * z;
      }
    }
    const rate = rateOf(this.rate, ++this.steps);
    this.touchedUsers.step([user, userBias], rate);
    this.touchedItems.step([item, itemBias], rate);
    adam(this.weight, 0, dim, rate);
    return loss / n;
  }
}

/** A dense layer of one row: inputs to outputs, weights row-major by output. */
interface PlainLayer {
  readonly weight: PlainTable;
  readonly bias: PlainTable;
  readonly out: Float64Array;
  readonly gradient: Float64Array;
}

/** MLP of hidden layers 32 and 16 on concatenated embeddings, row by row. */
export class PlainMlp {
  private readonly user: PlainTable;
  private readonly item: PlainTable;
  private readonly layers: PlainLayer[];
  private readonly input: Float64Array;
  private readonly inputGradient: Float64Array;
  private readonly touchedUsers: Touched;
  private readonly touchedItems: Touched;
  private steps = 0;

  constructor(
    users: number,
    items: number,
    private readonly dim: number,
    private readonly rate: number,
  ) {
    [this.user, this.item] = [table(users, dim, 0.1), table(items, dim, 0.1)];
    this.layers = [
      [2 * dim, 32],
      [32, 16],
      [16, 1],
    ].map(([inputs, outputs]) => ({
      weight: table(outputs as number, inputs as number, 0.5),
      bias: table(outputs as number, 1, 0),
      out: new Float64Array(outputs as number),
      gradient: new Float64Array(outputs as number),
    }));
    this.input = new Float64Array(2 * dim);
    this.inputGradient = new Float64Array(2 * dim);
    [this.touchedUsers, this.touchedItems] = [new Touched(users), new Touched(items)];
  }

  /** One step over a batch; returns its mean loss. */
  train(users: Int32Array, items: Int32Array, labels: Float32Array): number {
    const { dim, user, item, layers, input, inputGradient } = this;
    const n = users.length;
    let loss = 0;
    for (let r = 0; r < n; r++) {
      const u = users[r] as number;
      const i = items[r] as number;
      this.touchedUsers.add(u);
      this.touchedItems.add(i);
      for (let k = 0; k < dim; k++) {
        input[k] = user.w[u * dim + k] as number;
        input[dim + k] = item.w[i * dim + k] as number;
      }
      layers.forEach((layer, l) => forward(layer, l === 0 ? input : (layers[l - 1] as PlainLayer).out, l < 2));
      const last = layers[2] as PlainLayer;
      const p = 1 / (1 + Math.exp(-(last.out[0] as number)));
      const y = labels[r] as number;
      loss -= y === 1 ? Math.log(p) : Math.log(1 - p);
      last.gradient[0] = (p - y) / n;
      for (let l = 2; l >= 0; l--) {
        const below = layers[l - 1];
        backward(layers[l] as PlainLayer, below ? below.out : input, below ? below.gradient : inputGradient, l < 2);
      }
      for (let k = 0; k < dim; k++) {
        (user.g[u * dim + k] as number) += inputGradient[k] as number;
        (item.g[i * dim + k] as number) += inputGradient[dim + k] as number;
      }
    }
    const rate = rateOf(this.rate, ++this.steps);
    this.touchedUsers.step([user], rate);
    this.touchedItems.step([item], rate);
    for (const { weight, bias } of layers) {
      adam(weight, 0, weight.w.length, rate);
      adam(bias, 0, bias.w.length, rate);
    }
    return loss / n;
  }
}

function forward({ weight, bias, out }: PlainLayer, x: Float64Array, relu: boolean): void {
  for (let o = 0; o < out.length; o++) {
    let sum = bias.w[o] as number;
    for (let k = 0; k < x.length; k++) sum += (weight.w[o * x.length + k] as number) * (x[k] as number);
    out[o] = relu && sum < 0 ? 0 : sum;
  }
}

function backward({ weight, bias, out, gradient }: PlainLayer, x: Float64Array, gx: Float64Array, relu: boolean): void {
  gx.fill(0);
  for (let o = 0; o < out.length; o++) {
    if (relu && (out[o] as number) <= 0) continue;
    const d = gradient[o] as number;
    (bias.g[o] as number) += d;
    for (let k = 0; k < x.length; k++) {
      (gx[k] as number) += d * (weight.w[o * x.length + k] as number);
      (weight.g[o * x.length + k] as number) += d * (x[k] as number);
    }
  }
}
