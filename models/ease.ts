import { z } from 'zod';
import { hostOf, type KnownItems, type Tensor, type WasmKernels } from '../compute/index.js';
import { UserError } from '../support/errors.js';
import { knownTensors } from './batches.js';
import { inverseInDouble, invertPositiveDefinite } from './inverse.js';
import { defineModel } from './model.js';
import { dataParameters } from './saved.js';

/** An item-item matrix beyond this would take more than a gibibyte. */
const MOST_ITEMS = 16384;

/**
 * EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data"): the linear model of an item from a user's others with
 * least squared error and penalty, in closed form: P = (X'X + lambda I)^-1, weight(j to i) = -P_ji / P_ii, none of an item on itself.
 * Memory and time grow with the square and cube of the number of items.
 */
export const ease = defineModel({
  name: 'EASE',
  summary: 'linear autoencoder in closed form, over at most 16,384 items',
  trained: false,
  remedy: 'raise its penalty, --set EASE.penalty',
  settings: z.object({ penalty: z.number().min(1e-3).default(500) }),
  tuning: { penalty: [20, 50, 100, 200, 500, 1000, 2000] },
  create(kernels, _make, { items }, { penalty }) {
    if (items > MOST_ITEMS)
      throw new UserError(
        `EASE keeps a matrix of items by items: ${items.toLocaleString('en')} items are more than its ${MOST_ITEMS.toLocaleString('en')}; drop rare ones with --min-item`,
      );
    const saved = dataParameters(kernels, { 'known starts': 'int32', 'known items': 'int32', weights: 'float32' });
    return {
      ...saved,
      fit(train) {
        const known = knownTensors(kernels, train);
        saved.set('known starts', known.starts);
        saved.set('known items', known.items);
        const host = hostOf(kernels);
        const solved = weights(host, train, penalty);
        saved.set('weights', host === kernels ? solved : kernels.tensor(host.floats(solved), solved.shape));
      },
      forward(tape, { columns }) {
        const known: KnownItems = {
          itemCount: items,
          starts: saved.get('known starts'),
          items: saved.get('known items'),
        };
        return tape.constant(tape.kernels.similarity(columns, known, saved.get('weights')));
      },
    };
  },
});

/** Beyond this condition, single precision, whose errors are about 6e-8 of it, turns close scores round: double is used where it can be. */
const DOUBLE_CONDITION = 1e4;
/** Beyond this, single precision is of no use. */
const MOST_CONDITION = 1e5;
/** Most items that are solved in double precision: half a minute. */
const MOST_DOUBLE = 1024;

/** [items, items]: row i holds the weights of all items on item i. Computed in the default backend's memory. */
function weights(
  kernels: WasmKernels,
  train: { itemCount: number; users: number; starts: Int32Array; items: Int32Array },
  penalty: number,
): Tensor {
  const { itemCount: n } = train;
  const matrix = kernels.zeros([n, n]);
  const values = kernels.floats(matrix);
  for (let user = 0; user < train.users; user++) {
    const own = train.items.subarray(train.starts[user], train.starts[user + 1]);
    for (const i of own) for (const j of own) (values[i * n + j] as number)++;
  }
  // Eigenvalues lie between the penalty and the largest sum of a row.
  let largest = 0;
  for (let i = 0; i < n; i++) {
    let sum = penalty;
    for (let j = 0; j < n; j++) sum += values[i * n + j] as number;
    largest = Math.max(largest, sum);
  }
  const condition = largest / penalty;
  let inverse: Float32Array | Float64Array;
  if (condition <= (n <= MOST_DOUBLE ? DOUBLE_CONDITION : MOST_CONDITION)) {
    for (let i = 0; i < n; i++) (values[i * n + i] as number) += penalty;
    invertPositiveDefinite(kernels, matrix);
    inverse = kernels.floats(matrix);
  } else if (n <= MOST_DOUBLE) {
    inverse = inverseInDouble(values, n, penalty);
  } else {
    throw new UserError(
      `EASE with penalty ${penalty}: the condition number of its matrix may be ${condition.toExponential(0)}, beyond the ${MOST_CONDITION.toExponential(0)} that single precision bears, and ${n.toLocaleString('en')} items are more than the ${MOST_DOUBLE.toLocaleString('en')} that are solved in double: raise --set EASE.penalty to ${Math.ceil(largest / MOST_CONDITION)} or more`,
    );
  }
  const out = kernels.floats(matrix);
  for (let i = 0; i < n; i++) {
    // P is symmetric, so that its row i is its column i.
    const scale = -1 / (inverse[i * n + i] as number);
    for (let j = 0; j < n; j++) out[i * n + j] = (inverse[i * n + j] as number) * scale;
    out[i * n + i] = 0;
  }
  return matrix;
}
