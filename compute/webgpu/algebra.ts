import type { Activation } from '../kernels.js';
import type { Lookup, Tensor } from '../tensor.js';
import type { Shader } from './shader.js';
import * as elementwise from './shaders/elementwise.js';
import { ADD_PARTS, EDGE, MATMUL, MATMUL_PARTS, SPARSE_TIMES_DENSE } from './shaders/matrix.js';
import * as rows from './shaders/rows.js';
import { GpuStorage } from './storage.js';
import { type GpuTensor, gpuTensor, type PositionRuns, width } from './tensors.js';

/** Sums of matrix products at least this long are taken apart where the result is small. */
const LONG = 1024;
const MOST_PARTS = 64;
/** Workgroups that keep a GPU busy. */
const BUSY = 128;

/** Rows of tables, products of matrices, and functions of single numbers. */
export class GpuAlgebra extends GpuStorage {
  /** For `lookup`: NONE for each row of the largest table seen. */
  private firstOf: GpuTensor | undefined;

  lookup(indices: Tensor, tableRows: number): Lookup {
    return this.lookupSides(indices, tableRows, undefined, 0)[0];
  }

  lookupPair(a: Tensor, aRows: number, b: Tensor, bRows: number): readonly [Lookup, Lookup] {
    return this.lookupSides(a, aRows, b, bRows);
  }

  /**
   * The count of distinct rows is known on the GPU alone, so `count` is what it can be at most. Rows beyond the distinct ones stand
   * last, with no uses.
   */
  private lookupSides(a: Tensor, aRows: number, second: Tensor | undefined, bRows: number): [Lookup, Lookup] {
    const firstOf = this.firstPositions(aRows + bRows);
    const b = second ?? a;
    const [na, nb] = [a.size, second?.size ?? 0];
    const sides = [na, nb, aRows];
    const integers = (size: number): GpuTensor => this.empty([size], 'int32');
    const side = (positions: number, tableRows: number) => {
      const most = Math.min(positions, tableRows);
      return { positions, count: most, slots: integers(positions), rows: integers(most), uses: integers(most) };
    };
    const [own, other] = [side(na, aRows), side(nb, bRows)];
    const slotOf = integers(na + nb);
    this.each(rows.FIRST_POSITIONS, [a, b, firstOf], na + nb, ...sides);
    this.run(
      rows.numberFirst(this.gpu.workgroup),
      [a, b, firstOf, slotOf, own.rows, other.rows, own.uses, other.uses],
      [...sides, own.count, other.count],
      second ? 2 : 1,
    );
    const { slots, uses } = other;
    this.each(rows.ASSIGN_SLOTS, [a, b, firstOf, slotOf, own.slots, slots, own.uses, uses], na + nb, ...sides);
    this.each(rows.FORGET_FIRST, [a, b, firstOf], na + nb, ...sides);
    own.slots.uses = own.uses;
    if (second) {
      slots.uses = uses;
      own.slots.twin = slots;
      slots.twin = own.slots;
    }
    return [own, other];
  }

  /** NONE for each of so many rows, between lookups. No scope frees it. */
  private firstPositions(rowCount: number): GpuTensor {
    if (this.firstOf && this.firstOf.size >= rowCount) return this.firstOf;
    if (this.firstOf) this.free(this.firstOf);
    this.firstOf = this.empty([rowCount], 'int32');
    this.scopes.at(-1)?.pop();
    this.firstOf.isScoped = false;
    this.write(this.firstOf, new Int32Array(rowCount).fill(rows.NONE));
    return this.firstOf;
  }

  /** The positions of each of so many rows, made when first asked for; of slots that were looked up together for both. */
  protected runsOf(indices: Tensor, rowCount: number): PositionRuns {
    const asked = gpuTensor(indices);
    if (asked.runs?.rows === rowCount) return asked.runs;
    const isCounted = asked.uses?.size === rowCount;
    const twin = isCounted && asked.twin?.uses ? asked.twin : undefined;
    const uses = isCounted ? (asked.uses as GpuTensor) : this.zeros([rowCount], 'int32');
    if (!isCounted) this.each(rows.COUNT_USES, [indices, uses], indices.size);
    const [usesOfTwin, slotsOfTwin] = [twin?.uses ?? uses, twin ?? asked];
    const twinRows = twin?.uses?.size ?? 0;
    const [all, both] = [rowCount + twinRows, asked.size + (twin?.size ?? 0)];
    const starts = this.empty([all + 1], 'int32');
    const cursor = this.empty([all], 'int32');
    const positions = this.empty([both], 'int32');
    this.run(rows.startsOf(this.gpu.workgroup), [uses, usesOfTwin, starts, cursor], [rowCount, twinRows], 1);
    this.each(rows.PLACE_POSITIONS, [asked, slotsOfTwin, cursor, positions], both, asked.size, rowCount);
    this.each(rows.SORT_RUNS, [starts, positions], all);
    asked.runs = { rows: rowCount, firstRow: 0, starts, positions };
    if (twin) twin.runs = { rows: twinRows, firstRow: rowCount, starts, positions };
    starts.owners = twin ? [asked, twin] : [asked];
    return asked.runs;
  }

