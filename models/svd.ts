import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { stream, type WasmKernels, type WasmTensor } from '../compute/index.js';
import type { UserItems } from '../datasets/interactions.js';
import { doubles, doublesOf, sweptWidth } from './inverse.js';

/** Residuals |A v - s u| and |A' u - s v| of all triplets are at most so much of the largest singular value. */
const TOLERANCE = 1e-7;

/** A vector of which no more is left than this share of the largest singular value, when those before it are taken away, is nothing but rounding. */
const NOTHING = 1e-13;

/**
 * The largest `rank` singular triplets of the matrix A of zeros and ones, or of counts where an item stands several times, by Golub's and Kahan's bidiagonalization in double precision, with full
 * orthogonalization of the right vectors (Golub, Kahan 1965; Simon, Zha 2000, who show that one side is enough): left[users, rank] is orthonormal,
 * right[items, rank] carries the singular values, and left right' is the best approximation of A of its rank. Columns beyond A's rank are zero.
 */
export function truncatedSvd(
  kernels: WasmKernels,
  matrix: UserItems,
  rank: number,
  seed: number,
): { left: Float32Array; right: Float32Array; singularValues: Float64Array } {
  const wanted = Math.min(rank, matrix.users, matrix.itemCount);
  return kernels.scope(() => {
    const bases = new Bidiagonalization(kernels, matrix, seed);
    for (let steps = 2 * wanted + 32; ; steps += 16) {
      bases.extend(steps);
      const { values, left, right } = bidiagonalSvd(bases.alphas, bases.betas);
      // |A' u - s v| of a triplet is the last beta times the last number of its vector.
      const last = bases.steps - 1;
      const largest = values
        .slice(0, wanted)
        .map((_, k) => Math.abs((bases.betas[last] as number) * left.get(last, k)));
      if (bases.steps === bases.most || Math.max(...largest) <= TOLERANCE * (values[0] as number))
        return {
          left: bases.turned('u', left, rank, wanted, (k) =>
            Number((values[k] as number) > NOTHING * (values[0] as number)),
          ),
          right: bases.turned('v', right, rank, wanted, (k) => values[k] as number),
          singularValues: Float64Array.from(values.slice(0, wanted)),
        };
    }
  });
}

/** A V = U B and A' U = V B' + what is left, B upper bidiagonal with alphas on and betas above its diagonal; U and V by rows. */
class Bidiagonalization {
  readonly alphas: number[] = [];
  readonly betas: number[] = [];
  readonly most: number;
  private readonly sides: Readonly<
    Record<'u' | 'v', { readonly size: number; readonly wide: number; basis: WasmTensor }>
  >;
  private readonly lists: readonly [number, number, number, number];
  private room = 0;
  private restarts = 0;

  constructor(
    private readonly kernels: WasmKernels,
    matrix: UserItems,
    private readonly seed: number,
  ) {
    const { users, itemCount } = matrix;
    this.most = Math.min(users, itemCount);
    const turned = transpose(matrix);
    this.lists = [matrix.starts, matrix.items, turned.starts, turned.users].map(
      (list) => kernels.tensor(list).address,
    ) as [number, number, number, number];
    const side = (size: number) => ({ size, wide: sweptWidth(size), basis: doubles(kernels, 1, sweptWidth(size)) });
    this.sides = { u: side(users), v: side(itemCount) };
    this.drawRight(0);
  }

  get steps(): number {
    return this.alphas.length;
  }

  /** Goes on to so many steps, or to as many as there can be. */
  extend(steps: number): void {
    const end = Math.min(steps, this.most);
    this.makeRoom(end);
    const { raw } = this.kernels;
    const { u, v } = this.sides;
    const [starts, columns, backStarts, backColumns] = this.lists;
    for (let k = this.steps; k < end; k++) {
      const [left, right] = [u.basis.address + k * u.wide * 8, v.basis.address + k * v.wide * 8];
      const next = right + v.wide * 8;
      const before = Math.min(1, k);
      raw.binaryTimes(u.size, starts, columns, right, left);
      const alpha = this.normalize('u', k, raw.orthogonalize(u.wide, before, left - before * u.wide * 8, left));
      raw.binaryTimes(v.size, backStarts, backColumns, left, next);
      const beta = this.normalize('v', k + 1, raw.orthogonalize(v.wide, k + 1, v.basis.address, next));
      this.alphas.push(alpha);
      this.betas.push(beta);
      if (beta === 0 && k + 1 < this.most) this.drawRight(k + 1);
    }
  }

