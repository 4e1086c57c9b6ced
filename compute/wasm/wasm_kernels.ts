import {
  type Activation,
  type AdamStep,
  type Batch,
  type Kernels,
  type KnownItems,
  OUTCOME_FORMS,
  type OutcomeForm,
  type PairIndices,
  type Runs,
  type SampledInteractions,
  type SparseMatrix,
} from '../kernels.js';
import { type DrawKey, keyWords } from '../random.js';
import { type DataType, type Lookup, sizeOf, type Tensor } from '../tensor.js';
import { instantiate, Memory, type WasmExports } from './memory.js';

/** A tensor at an address of linear memory. */
export class WasmTensor implements Tensor {
  readonly size: number;

  constructor(
    readonly shape: readonly number[],
    readonly dtype: DataType,
    readonly address: number,
  ) {
    this.size = sizeOf(shape);
  }
}

const at = (tensor: Tensor): number => (tensor as WasmTensor).address;
const least = (activation: Activation): number => (activation === 'relu' ? 0 : Number.NEGATIVE_INFINITY);
const width = (tensor: Tensor): number => tensor.size / (tensor.shape[0] as number);

/** The default backend: AssemblyScript kernels, one thread, one linear memory, everything done at once and bit for bit. */
export class WasmKernels implements Kernels {
  readonly name = 'wasm';
  /** The raw kernels, for code that works on rows of its own (the simulator). */
  readonly raw: WasmExports;
  private readonly memory: Memory;
  private scopes: WasmTensor[][] = [];
  /** For `lookup`: -1 for each row of the largest table seen. */
  private slotOf: WasmTensor | undefined;

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
    this.scopes.at(-1)?.push(tensor);
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

  write(tensor: Tensor, data: Float32Array | Int32Array): void {
    this.view(tensor).set(data);
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
    this.memory.release(at(tensor), tensor.size * 4);
  }

