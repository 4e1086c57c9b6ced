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
import { type DrawKey, keyWords } from '../random.js';
import type { Lookup, Tensor } from '../tensor.js';
import { WasmLayers } from './layers.js';
import { inRuns } from './runs.js';
import { at, width } from './tensors.js';

export { WasmTensor } from './tensors.js';

/** Rows that the kernel of ridge regressions gathers together. */
const RIDGE_PANEL = 128;

/** Composed kernels, but for those that are fused here. */
export interface WasmKernels extends Omit<ComposedKernels, keyof WasmLayers> {}

/**
 * The default backend: AssemblyScript kernels, one thread, one linear memory, everything done at once and bit for bit. Tensors, algebra
 * and layers are in the classes that it extends; here are the optimizer, sampling, ranking and what closed-form models need.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor adds what is declared here.
export class WasmKernels extends WasmLayers implements CoreKernels {
  readonly name = 'wasm';
  readonly device = 'the processor, one thread';

  constructor() {
    super();
    completeKernels(this);
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
    this.withScratch(dim * (dim + 1 + RIDGE_PANEL), (scratch) =>
      inRuns(starts.size - 1, (first, count) =>
        this.raw.ridgeRows(
          count,
          dim,
          at(starts) + 4 * first,
          at(columns),
          at(others),
          at(base),
          at(penalties) + 4 * first,
          at(out) + 4 * dim * first,
          scratch,
        ),
      ),
    );
  }
}