  /** [size, rank] in single precision: the first `kept` combinations of the basis, each times a number. */
  turned(name: 'u' | 'v', by: Matrix, rank: number, kept: number, times: (k: number) => number): Float32Array {
    const { kernels, steps } = this;
    const { size, wide, basis } = this.sides[name];
    const columns = sweptWidth(rank);
    const out = new Float32Array(size * rank);
    kernels.scope(() => {
      const [weights, sums] = [doubles(kernels, steps, columns), doubles(kernels, wide, columns)];
      const share = doublesOf(kernels, weights);
      for (let s = 0; s < steps; s++) for (let k = 0; k < kept; k++) share[s * columns + k] = by.get(s, k) * times(k);
      kernels.raw.addTurnedProduct(
        wide,
        columns,
        steps,
        basis.address,
        wide,
        weights.address,
        columns,
        sums.address,
        columns,
      );
      const values = doublesOf(kernels, sums);
      for (let r = 0; r < size; r++)
        for (let k = 0; k < kept; k++) out[r * rank + k] = values[r * columns + k] as number;
    });
    return out;
  }

  private makeRoom(steps: number): void {
    if (steps <= this.room) return;
    this.room = steps;
    for (const side of [this.sides.u, this.sides.v]) {
      const larger = doubles(this.kernels, steps + 1, side.wide);
      doublesOf(this.kernels, larger).set(doublesOf(this.kernels, side.basis));
      side.basis = larger;
    }
  }

  private vector(name: 'u' | 'v', k: number): Float64Array {
    const { basis, wide } = this.sides[name];
    return doublesOf(this.kernels, basis).subarray(k * wide, (k + 1) * wide);
  }

  /** Gives the vector length 1, or 0 where it is nothing but rounding; returns the length that it had, or 0. */
  private normalize(name: 'u' | 'v', k: number, length: number): number {
    const isNothing = length <= NOTHING * Math.max(1, ...this.alphas, ...this.betas);
    const factor = isNothing ? 0 : 1 / length;
    const values = this.vector(name, k);
    for (let r = 0; r < values.length; r++) (values[r] as number) *= factor;
    return isNothing ? 0 : length;
  }

  /** Begins, or begins anew where what A makes of the vectors is exhausted, with a random right vector orthogonal to those before. */
  private drawRight(k: number): void {
    const { kernels } = this;
    const { size, wide, basis } = this.sides.v;
    kernels.scope(() => {
      const normal = kernels.zeros([size]);
      kernels.drawNormal(
        normal,
        { seed: this.seed, stream: stream('truncated svd'), replicate: this.restarts++ },
        0,
        1,
      );
      const values = kernels.floats(normal);
      this.vector('v', k).set(values);
      this.normalize('v', k, kernels.raw.orthogonalize(wide, k, basis.address, basis.address + k * wide * 8));
    });
  }
}

/** Singular values, from the largest, and vectors of the bidiagonal matrix with these numbers on and above its diagonal: from the eigenvectors of B B'. */
function bidiagonalSvd(
  alphas: readonly number[],
  betas: readonly number[],
): { values: number[]; left: Matrix; right: Matrix } {
  const n = alphas.length;
  if (n === 0) return { values: [], left: Matrix.zeros(0, 0), right: Matrix.zeros(0, 0) };
  const [a, b] = [(k: number) => alphas[k] as number, (k: number) => betas[k] as number];
  const gram = Matrix.zeros(n, n);
  for (let k = 0; k < n; k++) {
    gram.set(k, k, a(k) ** 2 + (k + 1 < n ? b(k) ** 2 : 0));
    if (k + 1 < n) {
      gram.set(k, k + 1, b(k) * a(k + 1));
      gram.set(k + 1, k, b(k) * a(k + 1));
    }
  }
  const eigen = new EigenvalueDecomposition(gram, { assumeSymmetric: true });
  const of = eigen.realEigenvalues;
  const order = of.map((_, k) => k).sort((x, y) => (of[y] as number) - (of[x] as number));
  const values = order.map((k) => Math.sqrt(Math.max(0, of[k] as number)));
  const [left, right] = [Matrix.zeros(n, n), Matrix.zeros(n, n)];
  order.forEach((from, k) => {
    for (let r = 0; r < n; r++) left.set(r, k, eigen.eigenvectorMatrix.get(r, from));
    const value = values[k] as number;
    // v = B' u / s.
    for (let r = 0; r < n && value > 0; r++)
      right.set(r, k, (a(r) * left.get(r, k) + (r > 0 ? b(r - 1) * left.get(r - 1, k) : 0)) / value);
  });
  return { values, left, right };
}

/** The matrix by items: for each item its users, in order. */
export function transpose(matrix: UserItems): { starts: Int32Array; users: Int32Array } {
  const starts = new Int32Array(matrix.itemCount + 1);
  for (const item of matrix.items) (starts[item + 1] as number)++;
  for (let i = 0; i < matrix.itemCount; i++) (starts[i + 1] as number) += starts[i] as number;
  const next = starts.slice(0, matrix.itemCount);
  const users = new Int32Array(matrix.items.length);
  for (let user = 0; user < matrix.users; user++) {
    for (let e = matrix.starts[user] as number; e < (matrix.starts[user + 1] as number); e++) {
      const item = matrix.items[e] as number;
      users[next[item] as number] = user;
      (next[item] as number)++;
    }
  }
  return { starts, users };
}
