import { z } from 'zod';
import { hostOf, inRuns, type KnownItems, type Tensor, type WasmKernels, type WasmTensor } from '../compute/index.js';
import type { UserItems } from '../datasets/interactions.js';
import { UserError } from '../support/errors.js';
import { knownTensors } from './batches.js';
import { numbers, numbersOf, sweepAll, sweptWidth } from './inverse.js';
import { defineModel } from './model.js';
import { dataParameters } from './saved.js';
import { transpose } from './svd.js';

/** An item-item matrix beyond this would take more than a gibibyte, and two more while it is inverted in double precision. */
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
    const host = hostOf(kernels);
    let turned: Turned | undefined;
    return {
      ...saved,
      fit(train) {
        const known = knownTensors(kernels, train);
        saved.set('known starts', known.starts);
        saved.set('known items', known.items);
        const solved = weights(host, train, penalty);
        saved.set('weights', host === kernels ? solved : kernels.tensor(host.floats(solved), solved.shape));
      },
      scoreRows(users) {
        if (host !== kernels) return undefined;
        const [weights, starts, known] = [saved.get('weights'), saved.get('known starts'), saved.get('known items')];
        if (turned?.of !== weights) {
          if (turned) host.free(turned.values);
          turned = { of: weights, values: host.empty([items, items]) };
          host.raw.transpose(items, items, (weights as WasmTensor).address, turned.values.address);
        }
        // Rows of the turned matrix, added in the order in which a pair's numbers are.
        const out = host.zeros([users.length, items]);
        const [own, list] = [(starts as WasmTensor).address, (known as WasmTensor).address];
        const from = turned.values.address;
        users.forEach((user, u) => {
          host.raw.sparseTimesDense(1, items, own + 4 * user, list, from, out.address + 4 * u * items);
        });
        return out;
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

/** Weights by the item that they are from: what a user's scores of all items are sums of. */
interface Turned {
  readonly of: Tensor;
  readonly values: WasmTensor;
}

/**
 * Up to this condition single precision, whose errors are about 6e-8 of it, keeps the answer that double gives, to some millionths; beyond it
 * double is taken, in four times the time.
 */
const SINGLE_CONDITION = 2000;

/** Rows and columns that are written together. */
const TILE = 32;

/** [items, items]: row i holds the weights of all items on item i. Computed in the default backend's memory. */
function weights(kernels: WasmKernels, train: UserItems, penalty: number): Tensor {
  const { itemCount: n } = train;
  const wide = sweptWidth(n);
  const byItem = transpose(train);
  const precision = (largestRowSum(train, byItem) + penalty) / penalty <= SINGLE_CONDITION ? 'single' : 'double';
  const out = kernels.empty([n, n]);
  kernels.scope(() => {
    const matrix = numbers(kernels, precision, wide, wide);
    const lists = [byItem.starts, byItem.users, train.starts, train.items, train.starts].map(
      (list) => kernels.tensor(list).address,
    ) as [number, number, number, number, number];
    const [starts, users, ...known] = lists;
    const gram = precision === 'double' ? kernels.raw.gramLower : kernels.raw.gramLowerSingle;
    const bytes = precision === 'double' ? 8 : 4;
    inRuns(n, (first, count) =>
      gram(count, starts + 4 * first, users, ...known, matrix.address + first * wide * bytes, wide),
    );
    const values = numbersOf(kernels, precision, matrix);
    for (let i = 0; i < wide; i++) (values[i * wide + i] as number) += i < n ? penalty : 1;
    sweepAll(kernels, matrix, wide, precision);
    writeWeights(numbersOf(kernels, precision, matrix), wide, n, kernels.floats(out));
  });
  return out;
}

/** -P_ij / P_ii of P's lower triangle, whatever its sign; by squares, since columns are far apart. */
function writeWeights(inverse: ArrayLike<number>, wide: number, n: number, out: Float32Array): void {
  const scales = Float64Array.from({ length: n }, (_, i) => -1 / (inverse[i * wide + i] as number));
  for (let row = 0; row < n; row += TILE) {
    for (let column = 0; column <= row; column += TILE) {
      for (let i = row; i < Math.min(n, row + TILE); i++) {
        for (let j = column; j < Math.min(i, column + TILE); j++) {
          const value = inverse[i * wide + j] as number;
          out[i * n + j] = value * (scales[i] as number);
          out[j * n + i] = value * (scales[j] as number);
        }
        out[i * n + i] = 0;
      }
    }
  }
}

/** Largest sum of a row of X'X, which no eigenvalue is above: what the users of an item know, together. */
function largestRowSum({ starts, itemCount }: UserItems, byItem: { starts: Int32Array; users: Int32Array }): number {
  let largest = 0;
  for (let item = 0; item < itemCount; item++) {
    let sum = 0;
    for (let e = byItem.starts[item] as number; e < (byItem.starts[item + 1] as number); e++) {
      const user = byItem.users[e] as number;
      sum += (starts[user + 1] as number) - (starts[user] as number);
    }
    largest = Math.max(largest, sum);
  }
  return largest;
}
