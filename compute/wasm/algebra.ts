import type { Activation } from '../kernels.js';
import type { Lookup, Tensor } from '../tensor.js';
import { WasmStorage } from './storage.js';
import { at, least, WasmTensor, width } from './tensors.js';

/** Rows of tables, products of matrices, and functions of single numbers. */
export class WasmAlgebra extends WasmStorage {
  /** For `lookup`: -1 for each row of the largest table seen. */
  private slotOf: WasmTensor | undefined;

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

  lookupPair(a: Tensor, aRows: number, b: Tensor, bRows: number): readonly [Lookup, Lookup] {
    return [this.lookup(a, aRows), this.lookup(b, bRows)];
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

  protected each(kernel: (n: number, x: number, out: number) => void, x: Tensor): Tensor {
    const out = this.empty(x.shape);
    kernel(x.size, at(x), at(out));
    return out;
  }

  protected eachPair(kernel: (n: number, a: number, b: number, out: number) => void, a: Tensor, b: Tensor): Tensor {
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

  addMasked(x: Tensor, y: Tensor, mask: Tensor): Tensor {
    const out = this.empty(x.shape);
    this.raw.addMaskedEach(out.size, at(x), at(y), at(mask), at(out));
    return out;
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
}
