import type { DrawKey } from './random.js';
import type { DataType, Lookup, Tensor } from './tensor.js';

/** The function of a layer's sums before they leave it. */
export type Activation = 'linear' | 'relu';

/**
 * The core, which every backend brings. Kernels queue work in order; only `read` waits for it. Tensors made inside `scope` are freed when it
 * ends. "Adds to" means +=, so that adjoints of several uses sum up.
 */
export interface CoreKernels {
  /** The backend's name: `wasm`, `webgpu` or `tensorflow`. */
  readonly name: string;
  /** The device that computes, for people. */
  readonly device: string;

  /** A tensor of zeros. */
  zeros(shape: readonly number[], dtype?: DataType): Tensor;
  /** A tensor holding a copy of `data`. */
  tensor(data: Float32Array | Int32Array, shape?: readonly number[]): Tensor;
  /** Overwrites numbers from the `first` on. */
  write(tensor: Tensor, data: Float32Array | Int32Array, first?: number): void;
  /** A copy of the contents, once all queued work is done. */
  read(tensor: Tensor): Promise<Float32Array | Int32Array>;
  copy(from: Tensor, to: Tensor): void;
  fill(tensor: Tensor, value: number): void;
  free(tensor: Tensor): void;
  /** Gives back all memory, after which nothing of this backend may be used. */
  close(): void;
  /** Runs `work` and frees every tensor that it made. */
  scope<Result>(work: () => Result): Result;

  // Draws: element (row, column) of out[rows, columns] depends on the key, its row (plus `firstRow`) and its column alone.
  drawUniform(out: Tensor, key: DrawKey, firstRow?: number): void;
  drawNormal(out: Tensor, key: DrawKey, location: number, scale: number, firstRow?: number): void;
  /** Integers in [0, bound), exactly uniform. */
  drawBounded(out: Tensor, key: DrawKey, bound: number): void;
  /** A uniformly random order of 0 .. size - 1. */
  drawPermutation(out: Tensor, key: DrawKey): void;

  // Rows of tables.
  /** The distinct values of indices[R], each below `tableRows`. */
  lookup(indices: Tensor, tableRows: number): Lookup;
  /** [n, width] rows of table at indices[n]. */
  gather(table: Tensor, indices: Tensor): Tensor;
  /** Adds from[n, width] to the rows of `to` at indices[n]. */
  scatterAdd(from: Tensor, indices: Tensor, to: Tensor): void;

