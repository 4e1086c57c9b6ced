import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { ParameterFactory, WasmKernels } from '../compute/index.js';
import { TEST, TRAIN, type UserItems, userItems } from '../datasets/interactions.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { splitInteractions } from '../datasets/split.js';
import { runPython, testWithPython } from '../support/test_python.js';
import { createModel } from './registry.js';

const [DIM, ITERATIONS, UNOBSERVED, PENALTY] = [16, 15, 0.1, 2];
const SEEDS = [1, 2, 3];

/** Share of test items among each user's ten best of those not trained on, in percent. */
function hitAt10(train: UserItems, tested: UserItems, user: Float32Array, item: Float32Array): number {
  let [hits, all] = [0, 0];
  for (let u = 0; u < train.users; u++) {
    const known = new Set(train.items.subarray(train.starts[u], train.starts[u + 1]));
    const score = (i: number): number => {
      let sum = 0;
      for (let k = 0; k < DIM; k++) sum += (user[u * DIM + k] as number) * (item[i * DIM + k] as number);
      return sum;
    };
    for (const test of tested.items.subarray(tested.starts[u], tested.starts[u + 1])) {
      const own = score(test);
      let above = 0;
      for (let i = 0; i < train.itemCount; i++) if (!known.has(i) && score(i) > own) above++;
      hits += Number(above < 10);
      all++;
    }
  }
  return (100 * hits) / all;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
const variance = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + (x - mean(values)) ** 2, 0) / (values.length - 1);

// implicit minimizes sum over clicks of c (s - 1)^2, over other pairs of s^2, plus a penalty: ours with c = 1 + 1 / unobserved, labels of
// t = 1 / (1 + unobserved) in the place of 1 and penalties divided by `unobserved`. Factors divided by the root of t have labels of 1 and penalties / t.
testWithPython('implicit', 'numpy', 'scipy').each([
  ['dense', { users: 300, items: 200, ratingsPerUser: 50, rank: 4 }],
  ['wide', { users: 300, items: 700, ratingsPerUser: 30, rank: 6 }],
  ['sparse', { users: 800, items: 400, ratingsPerUser: 12, rank: 3 }],
])('iALS finds what implicit finds with the same objective, within what seeds change, on %s data', (_, options) => {
  const { data } = plantedRatings({ ...PLANTED_DEFAULTS, ...options, attraction: 2 });
  const split = splitInteractions(data, { rule: 'leave-last-two', seed: 1, shortUsers: 'train' });
  const part = (code: number): UserItems => userItems(split, (row) => split.split?.[row] === code);
  const [train, tested] = [part(TRAIN), part(TEST)];
  const size = { users: train.users, items: train.itemCount, dim: DIM };
  const ours = SEEDS.map((seed) => {
    const kernels = new WasmKernels();
    const settings = { unobserved: UNOBSERVED, penalty: PENALTY * UNOBSERVED, frequency: 0, iterations: ITERATIONS };
    const model = createModel('iALS', kernels, new ParameterFactory(kernels, seed), size, settings);
    model.fit?.(train, seed);
    const [user, item] = model.parameters.map(({ value }) => kernels.floats(value)) as [Float32Array, Float32Array];
    return hitAt10(train, tested, user, item);
  });
  const folder = mkdtempSync(join(tmpdir(), 'expobench-ials-'));
  try {
    writeFileSync(join(folder, 'starts'), train.starts);
    writeFileSync(join(folder, 'items'), train.items);
    runPython(
      `
import os
os.environ['OPENBLAS_NUM_THREADS'] = '1'
import numpy as np, scipy.sparse as sparse
from implicit.als import AlternatingLeastSquares
starts, items = np.fromfile('starts', np.int32), np.fromfile('items', np.int32)
X = sparse.csr_matrix((np.ones(len(items), np.float32), items, starts), shape=(${size.users}, ${size.items}))
for seed in ${JSON.stringify(SEEDS)}:
    model = AlternatingLeastSquares(factors=${DIM}, iterations=${ITERATIONS}, alpha=${1 + 1 / UNOBSERVED}, regularization=${PENALTY * (1 + UNOBSERVED)},
        use_cg=False, num_threads=1, random_state=seed)
    model.fit(X, show_progress=False)
    np.concatenate([model.user_factors, model.item_factors]).astype(np.float32).tofile(f'factors{seed}')
print('0')
`,
      folder,
    );
    const theirs = SEEDS.map((seed) => {
      const all = new Float32Array(Uint8Array.from(readFileSync(join(folder, `factors${seed}`))).buffer);
      return hitAt10(train, tested, all.subarray(0, size.users * DIM), all.subarray(size.users * DIM));
    });
    expect(mean(ours)).toBeGreaterThan(15);
    // Three standard errors of the difference, and no less than half a point, which a few users make.
    const error = Math.sqrt((variance(ours) + variance(theirs)) / SEEDS.length);
    expect(Math.abs(mean(ours) - mean(theirs))).toBeLessThan(Math.max(0.5, 3 * error));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
