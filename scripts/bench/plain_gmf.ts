/** GMF with biases and lazy Adam as a careful JavaScript programmer would write it: the reference for the kernels. */
export class PlainGmf {
  private readonly tables: { w: Float32Array; m: Float32Array; v: Float32Array; g: Float32Array; width: number }[];
  private readonly weight: Float32Array;
  private readonly weightGradient: Float32Array;
  private readonly weightMoments: [Float32Array, Float32Array];
  private readonly touched: [Int32Array, Int32Array];
  private readonly marks: [Uint8Array, Uint8Array];
  private step = 0;

  constructor(
    users: number,
    items: number,
    private readonly dim: number,
    private readonly rate: number,
  ) {
    const table = (rows: number, width: number, scale: number) => ({
      w: Float32Array.from({ length: rows * width }, () => (Math.random() - 0.5) * scale),
      m: new Float32Array(rows * width),
      v: new Float32Array(rows * width),
      g: new Float32Array(rows * width),
      width,
    });
    this.tables = [table(users, dim, 0.1), table(items, dim, 0.1), table(users, 1, 0), table(items, 1, 0)];
    this.weight = new Float32Array(dim).fill(1);
    this.weightGradient = new Float32Array(dim);
    this.weightMoments = [new Float32Array(dim), new Float32Array(dim)];
    this.touched = [new Int32Array(users), new Int32Array(items)];
    this.marks = [new Uint8Array(users), new Uint8Array(items)];
  }

  train(users: Int32Array, items: Int32Array, labels: Float32Array): number {
    const { dim, weight, weightGradient } = this;
    const [user, item, userBias, itemBias] = this.tables as [PlainTable, PlainTable, PlainTable, PlainTable];
    const counts = [0, 0];
    let loss = 0;
    const n = users.length;
    for (let r = 0; r < n; r++) {
      const u = users[r] as number;
      const i = items[r] as number;
      this.mark(0, u, counts);
      this.mark(1, i, counts);
      const a = u * dim;
      const b = i * dim;
      let score = (userBias.w[u] as number) + (itemBias.w[i] as number);
      for (let k = 0; k < dim; k++)
        score += (user.w[a + k] as number) * (item.w[b + k] as number) * (weight[k] as number);
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
    this.step++;
    const correction = Math.sqrt(1 - 0.999 ** this.step);
    const size = (this.rate * correction) / (1 - 0.9 ** this.step);
    this.tables.forEach((table, t) => {
      const side = t % 2;
      for (let c = 0; c < (counts[side] as number); c++) {
        const row = (this.touched[side] as Int32Array)[c] as number;
        adam(table.w, table.m, table.v, table.g, row * table.width, table.width, size, 1e-8 * correction);
      }
    });
    adam(weight, this.weightMoments[0], this.weightMoments[1], weightGradient, 0, dim, size, 1e-8 * correction);
    for (const side of [0, 1] as const)
      for (let c = 0; c < (counts[side] as number); c++) this.marks[side][this.touched[side][c] as number] = 0;
    return loss / n;
  }

  private mark(side: 0 | 1, row: number, counts: number[]): void {
    if (this.marks[side][row]) return;
    this.marks[side][row] = 1;
    this.touched[side][(counts[side] as number)++] = row;
  }
}

type PlainTable = { w: Float32Array; m: Float32Array; v: Float32Array; g: Float32Array; width: number };

function adam(
  w: Float32Array,
  m: Float32Array,
  v: Float32Array,
  g: Float32Array,
  from: number,
  count: number,
  step: number,
  epsilon: number,
): void {
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