  gather(table: Tensor, indices: Tensor): GpuTensor {
    return this.gatherFirst(table, indices, indices.size);
  }

  gatherDistinct(table: Tensor, lookup: Lookup): GpuTensor {
    return this.gatherFirst(table, lookup.rows, lookup.count);
  }

  private gatherFirst(table: Tensor, indices: Tensor, count: number): GpuTensor {
    const out = this.empty([count, ...table.shape.slice(1)], table.dtype);
    this.each(rows.GATHER, [table, indices, out], out.size, width(table));
    return out;
  }

  scatterAdd(from: Tensor, indices: Tensor, to: Tensor): void {
    const { starts, positions, firstRow } = this.runsOf(indices, to.shape[0] as number);
    this.each(rows.SUM_RUNS, [from, starts, positions, to], to.size, width(to), firstRow);
  }

  gatherPairSum(a: Tensor, ai: Tensor, b: Tensor, bi: Tensor, bias: Tensor, activation: Activation): GpuTensor {
    const out = this.empty([ai.size, width(a)]);
    this.each(rows.PAIR_SUM, [a, ai, b, bi, bias, out], out.size, width(a), Number(activation === 'relu'));
    return out;
  }

  pairProduct(a: Tensor, ai: Tensor, b: Tensor, bi: Tensor, weight: Tensor): GpuTensor {
    const out = this.empty([ai.size]);
    this.each(rows.PAIR_PRODUCT, [a, ai, b, bi, weight, out], out.size, width(a));
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
    const side = (own: Tensor, other: Tensor, oi: Tensor, to: Tensor): void => {
      const { starts, positions, firstRow } = this.runsOf(own, to.shape[0] as number);
      this.each(rows.PAIR_PRODUCT_SIDE, [g, other, oi, weight, starts, positions, to], to.size, width(to), firstRow);
    };
    side(ai, b, bi, ga);
    side(bi, a, ai, gb);
    this.run(rows.PAIR_PRODUCT_WEIGHT, [g, a, ai, b, bi, gw], [g.size, width(a)], width(a));
  }

  product(a: Tensor, b: Tensor, transposeA = false, transposeB = false): GpuTensor {
    const out = this.zeros([
      transposeA ? width(a) : (a.shape[0] as number),
      transposeB ? (b.shape[0] as number) : width(b),
    ]);
    this.matmul(a, b, out, transposeA, transposeB);
    return out;
  }

  matmul(a: Tensor, b: Tensor, out: Tensor, transposeA = false, transposeB = false): void {
    const [aRows, aColumns] = [a.shape[0] as number, width(a)];
    const [bRows, bColumns] = [b.shape[0] as number, width(b)];
    const [m, depth] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
    const n = transposeB ? bRows : bColumns;
    const left = transposeA ? [1, aColumns] : [aColumns, 1];
    const right = transposeB ? [1, bColumns] : [bColumns, 1];
    const numbers = [m, n, depth, ...left, ...right];
    const groups = Math.ceil(m / EDGE) * Math.ceil(n / EDGE);
    if (groups === 0) return;
    const parts = depth < LONG ? 1 : Math.min(MOST_PARTS, Math.ceil(BUSY / groups), Math.ceil(depth / (LONG / 4)));
    if (parts <= 1) {
      this.run(MATMUL, [a, b, out], numbers, groups);
      return;
    }
    const share = Math.ceil(depth / parts / 16) * 16;
    const count = Math.ceil(depth / share);
    this.scope(() => {
      const sums = this.empty([count, m, n]);
      this.queue.run(MATMUL_PARTS, [gpuTensor(a), gpuTensor(b), sums], [...numbers, share], groups, count);
      this.each(ADD_PARTS, [sums, out], m * n, count);
    });
  }

