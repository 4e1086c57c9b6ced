import { z } from 'zod';
import type { Kernels, KnownItems, SparseMatrix } from '../compute/index.js';
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
  const byItem = transpose(train);
  const countOf = (item: number): number => (byItem.starts[item + 1] as number) - (byItem.starts[item] as number);
  const together = new Float64Array(itemCount);
  const starts = new Int32Array(itemCount + 1);
  const columns: number[] = [];
  const values: number[] = [];
  for (let item = 0; item < itemCount; item++) {
    const met: number[] = [];
    for (let e = byItem.starts[item] as number; e < (byItem.starts[item + 1] as number); e++) {
      const user = byItem.users[e] as number;
      for (let k = train.starts[user] as number; k < (train.starts[user + 1] as number); k++) {
        const other = train.items[k] as number;
        if (other === item) continue;
        if (together[other] === 0) met.push(other);
        (together[other] as number)++;
      }
    }
    const similarity = met.map((other) => ({
      other,
      value: (together[other] as number) / (Math.sqrt(countOf(item) * countOf(other)) + shrink),
    }));
    for (const other of met) together[other] = 0;
    similarity.sort((a, b) => b.value - a.value || a.other - b.other);
    const kept = similarity.slice(0, neighbours).sort((a, b) => a.other - b.other);
    for (const { other, value } of kept) {
      columns.push(other);
      values.push(value);
    }
    starts[item + 1] = columns.length;
  }
  return {
    starts: kernels.tensor(starts),
    columns: kernels.tensor(Int32Array.from(columns)),
    values: kernels.tensor(Float32Array.from(values)),
  };
}