  scope<Result>(work: () => Result): Result {
    const made: WasmTensor[] = [];
    this.scopes.push(made);
    try {
      return work();
    } finally {
      this.scopes.pop();
      for (const tensor of made) this.free(tensor);
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
  private drawRows(out: Tensor, firstRow: number, draw: (n: number, row: number, address: number) => void): void {
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

  lookup(indices: Tensor, tableRows: number): Lookup {
    if (!this.slotOf || this.slotOf.size < tableRows) {
      if (this.slotOf) this.free(this.slotOf);
      this.slotOf = new WasmTensor([tableRows], 'int32', this.memory.allocate(tableRows * 4));
      this.integers(this.slotOf).fill(-1);
    }
    const positions = indices.size;
    const most = Math.min(positions, tableRows);
    const slots = this.empty([positions], 'int32');
    const rows = this.empty([most], 'int32');
    const uses = this.empty([most], 'int32');
    const count = this.raw.distinct(positions, at(indices), at(this.slotOf), at(slots), at(rows), at(uses));
    // The lists keep their length for the allocator; only the first `count` of rows and uses mean anything.
    return { positions, count, slots, rows, uses };
  }

  gather(table: Tensor, indices: Tensor): Tensor {
    return this.gatherFirst(table, indices, indices.size);
  }

  gatherDistinct(table: Tensor, lookup: Lookup): Tensor {
    return this.gatherFirst(table, lookup.rows, lookup.count);
  }

  private gatherFirst(table: Tensor, indices: Tensor, count: number): Tensor {
    const out = this.empty([count, ...table.shape.slice(1)], table.dtype);
    this.raw.gather(count, width(table), at(table), at(indices), at(out));
    return out;
  }

  scatterAdd(from: Tensor, indices: Tensor, to: Tensor): void {
    this.raw.scatterAdd(indices.size, width(to), at(from), at(indices), at(to));
  }

  gatherPairSum(a: Tensor, ai: Tensor, b: Tensor, bi: Tensor, bias: Tensor, activation: Activation): Tensor {
    const out = this.empty([ai.size, width(a)]);
    this.raw.gatherPairSum(ai.size, width(a), at(a), at(ai), at(b), at(bi), at(bias), least(activation), at(out));
    return out;
  }

  pairProduct(a: Tensor, ai: Tensor, b: Tensor, bi: Tensor, weight: Tensor): Tensor {
    const out = this.empty([ai.size]);
    this.raw.pairProduct(ai.size, width(a), at(a), at(ai), at(b), at(bi), at(weight), at(out));
    return out;
  }

  pairProductAdjoint(
    g: Tensor,
    a: Tensor,
    ai: Tensor,
    b: Tensor,
    bi: Tensor,
    weight: Tensor,
    ga: Tensor,
    gb: Tensor,
    gw: Tensor,
  ): void {
    this.raw.pairProductAdjoint(
      g.size,
      width(a),
      at(g),
      at(a),
      at(ai),
      at(b),
      at(bi),
      at(weight),
      at(ga),
      at(gb),
      at(gw),
    );
  }

  product(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
    const out = this.empty([
      transposeA ? width(a) : (a.shape[0] as number),
      transposeB ? (b.shape[0] as number) : width(b),
    ]);
    this.multiplyMatrices(a, b, out, transposeA, transposeB, true);
    return out;
  }

  matmul(a: Tensor, b: Tensor, out: Tensor, transposeA = false, transposeB = false): void {
    this.multiplyMatrices(a, b, out, transposeA, transposeB, false);
  }

  private multiplyMatrices(
    a: Tensor,
    b: Tensor,
    out: Tensor,
    transposeA: boolean,
    transposeB: boolean,
    fresh: boolean,
  ): void {
    const [aRows, aColumns] = [a.shape[0] as number, width(a)];
    const [bRows, bColumns] = [b.shape[0] as number, width(b)];
    const [m, depth] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
    const n = transposeB ? bRows : bColumns;
    let right = at(b);
    if (transposeB && bRows > 1 && bColumns > 1) {
      right = this.memory.allocate(b.size * 4);
      this.raw.transpose(bRows, bColumns, at(b), right);
    }
    const [row, step] = transposeA ? [1, aColumns] : [aColumns, 1];
    this.raw.matmul(m, n, depth, at(a), row, step, right, at(out), fresh);
    if (right !== at(b)) this.memory.release(right, b.size * 4);
  }

  addColumnSums(x: Tensor, out: Tensor): void {
    this.raw.addColumnSums(x.shape[0] as number, width(x), at(x), at(out));
  }

  addBias(x: Tensor, bias: Tensor, activation: Activation): void {
    this.raw.addBias(x.shape[0] as number, width(x), at(bias), least(activation), at(x));
  }

  copyColumns(from: Tensor, fromColumn: number, to: Tensor, toColumn: number, count: number, accumulate = false): void {
    const rows = from.shape[0] as number;
    this.raw.copyColumns(rows, count, at(from), width(from), fromColumn, at(to), width(to), toColumn, accumulate);
  }

  sparseTimesDense(starts: Tensor, columns: Tensor, dense: Tensor, out: Tensor): void {
    this.raw.sparseTimesDense(starts.size - 1, width(dense), at(starts), at(columns), at(dense), at(out));
  }

  private each(kernel: (n: number, x: number, out: number) => void, x: Tensor): Tensor {
    const out = this.empty(x.shape);
    kernel(x.size, at(x), at(out));
    return out;
  }

  private eachPair(kernel: (n: number, a: number, b: number, out: number) => void, a: Tensor, b: Tensor): Tensor {
    const out = this.empty(a.shape);
    kernel(a.size, at(a), at(b), at(out));
    return out;
  }

  exp(x: Tensor): Tensor {
    return this.each(this.raw.expEach, x);
  }

  log(x: Tensor): Tensor {
    return this.each(this.raw.logEach, x);
  }

  sigmoid(x: Tensor): Tensor {
    return this.each(this.raw.sigmoidEach, x);
  }

  sigmoidAdjoint(g: Tensor, result: Tensor, gx: Tensor): void {
    this.raw.sigmoidAdjoint(g.size, at(g), at(result), at(gx));
  }

  relu(x: Tensor): Tensor {
    return this.each(this.raw.reluEach, x);
  }

  reluAdjoint(g: Tensor, result: Tensor, gx: Tensor): void {
    this.raw.reluAdjoint(g.size, at(g), at(result), at(gx));
  }

  reluMask(result: Tensor, g: Tensor): void {
    this.raw.reluMask(g.size, at(result), at(g));
  }

  add(a: Tensor, b: Tensor): Tensor {
    return this.eachPair(this.raw.addEach, a, b);
  }

  multiply(a: Tensor, b: Tensor): Tensor {
    return this.eachPair(this.raw.multiplyEach, a, b);
  }

  addProduct(a: Tensor, b: Tensor, out: Tensor): void {
    this.raw.addProduct(out.size, at(a), at(b), at(out));
  }

  addScaled(scale: number, x: Tensor, out: Tensor): void {
    this.raw.addScaled(out.size, scale, at(x), at(out));
  }

  scaledSum(x: Tensor, scale: number): Tensor {
    const out = this.empty([1]);
    this.raw.scaledSum(x.size, scale, at(x), at(out));
    return out;
  }

  scaledSumAdjoint(g: Tensor, scale: number, gx: Tensor): void {
    this.raw.addSpreadScalar(gx.size, scale, at(g), at(gx));
  }

  crossEntropy(logits: Tensor, labels: Tensor): Tensor {
    return this.eachPair(this.raw.crossEntropyEach, logits, labels);
  }

  crossEntropyAdjoint(g: Tensor, logits: Tensor, labels: Tensor, gx: Tensor): void {
    this.raw.crossEntropyAdjoint(g.size, at(g), at(logits), at(labels), at(gx));
  }

  squaredError(x: Tensor, y: Tensor): Tensor {
    return this.eachPair(this.raw.squaredErrorEach, x, y);
  }

  squaredErrorAdjoint(g: Tensor, x: Tensor, y: Tensor, gx: Tensor): void {
    this.raw.squaredErrorAdjoint(g.size, at(g), at(x), at(y), at(gx));
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

  layerNorm(x: Tensor, gain: Tensor, bias: Tensor): { out: Tensor; stats: Tensor } {
    const rows = x.shape[0] as number;
    const out = this.empty(x.shape);
    const stats = this.empty([rows, 2]);
    this.raw.layerNorm(rows, width(x), at(x), at(gain), at(bias), at(out), at(stats));
    return { out, stats };
  }

  layerNormAdjoint(g: Tensor, x: Tensor, gain: Tensor, stats: Tensor, gx: Tensor, ggain: Tensor, gbias: Tensor): void {
    this.withScratch(2 * width(x), (scratch) =>
      this.raw.layerNormAdjoint(
        x.shape[0] as number,
        width(x),
        at(g),
        at(x),
        at(gain),
        at(stats),
        at(gx),
        at(ggain),
        at(gbias),
        scratch,
      ),
    );
  }

  attention(qkv: Tensor, { starts, longest }: Runs, heads: number): { out: Tensor; logSums: Tensor } {
    const rows = qkv.shape[0] as number;
    const wide = width(qkv) / 3;
    const out = this.empty([rows, wide]);
    const logSums = this.empty([rows, heads]);
    this.withScratch((longest + 8) * (wide / heads + 8) + 8, (scratch) =>
      this.raw.attention(starts.size - 1, wide, heads, at(starts), at(qkv), at(out), at(logSums), scratch),
    );
    return { out, logSums };
  }

  attentionAdjoint(
    g: Tensor,
    qkv: Tensor,
    { starts, longest }: Runs,
    heads: number,
    { out, logSums }: { readonly out: Tensor; readonly logSums: Tensor },
    gqkv: Tensor,
  ): void {
    const wide = width(qkv) / 3;
    const n = longest + 8;
    this.withScratch(n * ((2 * wide) / heads + 2 * n), (scratch) =>
      this.raw.attentionAdjoint(
        starts.size - 1,
        wide,
        heads,
        at(starts),
        at(qkv),
        at(out),
        at(logSums),
        at(g),
        at(gqkv),
        scratch,
      ),
    );
  }

  /** Lends memory for so many numbers. */
  private withScratch(numbers: number, work: (address: number) => void): void {
    const address = this.memory.allocate(numbers * 4);
    work(address);
    this.memory.release(address, numbers * 4);
  }

  drawMask(out: Tensor, key: DrawKey, rate: number): void {
    const [k0, k1] = keyWords(key.seed);
    const threshold = Math.round(rate * 65536);
    const scale = 65536 / (65536 - threshold);
    this.drawRows(out, 0, (n, row, address) =>
      this.raw.fillMask(n, row, key.stream, key.replicate ?? 0, k0, k1, threshold, scale, address),
    );
  }

  exposureLogits(g: Tensor, labels: Tensor, beta: Tensor, form: OutcomeForm): Tensor {
    const out = this.empty([labels.size]);
    this.raw.exposureLogits(labels.size, OUTCOME_FORMS.indexOf(form), at(g), at(labels), at(beta), at(out));
    return out;
  }

  exposureLogitsAdjoint(
    d: Tensor,
    g: Tensor,
    labels: Tensor,
    beta: Tensor,
    form: OutcomeForm,
    gg: Tensor | undefined,
    gbeta: Tensor,
  ): void {
    const code = OUTCOME_FORMS.indexOf(form);
    this.raw.exposureLogitsAdjoint(d.size, code, at(d), at(g), at(labels), at(beta), gg ? at(gg) : 0, at(gbeta));
  }

  clamp(x: Tensor, least: number, most: number): Tensor {
    return this.each((n, from, to) => this.raw.clampEach(n, from, least, most, to), x);
  }

  clampAdjoint(g: Tensor, x: Tensor, least: number, most: number, gx: Tensor): void {
    this.raw.clampAdjoint(x.size, at(g), at(x), least, most, at(gx));
  }

  linear(x: Tensor, scale: number, shift: number): Tensor {
    return this.each((n, from, to) => this.raw.linearEach(n, from, scale, shift, to), x);
  }

  reciprocal(x: Tensor): Tensor {
    return this.each(this.raw.reciprocalEach, x);
  }

  reciprocalAdjoint(g: Tensor, result: Tensor, gx: Tensor): void {
    this.raw.reciprocalAdjoint(g.size, at(g), at(result), at(gx));
  }

  weightedMean(x: Tensor, weights: Tensor): Tensor {
    const out = this.empty([2]);
    this.raw.weightedMean(x.size, at(x), at(weights), at(out));
    return out;
  }

  weightedMeanAdjoint(
    g: Tensor,
    x: Tensor,
    weights: Tensor,
    result: Tensor,
    gx: Tensor | undefined,
    gw: Tensor | undefined,
  ): void {
    const [toX, toWeights] = [gx ? at(gx) : 0, gw ? at(gw) : 0];
    this.raw.weightedMeanAdjoint(x.size, at(g), at(x), at(weights), at(result), toX, toWeights);
  }

  differences(x: Tensor, wide: number): Tensor {
    const groups = x.size / wide;
    const out = this.empty([groups * (wide - 1)]);
    this.raw.differences(groups, wide, at(x), at(out));
    return out;
  }

  differencesAdjoint(g: Tensor, wide: number, gx: Tensor): void {
    this.raw.differencesAdjoint(gx.size / wide, wide, at(g), at(gx));
  }

  meanByRow(x: Tensor, { count, slots, uses }: Lookup): Tensor {
    const out = this.empty([count]);
    this.raw.meanByRow(x.size, count, at(x), at(slots), at(uses), at(out));
    return out;
  }

  meanByRowAdjoint(g: Tensor, { slots, uses }: Lookup, gx: Tensor): void {
    this.raw.meanByRowAdjoint(gx.size, at(g), at(slots), at(uses), at(gx));
  }

  correlation(x: Tensor, y: Tensor): Tensor {
    const out = this.empty([5]);
    this.raw.correlation(x.size, at(x), at(y), at(out));
    return out;
  }

  correlationAdjoint(g: Tensor, x: Tensor, y: Tensor, result: Tensor, gx: Tensor): void {
    this.raw.correlationAdjoint(x.size, at(g), at(x), at(y), at(result), at(gx));
  }

  similarity({ users, items }: PairIndices, known: KnownItems, weights: Tensor): Tensor {
    const out = this.empty([users.size]);
    const { starts, items: list, itemCount } = known;
    this.raw.similarityDense(users.size, at(users), at(items), at(starts), at(list), itemCount, at(weights), at(out));
    return out;
  }

  sparseSimilarity({ users, items }: PairIndices, known: KnownItems, weights: SparseMatrix): Tensor {
    const out = this.empty([users.size]);
    this.raw.similaritySparse(
      users.size,
      at(users),
      at(items),
      at(known.starts),
      at(known.items),
      at(weights.starts),
      at(weights.columns),
      at(weights.values),
      at(out),
    );
    return out;
  }

  pairEntries({ users, items }: PairIndices, matrix: Tensor): Tensor {
    const out = this.empty([users.size]);
    this.raw.pairEntries(users.size, at(users), at(items), width(matrix), at(matrix), at(out));
    return out;
  }

  markKnown({ users, items }: PairIndices, known: KnownItems): Tensor {
    const out = this.empty([users.size]);
    this.raw.markKnown(users.size, at(users), at(items), at(known.starts), at(known.items), at(out));
    return out;
  }

  ridgeRows(starts: Tensor, columns: Tensor, others: Tensor, base: Tensor, penalties: Tensor, out: Tensor): void {
    const dim = width(others);
    this.withScratch(dim * (dim + 1), (scratch) =>
      this.raw.ridgeRows(
        starts.size - 1,
        dim,
        at(starts),
        at(columns),
        at(others),
        at(base),
        at(penalties),
        at(out),
        scratch,
      ),
    );
  }

  adam(w: Tensor, m: Tensor, v: Tensor, g: Tensor, step: AdamStep): void {
    this.raw.adam(w.size, at(w), at(m), at(v), at(g), step.step, step.epsilon, step.decay);
  }

  adamRows(lookup: Lookup, w: Tensor, m: Tensor, v: Tensor, g: Tensor, step: AdamStep): void {
    this.raw.adamRows(
      lookup.count,
      width(w),
      at(lookup.rows),
      at(lookup.uses),
      at(w),
      at(m),
      at(v),
      at(g),
      step.step,
      step.epsilon,
      step.decay / lookup.positions,
    );
  }

  drawBatch(
    data: SampledInteractions,
    first: number,
    count: number,
    negatives: number,
    key: DrawKey,
    batch: Batch,
  ): void {
    const [k0, k1] = keyWords(key.seed);
    this.raw.drawBatch(
      count,
      negatives,
      first,
      at(data.order),
      at(data.users),
      at(data.items),
      at(data.known.starts),
      at(data.known.items),
      data.known.bits ? at(data.known.bits) : 0,
      data.known.itemCount,
      key.stream,
      key.replicate ?? 0,
      k0,
      k1,
      at(batch.users),
      at(batch.items),
      at(batch.labels),
    );
  }

  takeBatch(columns: Batch, order: Tensor, first: number, count: number, batch: Batch): void {
    const rows = at(order) + first * 4;
    for (const column of ['users', 'items', 'labels'] as const) {
      this.raw.gather(count, 1, at(columns[column]), rows, at(batch[column]));
    }
  }

  drawCandidates(known: KnownItems, rows: Tensor, size: number, key: DrawKey): { counts: Tensor; items: Tensor } {
    const counts = this.empty([rows.size], 'int32');
    const items = this.empty([rows.size, size], 'int32');
    this.raw.drawCandidates(
      rows.size,
      size,
      at(rows),
      at(known.starts),
      at(known.items),
      known.itemCount,
      key.stream,
      ...keyWords(key.seed),
      at(counts),
      at(items),
    );
    return { counts, items };
  }

  countAbove(scores: Tensor, counts: Tensor): { greater: Tensor; equal: Tensor } {
    const n = counts.size;
    const greater = this.empty([n], 'int32');
    const equal = this.empty([n], 'int32');
    this.raw.countAbove(n, scores.size / n, at(scores), at(counts), at(greater), at(equal));
    return { greater, equal };
  }

  topK(scores: Tensor, k: number): Tensor {
    const out = this.empty([Math.min(k, scores.size)], 'int32');
    this.raw.topK(scores.size, out.size, at(scores), at(out));
    return out;
  }
}
