import { z } from 'zod';
import { hostOf, inRuns, type Kernels, type KnownItems, type SparseMatrix, type WasmTensor } from '../compute/index.js';
import type { UserItems } from '../datasets/interactions.js';
import { LIMITS, mostText } from '../support/limits.js';
import { knownTensors } from './batches.js';
import { defineModel } from './model.js';
import { dataParameters } from './saved.js';
import { transpose } from './svd.js';

/**
 * Item neighbourhoods (Sarwar et al. 2001): an item's score is the sum of its similarities with the items that the user knows. Cosine
 * with shrinkage, n_ij / (sqrt(n_i n_j) + shrink), over the most similar `neighbours`, as tuned baselines have it (Ferrari Dacrema et
 * al. 2019).
 */
export const itemKnn = defineModel({
  name: 'ItemKNN',
  summary: "similarity with the user's items: shrunk cosine over the nearest neighbours",
  trained: false,
  settings: z.object({
    neighbours: z.number().int().min(1).max(LIMITS.neighbours.most, mostText('neighbours')).default(100),
    shrink: z.number().min(0).default(10),
  }),
  tuning: { neighbours: [20, 50, 100, 200, 400], shrink: [0, 10, 50, 100, 200] },
  create(kernels, _make, { items }, { neighbours, shrink }) {
    const saved = dataParameters(kernels, {
      'known starts': 'int32',
      'known items': 'int32',
      starts: 'int32',
      columns: 'int32',
      values: 'float32',
    });
    return {
      ...saved,
      fit(train) {
        const known = knownTensors(kernels, train);
        const nearest = nearestItems(kernels, train, neighbours, shrink);
        saved.set('known starts', known.starts);
        saved.set('known items', known.items);
        for (const name of ['starts', 'columns', 'values'] as const) saved.set(name, nearest[name]);
      },
      forward(tape, { columns }) {
        const known: KnownItems = {
          itemCount: items,
          starts: saved.get('known starts'),
          items: saved.get('known items'),
        };
        const weights = { starts: saved.get('starts'), columns: saved.get('columns'), values: saved.get('values') };
        return tape.constant(tape.kernels.sparseSimilarity(columns, known, weights));
      },
    };
  },
});

/** Each item's most similar others, by column; equal similarities by lower item. */
function nearestItems(kernels: Kernels, train: UserItems, neighbours: number, shrink: number): SparseMatrix {
  const { itemCount } = train;
  const host = hostOf(kernels);
  const byItem = transpose(train);
  const most = Math.min(neighbours, Math.max(1, itemCount - 1));
  const starts = new Int32Array(itemCount + 1);
  const [columns, values] = host.scope(() => {
    const integers = (data: Int32Array): number => host.tensor(data).address;
    const zeros = (count: number): WasmTensor => host.zeros([count]);
    const [heap, others, sizes] = [zeros(2 * itemCount * most), zeros(itemCount * most), zeros(itemCount)];
    const lists = [byItem.starts, byItem.users, train.starts, train.items, train.starts].map(integers) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const together = zeros(itemCount);
    const heaps = [heap.address, others.address, sizes.address] as const;
    inRuns(itemCount, (first, count) =>
      host.raw.nearestItems(first, first + count, itemCount, ...lists, together.address, shrink, most, ...heaps),
    );
    const { buffer } = host.floats(heap);
    const similarity = new Float64Array(buffer, heap.address, itemCount * most);
    const listed = new Int32Array(buffer, others.address, itemCount * most);
    new Int32Array(buffer, sizes.address, itemCount).forEach((size, item) => {
      starts[item + 1] = (starts[item] as number) + size;
    });
    const columns = new Int32Array(starts[itemCount] as number);
    const values = new Float32Array(columns.length);
    const similarTo = new Float64Array(itemCount);
    for (let item = 0; item < itemCount; item++) {
      const [from, end] = [starts[item] as number, starts[item + 1] as number];
      for (let k = 0; k < end - from; k++) {
        const other = listed[item * most + k] as number;
        columns[from + k] = other;
        similarTo[other] = similarity[item * most + k] as number;
      }
      columns.subarray(from, end).sort();
      for (let k = from; k < end; k++) values[k] = similarTo[columns[k] as number] as number;
    }
    return [columns, values];
  });
  return { starts: kernels.tensor(starts), columns: kernels.tensor(columns), values: kernels.tensor(values) };
}