  addColumnSums(x: Tensor, out: Tensor): void {
    this.run(rows.COLUMN_SUMS, [x, out], [x.shape[0] as number, width(x)], width(x));
  }

  addBias(x: Tensor, bias: Tensor, activation: Activation): void {
    this.each(rows.ADD_BIAS, [bias, x], x.size, width(x), Number(activation === 'relu'));
  }

  copyColumns(from: Tensor, fromColumn: number, to: Tensor, toColumn: number, count: number, accumulate = false): void {
    const wide = width(to);
    const shader = !accumulate ? rows.COPY_COLUMNS : count === wide ? rows.ADD_ALL_COLUMNS : rows.ADD_COLUMNS;
    const n = (from.shape[0] as number) * count;
    this.each(shader, [from, to], n, count, width(from), fromColumn, wide, toColumn);
  }

  sparseTimesDense(starts: Tensor, columns: Tensor, dense: Tensor, out: Tensor): void {
    this.each(SPARSE_TIMES_DENSE, [starts, columns, dense, out], (starts.size - 1) * width(dense), width(dense));
  }

  /** A new tensor of the shape of the first operand. */
  protected like(shader: Shader, operands: readonly Tensor[], ...numbers: number[]): GpuTensor {
    const [first] = operands as readonly [Tensor];
    const out = this.empty(first.shape);
    this.each(shader, [...operands, out], out.size, ...numbers);
    return out;
  }

  exp(x: Tensor): Tensor {
    return this.like(elementwise.EXP, [x]);
  }

  log(x: Tensor): Tensor {
    return this.like(elementwise.LOG, [x], Number.POSITIVE_INFINITY, Number.NaN);
  }

  sigmoid(x: Tensor): Tensor {
    return this.like(elementwise.SIGMOID, [x]);
  }

  sigmoidAdjoint(g: Tensor, result: Tensor, gx: Tensor): void {
    this.each(elementwise.SIGMOID_ADJOINT, [g, result, gx], g.size);
  }

  relu(x: Tensor): Tensor {
    return this.like(elementwise.RELU, [x]);
  }

  reluAdjoint(g: Tensor, result: Tensor, gx: Tensor): void {
    this.each(elementwise.RELU_ADJOINT, [g, result, gx], g.size);
  }

  reluMask(result: Tensor, g: Tensor): void {
    this.each(elementwise.RELU_MASK, [result, g], g.size);
  }

  add(a: Tensor, b: Tensor): Tensor {
    return this.like(elementwise.ADD, [a, b]);
  }

  multiply(a: Tensor, b: Tensor): Tensor {
    return this.like(elementwise.MULTIPLY, [a, b]);
  }

  addMasked(x: Tensor, y: Tensor, mask: Tensor): Tensor {
    return this.add(x, this.multiply(y, mask));
  }

  addProduct(a: Tensor, b: Tensor, out: Tensor): void {
    this.each(elementwise.ADD_PRODUCT, [a, b, out], out.size);
  }

  addScaled(scale: number, x: Tensor, out: Tensor): void {
    this.each(elementwise.ADD_SCALED, [x, out], out.size, scale);
  }

  scaledSum(x: Tensor, scale: number): Tensor {
    const out = this.empty([1]);
    this.run(elementwise.SCALED_SUM, [x, out], [x.size, scale], 1);
    return out;
  }

  scaledSumAdjoint(g: Tensor, scale: number, gx: Tensor): void {
    this.each(elementwise.SCALED_SUM_ADJOINT, [g, gx], gx.size, scale);
  }

  crossEntropy(logits: Tensor, labels: Tensor): Tensor {
    return this.like(elementwise.CROSS_ENTROPY, [logits, labels]);
  }

  crossEntropyAdjoint(g: Tensor, logits: Tensor, labels: Tensor, gx: Tensor): void {
    this.each(elementwise.CROSS_ENTROPY_ADJOINT, [g, logits, labels, gx], g.size);
  }

  squaredError(x: Tensor, y: Tensor): Tensor {
    return this.like(elementwise.SQUARED_ERROR, [x, y]);
  }

  squaredErrorAdjoint(g: Tensor, x: Tensor, y: Tensor, gx: Tensor): void {
    this.each(elementwise.SQUARED_ERROR_ADJOINT, [g, x, y, gx], g.size);
  }
}
