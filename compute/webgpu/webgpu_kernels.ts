import { type ComposedKernels, completeKernels } from '../composed.js';
import type {
  AdamStep,
  Batch,
  CoreKernels,
  KnownItems,
  PairIndices,
  SampledInteractions,
  SparseMatrix,
} from '../kernels.js';
import type { DrawKey } from '../random.js';
import type { Lookup, Tensor } from '../tensor.js';
import { type Gpu, sharedGpu } from './device.js';
import { GpuLayers } from './layers.js';
import { RIDGE_ROWS } from './shaders/matrix.js';
import { ADAM, ADAM_ROWS } from './shaders/optimizer.js';
import * as sampling from './shaders/sampling.js';
import { keyNumbers } from './storage.js';
import { gpuTensor, width } from './tensors.js';

/** Rows solved at a time: their matrices lie in scratch memory together. */
const RIDGE_AT_A_TIME = 1024;

/** Composed kernels, but for those that are fused here. */
export interface WebGpuKernels extends Omit<ComposedKernels, keyof GpuLayers> {}

/**
 * Any GPU, through Dawn: WGSL shaders that do what the default backend's kernels do, with the same draws. Results differ in the last bits, since
 * sums are taken in another order. Tensors, algebra and layers are in the classes that it extends; here are the optimizer, sampling, ranking and
 * what closed-form models need.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor adds what is declared here.
export class WebGpuKernels extends GpuLayers implements CoreKernels {
  readonly name = 'webgpu';

  constructor(gpu: Gpu) {
    super(gpu);
    completeKernels(this);
  }

  get device(): string {
    return this.gpu.title;
  }

  /** A memory of its own on this thread's GPU. Throws BackendUnavailableError. */
  static async open(): Promise<WebGpuKernels> {
    return new WebGpuKernels(await sharedGpu());
  }

  close(): void {
    this.queue.close();
  }

  adam(w: Tensor, m: Tensor, v: Tensor, g: Tensor, { step, epsilon, decay }: AdamStep): void {
    this.each(ADAM, [w, m, v, g], w.size, step, epsilon, decay);
  }

  adamRows(lookup: Lookup, w: Tensor, m: Tensor, v: Tensor, g: Tensor, { step, epsilon, decay }: AdamStep): void {
    const wide = width(w);
    const { rows, uses, count, positions } = lookup;
    this.each(ADAM_ROWS, [rows, uses, w, m, v, g], count * wide, step, epsilon, decay / positions, wide);
  }

  drawBatch(
    { order, users, items, known }: SampledInteractions,
    first: number,
    count: number,
    negatives: number,
    key: DrawKey,
    batch: Batch,
  ): void {
    const threads = count * Math.max(1, Math.ceil(negatives / 4));
    const { starts, bits } = known;
    // Every place of the batch is written; what it held before need not be cleared.
    for (const column of [batch.users, batch.items, batch.labels]) gpuTensor(column).isZero = false;
    this.each(
      sampling.DRAW_BATCH,
      [order, users, items, starts, known.items, bits ?? known.items, batch.users, batch.items, batch.labels],
      threads,
      ...[negatives, first, known.itemCount, Number(bits !== undefined), ...keyNumbers(key)],
    );
  }

  takeBatch(columns: Batch, order: Tensor, first: number, count: number, batch: Batch): void {
    this.each(
      sampling.TAKE_BATCH,
      [order, columns.users, columns.items, columns.labels, batch.users, batch.items, batch.labels],
      count,
      first,
    );
  }

  drawCandidates(known: KnownItems, rows: Tensor, size: number, key: DrawKey): { counts: Tensor; items: Tensor } {
    const counts = this.empty([rows.size], 'int32');
    const items = this.empty([rows.size, size], 'int32');
    this.each(
      sampling.DRAW_CANDIDATES,
      [rows, known.starts, known.items, counts, items],
      rows.size,
      ...[size, known.itemCount, ...keyNumbers({ ...key, replicate: 0 })],
    );
    return { counts, items };
  }

  countAbove(scores: Tensor, counts: Tensor): { greater: Tensor; equal: Tensor } {
    const n = counts.size;
    const greater = this.empty([n], 'int32');
    const equal = this.empty([n], 'int32');
    this.each(sampling.COUNT_ABOVE, [scores, counts, greater, equal], n, scores.size / n);
    return { greater, equal };
  }

  topK(scores: Tensor, k: number): Tensor {
    const out = this.empty([Math.min(k, scores.size)], 'int32');
    this.run(sampling.TOP_K, [scores, out], [scores.size, out.size], 1);
    return out;
  }

  similarity({ users, items }: PairIndices, known: KnownItems, weights: Tensor): Tensor {
    const out = this.empty([users.size]);
    const operands = [users, items, known.starts, known.items, weights, out];
    this.each(sampling.SIMILARITY, operands, users.size, known.itemCount);
    return out;
  }

  sparseSimilarity({ users, items }: PairIndices, known: KnownItems, weights: SparseMatrix): Tensor {
    const out = this.empty([users.size]);
    const { starts, columns, values } = weights;
    const operands = [users, items, known.starts, known.items, starts, columns, values, out];
    this.each(sampling.SPARSE_SIMILARITY, operands, users.size);
    return out;
  }

  pairEntries({ users, items }: PairIndices, matrix: Tensor): Tensor {
    const out = this.empty([users.size]);
    this.each(sampling.PAIR_ENTRIES, [users, items, matrix, out], users.size, width(matrix));
    return out;
  }

  markKnown({ users, items }: PairIndices, known: KnownItems): Tensor {
    const out = this.empty([users.size]);
    this.each(sampling.MARK_KNOWN, [users, items, known.starts, known.items, out], users.size);
    return out;
  }

  ridgeRows(starts: Tensor, columns: Tensor, others: Tensor, base: Tensor, penalties: Tensor, out: Tensor): void {
    const dim = width(others);
    const rows = starts.size - 1;
    this.scope(() => {
      const scratch = this.empty([Math.min(rows, RIDGE_AT_A_TIME), dim * (dim + 1)]);
      for (let first = 0; first < rows; first += RIDGE_AT_A_TIME) {
        const groups = Math.min(RIDGE_AT_A_TIME, rows - first);
        this.run(RIDGE_ROWS, [starts, columns, others, base, penalties, out, scratch], [first, dim], groups);
      }
    });
  }
}