  // Matrices.
  /** [m, n] = op(a) op(b); op transposes where asked. */
  product(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  /** Adds op(a) op(b) to out[m, n]. */
  matmul(a: Tensor, b: Tensor, out: Tensor, transposeA?: boolean, transposeB?: boolean): void;
  /** Adds the column sums of x[rows, width] to out[width]. */
  addColumnSums(x: Tensor, out: Tensor): void;
  /** Adds bias[width] to every row of x and applies the activation, in place. */
  addBias(x: Tensor, bias: Tensor, activation: Activation): void;
  /** Copies (or adds) `count` columns of a matrix into another. */
  copyColumns(
    from: Tensor,
    fromColumn: number,
    to: Tensor,
    toColumn: number,
    count: number,
    accumulate?: boolean,
  ): void;
  /** Adds to out[rows, width] the product of a binary matrix, in compressed rows, with dense[columns, width]. */
  sparseTimesDense(starts: Tensor, columns: Tensor, dense: Tensor, out: Tensor): void;

  // One number in, one number out.
  exp(x: Tensor): Tensor;
  log(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  /** Zeroes g in place where the result of a ReLU is not above 0. */
  reluMask(result: Tensor, g: Tensor): void;
  add(a: Tensor, b: Tensor): Tensor;
  multiply(a: Tensor, b: Tensor): Tensor;
  /** x + y mask, element by element. */
  addMasked(x: Tensor, y: Tensor, mask: Tensor): Tensor;
  /** Adds scale x. */
  addScaled(scale: number, x: Tensor, out: Tensor): void;
  /** [1]: scale times the sum of x. */
  scaledSum(x: Tensor, scale: number): Tensor;

  // Losses, one a row.
  /** Binary cross-entropy of labels in [0, 1] on logits. */
  crossEntropy(logits: Tensor, labels: Tensor): Tensor;

  // Sequences and attention.
  /** Copies `count` elements of a flat tensor, from `first` on. */
  slice(x: Tensor, first: number, count: number): Tensor;
  /** Elements 0, step, 2 step ... of a flat tensor. */
  everyNth(x: Tensor, step: number): Tensor;
  /** One flat tensor after another. */
  join(a: Tensor, b: Tensor): Tensor;
  /** Rows to mean 0 and variance 1, times gain, plus bias. `stats` is for the adjoint. */
  layerNorm(x: Tensor, gain: Tensor, bias: Tensor): { out: Tensor; stats: Tensor };
  /** Adds the three gradients of `layerNorm`. */
  layerNormAdjoint(g: Tensor, x: Tensor, gain: Tensor, stats: Tensor, gx: Tensor, ggain: Tensor, gbias: Tensor): void;
  /**
   * Causal self-attention of qkv[rows, 3 width] within each sequence: out[rows, width]. `kept` is for the adjoint: logarithms of the softmax's
   * sums, or its numbers. `heads` divides width.
   */
  attention(qkv: Tensor, sequences: Runs, heads: number): { out: Tensor; kept: Tensor };
  /**
   * `attention` for the last row of each sequence alone, where a backend has it: queries q[sequences, width], keys and values side by side in
   * kv[rows, 2 width]; out[sequences, width].
   */
  attentionOfLast?(q: Tensor, kv: Tensor, sequences: Runs, heads: number): Tensor;
  /** Adds the gradient of `attention` to `sum`, or makes it; returns it. */
  attentionAdjoint(
    g: Tensor,
    qkv: Tensor,
    sequences: Runs,
    heads: number,
    result: { readonly out: Tensor; readonly kept: Tensor },
    sum?: Tensor,
  ): Tensor;
  /** Full of 1 / (1 - rate), or 0 with probability `rate`, to within 2^-17: a mask of dropout, drawn by row and column. */
  drawMask(shape: readonly number[], key: DrawKey, rate: number): Tensor;

  // Row weights (paper, 3.2 and 3.3).
  clamp(x: Tensor, least: number, most: number): Tensor;
  /** scale x + shift. */
  linear(x: Tensor, scale: number, shift: number): Tensor;
  reciprocal(x: Tensor): Tensor;

  // Pairs and matrices.
  /** [n]: sum over the items j that users[r] knows of weights[items[r], j]. */
  similarity(pairs: PairIndices, known: KnownItems, weights: Tensor): Tensor;
  /** The same for a sparse matrix in compressed rows. */
  sparseSimilarity(pairs: PairIndices, known: KnownItems, weights: SparseMatrix): Tensor;
  /** [n]: matrix[users[r], items[r]]. */
  pairEntries(pairs: PairIndices, matrix: Tensor): Tensor;
  /** [n]: 1 where users[r] knows items[r], else 0. */
  markKnown(pairs: PairIndices, known: KnownItems): Tensor;
  /** out[r] = (base + penalties[r] I + sum of v v')^-1 (sum of v), v the rows of `others` that row r's columns name. */
  ridgeRows(starts: Tensor, columns: Tensor, others: Tensor, base: Tensor, penalties: Tensor, out: Tensor): void;

  // Optimizer steps (Kingma and Ba 2015); `decay` adds decay w to the gradient.
  adam(w: Tensor, m: Tensor, v: Tensor, g: Tensor, step: AdamStep): void;
  /** Touches only the rows of the lookup; g[count, width]; a row's decay counts once a use. */
  adamRows(lookup: Lookup, w: Tensor, m: Tensor, v: Tensor, g: Tensor, step: AdamStep): void;

  // Sampling and ranking.
  /** Fills users, items and labels ([count (1 + negatives)] each) for the interactions order[first ...]. */
  drawBatch(
    data: SampledInteractions,
    first: number,
    count: number,
    negatives: number,
    key: DrawKey,
    batch: Batch,
  ): void;
  /** Copies the rows order[first ... first + count] of the columns into a batch. */
  takeBatch(columns: Batch, order: Tensor, first: number, count: number, batch: Batch): void;
  /** For each of rows[n]: up to `size` distinct items outside the user's known ones; -1 beyond counts[n]. */
  drawCandidates(known: KnownItems, rows: Tensor, size: number, key: DrawKey): { counts: Tensor; items: Tensor };
  /** For the counts.size rows of scores, the target first: candidates scoring higher, and the same; -1 where a score is NaN. */
  countAbove(scores: Tensor, counts: Tensor): { greater: Tensor; equal: Tensor };
  /** Indices of the k largest scores[n], best first, equal ones by index. */
  topK(scores: Tensor, k: number): Tensor;
}

/** Runs of rows that lie end to end: run s is starts[s] .. starts[s + 1]. */
export interface Runs {
  readonly starts: Tensor;
  /** Length of the longest run. */
  readonly longest: number;
}

/** How the feedback enters G_beta: not at all, as b2 y (the paper), or as b2 y g (the authors' program). */
export const OUTCOME_FORMS = ['none', 'y', 'y*g'] as const;
export type OutcomeForm = (typeof OUTCOME_FORMS)[number];

/** Pairs as two columns of ids. */
export interface PairIndices {
  readonly users: Tensor;
  readonly items: Tensor;
}

/** A matrix in compressed rows; columns are sorted within a row. */
export interface SparseMatrix {
  readonly starts: Tensor;
  readonly columns: Tensor;
  readonly values: Tensor;
}

/** One Adam step with its bias corrections worked in. */
export interface AdamStep {
  /** rate sqrt(1 - 0.999^t) / (1 - 0.9^t). */
  readonly step: number;
  /** 1e-8 sqrt(1 - 0.999^t). */
  readonly epsilon: number;
  readonly decay: number;
}

/** For each user a sorted run of items: items[starts[u] .. starts[u + 1]). */
export interface KnownItems {
  readonly itemCount: number;
  readonly starts: Tensor;
  readonly items: Tensor;
  /** The same as bits, a row of ceil(itemCount / 8) bytes a user, where they are not too many: faster to look into. */
  readonly bits?: Tensor | undefined;
}

/** Positives to train on, the order to take them in, and the items that may not be drawn as negatives. */
export interface SampledInteractions {
  readonly users: Tensor;
  readonly items: Tensor;
  readonly order: Tensor;
  readonly known: KnownItems;
}

export interface Batch {
  readonly users: Tensor;
  readonly items: Tensor;
  readonly labels: Tensor;
}
