import type { Tensor as DeviceTensor } from '@tensorflow/tfjs';
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
import type { WasmTensor } from '../wasm/wasm_kernels.js';
import { TfLayers } from './layers.js';
import { type LoadedTensorFlow, loadTensorFlow } from './library.js';
import { width } from './tensors.js';

/** As in the default backend: what is smaller counts as 0. */
const SMALLEST = 1e-12;
const SMALLEST_SQUARE = 1e-35;

/** Composed kernels, but for those that are fused here. */
export interface TensorFlowKernels extends Omit<ComposedKernels, keyof TfLayers> {}

/**
 * TensorFlow: CUDA where `@tensorflow/tfjs-node-gpu` is installed. Draws, lookups and what reads lists of integers happen on the host, with the default
 * backend's kernels; arithmetic is TensorFlow's. Tensors and algebra are in the classes that it extends.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor adds what is declared here.
export class TensorFlowKernels extends TfLayers implements CoreKernels {
  readonly name = 'tensorflow';

  constructor(library: LoadedTensorFlow) {
    super(library);
    completeKernels(this);
  }

  get device(): string {
    const { packageName, version, computes } = this.library;
    return `${computes} (${packageName} ${version})`;
  }

  /** Throws BackendUnavailableError where no package of TensorFlow loads. */
  static async open(): Promise<TensorFlowKernels> {
    return new TensorFlowKernels(await loadTensorFlow());
  }

  /** One step for numbers with their moments: the new weights, first and second moments. */
  private adamStep(w: DeviceTensor, m: DeviceTensor, v: DeviceTensor, gradient: DeviceTensor, step: AdamStep) {
    const { tf } = this;
    const flush = (x: DeviceTensor) => tf.where(tf.less(tf.abs(x), SMALLEST), tf.zerosLike(x), x);
    const g = flush(gradient);
    const first = flush(tf.add(tf.mul(m, 0.9), tf.mul(g, 0.1)));
    const second = tf.maximum(tf.add(tf.mul(v, 0.999), tf.mul(tf.square(g), 0.001)), SMALLEST_SQUARE);
    const moved = tf.div(tf.mul(first, step.step), tf.add(tf.sqrt(second), step.epsilon));
    return [flush(tf.sub(w, moved)), first, second] as const;
  }

  adam(w: Tensor, m: Tensor, v: Tensor, g: Tensor, step: AdamStep): void {
    const { tf } = this;
    const results = tf.tidy(() => {
      const gradient = tf.add(this.flat(g), tf.mul(this.flat(w), step.decay));
      return [...this.adamStep(this.flat(w), this.flat(m), this.flat(v), gradient, step)];
    });
    [w, m, v].forEach((tensor, k) => this.replace(tensor, () => tf.clone(results[k] as DeviceTensor)));
    tf.dispose(results);
  }

  /** Arithmetic touches the rows of the lookup alone; TensorFlow then puts them into the table. */
  adamRows({ rows, uses, count, positions }: Lookup, w: Tensor, m: Tensor, v: Tensor, g: Tensor, step: AdamStep): void {
    const { tf } = this;
    const results = tf.tidy(() => {
      const own = [w, m, v].map((tensor) => this.rowsOf(tensor, rows)) as [DeviceTensor, DeviceTensor, DeviceTensor];
      const decay = tf.mul(tf.reshape(this.asNumbers(uses), [count, 1]), step.decay / positions);
      const gradient = tf.add(tf.reshape(this.on(g), [count, width(w)]), tf.mul(own[0], decay));
      return [...this.adamStep(...own, gradient, step)];
    });
    [w, m, v].forEach((tensor, k) =>
      this.replace(tensor, () =>
        tf.tensorScatterUpdate(
          this.matrix(tensor),
          tf.reshape(this.on(rows), [count, 1]) as never,
          results[k] as DeviceTensor,
        ),
      ),
    );
    tf.dispose(results);
  }

  /** The default backend's tensors of lists. */
  private lentKnown({ itemCount, starts, items, bits }: KnownItems): KnownItems {
    return { itemCount, starts: this.lent(starts), items: this.lent(items), bits: bits && this.lent(bits) };
  }

  drawBatch(
    data: SampledInteractions,
    first: number,
    count: number,
    negatives: number,
    key: DrawKey,
    batch: Batch,
  ): void {
    const { host } = this;
    const [users, items, order] = [this.lent(data.users), this.lent(data.items), this.lent(data.order)];
    const known = this.lentKnown(data.known);
    host.scope(() => {
      const drawn = {
        users: host.zeros([batch.users.size], 'int32'),
        items: host.zeros([batch.items.size], 'int32'),
        labels: host.zeros([batch.labels.size]),
      };
      host.drawBatch({ users, items, order, known }, first, count, negatives, key, drawn);
      for (const column of ['users', 'items', 'labels'] as const) this.write(batch[column], host.view(drawn[column]));
    });
  }

  takeBatch(columns: Batch, order: Tensor, first: number, count: number, batch: Batch): void {
    const rows = this.integers(order).subarray(first, first + count);
    for (const column of ['users', 'items', 'labels'] as const) {
      const values = this.hostValues(columns[column]);
      this.write(
        batch[column],
        column === 'labels'
          ? Float32Array.from(rows, (row) => values[row] as number)
          : Int32Array.from(rows, (row) => values[row] as number),
      );
    }
  }

  drawCandidates(known: KnownItems, rows: Tensor, size: number, key: DrawKey): { counts: Tensor; items: Tensor } {
    const { host } = this;
    const [lists, users] = [this.lentKnown(known), this.lent(rows)];
    return host.scope(() => {
      const { counts, items } = host.drawCandidates(lists, users, size, key);
      return { counts: this.tensor(host.integers(counts)), items: this.tensor(host.integers(items), items.shape) };
    });
  }

  countAbove(scores: Tensor, counts: Tensor): { greater: Tensor; equal: Tensor } {
    const { tf } = this;
    const n = counts.size;
    const wide = scores.size / n;
    const count = (compare: (others: DeviceTensor, target: DeviceTensor) => DeviceTensor): Tensor =>
      this.compute(
        [n],
        () => {
          const all = tf.reshape(this.on(scores), [n, wide]);
          const inside = tf.lessEqual(tf.range(0, wide, 1, 'int32'), tf.reshape(this.on(counts), [n, 1]));
          const [target, others] = tf.split(all, [1, wide - 1], 1) as [DeviceTensor, DeviceTensor];
          const counted = tf.cast(tf.slice(inside, [0, 1], [-1, -1]), 'int32');
          const sum = tf.sum(tf.mul(tf.cast(compare(others, target), 'int32'), counted), 1);
          const broken = tf.any(tf.logicalAnd(tf.isNaN(all), inside), 1);
          return tf.where(broken, tf.fill([n], -1, 'int32'), tf.cast(sum, 'int32'));
        },
        'int32',
      );
    return { greater: count(tf.greater), equal: count(tf.equal) };
  }

  topK(scores: Tensor, k: number): Tensor {
    const size = Math.min(k, scores.size);
    return this.compute([size], () => this.tf.topk(this.flat(scores), size).indices, 'int32');
  }

  /** [n]: for each pair the sum of the numbers at its places. */
  private sumOfPlaces(
    n: number,
    values: Tensor,
    placesOf: (pair: number, put: (place: number) => void) => void,
  ): Tensor {
    const places: number[] = [];
    const owners: number[] = [];
    for (let pair = 0; pair < n; pair++) {
      placesOf(pair, (place) => {
        places.push(place);
        owners.push(pair);
      });
    }
    const out = this.zeros([n]);
    this.scope(() => {
      const rows = this.tensor(Int32Array.from(owners));
      this.replace(out, () => this.sumByRow(this.tf.gather(this.flat(values), Int32Array.from(places)), rows, n));
    });
    return out;
  }

  similarity({ users, items }: PairIndices, known: KnownItems, weights: Tensor): Tensor {
    const [u, i] = [this.integers(users), this.integers(items)];
    const [starts, list] = [this.integers(known.starts), this.integers(known.items)];
    return this.sumOfPlaces(users.size, weights, (pair, put) => {
      const user = u[pair] as number;
      for (let e = starts[user] as number; e < (starts[user + 1] as number); e++)
        put((i[pair] as number) * known.itemCount + (list[e] as number));
    });
  }

  sparseSimilarity({ users, items }: PairIndices, known: KnownItems, weights: SparseMatrix): Tensor {
    const [u, i] = [this.integers(users), this.integers(items)];
    const [starts, list] = [this.integers(known.starts), this.integers(known.items)];
    const [rows, columns] = [this.integers(weights.starts), this.integers(weights.columns)];
    return this.sumOfPlaces(users.size, weights.values, (pair, put) => {
      const user = u[pair] as number;
      const own = new Set(list.subarray(starts[user], starts[user + 1]));
      const item = i[pair] as number;
      for (let e = rows[item] as number; e < (rows[item + 1] as number); e++) if (own.has(columns[e] as number)) put(e);
    });
  }

  pairEntries({ users, items }: PairIndices, matrix: Tensor): Tensor {
    const [u, i] = [this.integers(users), this.integers(items)];
    const places = Int32Array.from(u, (user, pair) => user * width(matrix) + (i[pair] as number));
    return this.compute([users.size], () => this.tf.gather(this.flat(matrix), places));
  }

  markKnown({ users, items }: PairIndices, known: KnownItems): Tensor {
    const { host } = this;
    const pairs = { users: this.lent(users), items: this.lent(items) };
    const lists = this.lentKnown(known);
    return host.scope(() => this.tensor(host.floats(host.markKnown(pairs, lists))));
  }

  /** On the host: TensorFlow's JavaScript has no solver. */
  ridgeRows(starts: Tensor, columns: Tensor, others: Tensor, base: Tensor, penalties: Tensor, out: Tensor): void {
    const operands = [starts, columns, others, base, penalties].map((tensor) => this.lent(tensor));
    const [s, c, o, b, p] = operands as [WasmTensor, WasmTensor, WasmTensor, WasmTensor, WasmTensor];
    this.fillOnHost(out, (own) => this.host.ridgeRows(s, c, o, b, p, own));
  }
}
