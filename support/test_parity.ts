/**
 * For tests: what every backend must compute as the default one does. Each case runs kernels and returns tensors to compare.
 */

import { expect } from '@jest/globals';
import { type Activation, type Kernels, OUTCOME_FORMS } from '../compute/kernels.js';
import { stream } from '../compute/random.js';
import type { DataType, Tensor } from '../compute/tensor.js';
import { WasmKernels } from '../compute/wasm/wasm_kernels.js';

export interface ParityCase {
  readonly name: string;
  run(kernels: Kernels): Readonly<Record<string, Tensor>>;
}

/** Inputs that are the same on every backend, since they are drawn on the host. */
class Inputs {
  constructor(readonly kernels: Kernels) {}

  private values(name: string, size: number, of: (u: number) => number): number[] {
    let state = stream(name);
    return Array.from({ length: size }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return of(state / 4294967296);
    });
  }

  /** Between -2 and 2, or between the given bounds. */
  numbers(name: string, shape: readonly number[], least = -2, most = 2): Tensor {
    const size = shape.reduce((a, b) => a * b, 1);
    return this.kernels.tensor(Float32Array.from(this.values(name, size, (u) => least + (most - least) * u)), shape);
  }

  /** Whole numbers below a bound. */
  integers(name: string, size: number, bound: number): Tensor {
    return this.kernels.tensor(Int32Array.from(this.values(name, size, (u) => Math.floor(u * bound))));
  }

  labels(name: string, size: number): Tensor {
    return this.kernels.tensor(Float32Array.from(this.values(name, size, (u) => Number(u < 0.4))));
  }

  /** Sorted runs of known items, the last user's longest: all items but one. */
  known(users: number, items: number) {
    const starts = new Int32Array(users + 1);
    const all: number[] = [];
    for (let user = 0; user < users; user++) {
      for (let item = 0; item < items; item++) {
        if (user === users - 1 ? item !== 3 : (item * 7 + user * 5) % 9 < 2) all.push(item);
      }
      starts[user + 1] = all.length;
    }
    const { kernels } = this;
    return { itemCount: items, starts: kernels.tensor(starts), items: kernels.tensor(Int32Array.from(all)) };
  }
}

const N = 300;
const ACTIVATIONS: readonly Activation[] = ['linear', 'relu'];

/** A result, and the adjoint added to numbers that are not zero and to zeros: both must come out right. */
function adjoints(
  kernels: Kernels,
  inputs: Inputs,
  shapes: Readonly<Record<string, readonly number[]>>,
  work: (targets: Readonly<Record<string, Tensor>>) => void,
): Record<string, Tensor> {
  const results: Record<string, Tensor> = {};
  for (const kind of ['added', 'fresh']) {
    const targets = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        kind === 'fresh' ? kernels.zeros(shape) : inputs.numbers(`target ${name}`, shape),
      ]),
    );
    work(targets);
    for (const [name, tensor] of Object.entries(targets)) results[`${name}, ${kind}`] = tensor;
  }
  return results;
}

const unary = (name: string, of: (kernels: Kernels, x: Tensor) => Tensor, least = -9, most = 9): ParityCase => ({
  name,
  run: (kernels) => ({ out: of(kernels, new Inputs(kernels).numbers('x', [N], least, most)) }),
});

/** Cases of one kernel each, or of one with its adjoint. */
export const PARITY_CASES: readonly ParityCase[] = [
  {
    name: 'memory: zeros, fill, copy, write, slice, every nth, join',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const x = inputs.numbers('x', [10, 7]);
      const filled = kernels.zeros([5]);
      kernels.fill(filled, 2.5);
      const copied = kernels.zeros([10, 7]);
      kernels.copy(x, copied);
      const written = kernels.zeros([12]);
      kernels.write(written, Float32Array.of(1, 2, 3), 4);
      const whole = kernels.zeros([3]);
      kernels.write(whole, Float32Array.of(7, 8, 9));
      return {
        ...{ zeros: kernels.zeros([3]), filled, copied, written, whole },
        slice: kernels.slice(x, 13, 20),
        'every nth': kernels.everyNth(x, 7),
        'join of zeros': kernels.join(kernels.zeros([3], 'int32'), inputs.integers('i', 9, 100)),
      };
    },
  },
  {
    name: 'a write does not overtake what was queued before it',
    run(kernels) {
      const x = kernels.zeros([64]);
      kernels.fill(x, 1);
      const before = kernels.linear(x, 3, 0);
      kernels.write(x, new Float32Array(64).fill(5));
      return { before, after: kernels.linear(x, 3, 0) };
    },
  },
  {
    name: 'draws',
    run(kernels) {
      const key = { seed: 2 ** 40 + 12345, stream: stream('parity'), replicate: 3 };
      const drawn = (dtype: DataType, shape: number[], draw: (out: Tensor) => void): Tensor => {
        const out = kernels.zeros(shape, dtype);
        draw(out);
        return out;
      };
      return {
        uniform: drawn('float32', [3, 37], (out) => kernels.drawUniform(out, key, 2)),
        'many normal': drawn('float32', [64, 3001], (out) => kernels.drawNormal(out, key, 0, 1)),
        normal: drawn('float32', [5, 61], (out) => kernels.drawNormal(out, key, 0.5, 2, 1)),
        bounded: drawn('int32', [500], (out) => kernels.drawBounded(out, key, 3_000_000_000)),
        small: drawn('int32', [500], (out) => kernels.drawBounded(out, key, 7)),
        permutation: drawn('int32', [1000], (out) => kernels.drawPermutation(out, key)),
        mask: kernels.drawMask([7, 45], key, 0.3),
      };
    },
  },
  {
    name: 'lookup: slots in order of first appearance',
    run(kernels) {
      const indices = new Inputs(kernels).integers('indices', 2000, 700);
      const { slots, rows, uses } = kernels.lookup(indices, 900);
      const again = kernels.lookup(indices, 900); // of a table whose marks were wiped
      const one = kernels.lookup(kernels.zeros([100], 'int32'), 900);
      return {
        slots,
        rows: kernels.gather(rows, slots),
        uses: kernels.gather(uses, slots),
        again: again.slots,
        one: one.slots,
      };
    },
  },
  {
    name: 'lookup of both columns, with what is scattered to either',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const [a, b] = [inputs.integers('a', 700, 90), inputs.integers('b', 700, 400)];
      const [own, other] = kernels.lookupPair(a, 100, b, 400);
      const from = inputs.numbers('from', [700, 3]);
      const sums = [own, other].map((lookup) => {
        const to = kernels.zeros([lookup.count, 3]);
        kernels.scatterAdd(from, lookup.slots, to);
        return kernels.gather(to, lookup.slots);
      });
      const means = kernels.gather(kernels.meanByRow(kernels.slice(from, 0, 700), other), other.slots);
      const rows = [own, other].map((lookup) => kernels.gather(lookup.rows, lookup.slots));
      const uses = [own, other].map((lookup) => kernels.gather(lookup.uses, lookup.slots));
      return {
        ...{ 'slots a': own.slots, 'slots b': other.slots, means },
        ...Object.fromEntries([sums, rows, uses].flatMap((pair, k) => pair.map((tensor, t) => [`${k} ${t}`, tensor]))),
      };
    },
  },
  {
    name: 'rows: gather, distinct rows, scatter-add with long and short runs',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const table = inputs.numbers('table', [50, 12]);
      const indices = inputs.integers('indices', 700, 30);
      const uneven = kernels.tensor(Int32Array.from({ length: 700 }, (_, r) => (r % 3 === 0 ? r % 50 : 4)));
      const lookup = kernels.lookup(indices, 50);
      const from = inputs.numbers('from', [700, 12]);
      return {
        gather: kernels.gather(table, indices),
        distinct: kernels.gather(kernels.gatherDistinct(table, lookup), lookup.slots),
        ...adjoints(kernels, inputs, { to: [50, 12] }, ({ to }) => kernels.scatterAdd(from, uneven, to as Tensor)),
      };
    },
  },
  ...ACTIVATIONS.map(
    (activation): ParityCase => ({
      name: `pair sum, ${activation}`,
      run(kernels) {
        const inputs = new Inputs(kernels);
        const [a, b] = [inputs.numbers('a', [20, 9]), inputs.numbers('b', [30, 9])];
        const [ai, bi] = [inputs.integers('ai', N, 20), inputs.integers('bi', N, 30)];
        return { out: kernels.gatherPairSum(a, ai, b, bi, inputs.numbers('bias', [9]), activation) };
      },
    }),
  ),
  {
    name: 'pair product and its adjoint',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const [a, b] = [inputs.numbers('a', [20, 13]), inputs.numbers('b', [30, 13])];
      const [ai, bi] = [inputs.integers('ai', N, 20), inputs.integers('bi', N, 30)];
      const [weight, g] = [inputs.numbers('weight', [13]), inputs.numbers('g', [N])];
      return {
        out: kernels.pairProduct(a, ai, b, bi, weight),
        ...adjoints(kernels, inputs, { ga: [20, 13], gb: [30, 13], gw: [13] }, ({ ga, gb, gw }) =>
          kernels.pairProductAdjoint(g, a, ai, b, bi, weight, ga as Tensor, gb as Tensor, gw as Tensor),
        ),
      };
    },
  },
  ...[
    [1, 1, 1],
    [5, 13, 7],
    [70, 33, 50],
    [16, 1, 3000],
    [24, 20, 2500],
    [2000, 16, 24],
  ].map(
    ([m = 0, n = 0, depth = 0]): ParityCase => ({
      name: `matrix product ${m} x ${n}, depth ${depth}`,
      run(kernels) {
        const inputs = new Inputs(kernels);
        const results: Record<string, Tensor> = {};
        for (const [turnA, turnB] of [
          [false, false],
          [true, false],
          [false, true],
          [true, true],
        ] as const) {
          const a = inputs.numbers('a', turnA ? [depth, m] : [m, depth]);
          const b = inputs.numbers('b', turnB ? [n, depth] : [depth, n]);
          const name = `${turnA ? "a'" : 'a'} ${turnB ? "b'" : 'b'}`;
          results[name] = kernels.product(a, b, turnA, turnB);
          const out = inputs.numbers('out', [m, n]);
          kernels.matmul(a, b, out, turnA, turnB);
          results[`${name}, added`] = out;
        }
        return results;
      },
    }),
  ),
  {
    name: 'column sums, bias, columns moved and added',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const x = inputs.numbers('x', [900, 21]);
      const [linear, relu] = [inputs.numbers('y', [N, 5]), inputs.numbers('y', [N, 5])];
      kernels.addBias(linear, inputs.numbers('bias', [5]), 'linear');
      kernels.addBias(relu, inputs.numbers('bias', [5]), 'relu');
      const moved = kernels.zeros([900, 10]);
      kernels.copyColumns(x, 3, moved, 4, 5);
      kernels.copyColumns(x, 10, moved, 0, 2, true);
      return {
        ...{ linear, relu, moved },
        ...adjoints(kernels, inputs, { sums: [21], columns: [900, 4] }, ({ sums, columns }) => {
          kernels.addColumnSums(x, sums as Tensor);
          kernels.copyColumns(x, 9, columns as Tensor, 0, 4, true);
        }),
      };
    },
  },
  {
    name: 'sparse times dense',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const { starts, items } = inputs.known(12, 40);
      const dense = inputs.numbers('dense', [40, 6]);
      return adjoints(kernels, inputs, { out: [12, 6] }, ({ out }) =>
        kernels.sparseTimesDense(starts, items, dense, out as Tensor),
      );
    },
  },
  unary('exp', (kernels, x) => kernels.exp(x), -90, 80),
  unary('log', (kernels, x) => kernels.log(x), 1e-6, 50),
  unary('sigmoid', (kernels, x) => kernels.sigmoid(x), -30, 30),
  unary('relu', (kernels, x) => kernels.relu(x)),
  unary('linear', (kernels, x) => kernels.linear(x, -1.5, 0.25)),
  unary('clamp', (kernels, x) => kernels.clamp(x, -4, 3)),
  unary('reciprocal', (kernels, x) => kernels.reciprocal(x), 0.1, 9),
  {
    name: 'numbers of the edge: logarithms of 0 and of less, exponentials out of range',
    run(kernels) {
      const x = kernels.tensor(Float32Array.of(0, -1, Number.POSITIVE_INFINITY, 1));
      return { log: kernels.log(x), exp: kernels.exp(kernels.tensor(Float32Array.of(-200, 0, 100, -87.4))) };
    },
  },
  {
    name: 'sums and products of two, and what is added',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const [a, b] = [inputs.numbers('a', [N]), inputs.numbers('b', [N])];
      const one = inputs.numbers('g', [1]);
      return {
        sum: kernels.add(a, b),
        product: kernels.multiply(a, b),
        'scaled sum': kernels.scaledSum(inputs.numbers('long', [5000], 0, 1), 0.125),
        ...adjoints(kernels, inputs, { p: [N], s: [N], all: [N] }, ({ p, s, all }) => {
          kernels.addProduct(a, b, p as Tensor);
          kernels.addScaled(0.3, a, s as Tensor);
          kernels.scaledSumAdjoint(one, 0.5, all as Tensor);
        }),
      };
    },
  },
  {
    name: 'adjoints of functions of one number',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const [g, x] = [inputs.numbers('g', [N]), inputs.numbers('x', [N], -6, 6)];
      const [y, positive] = [kernels.sigmoid(x), inputs.numbers('positive', [N], 0.2, 3)];
      const masked = inputs.numbers('masked', [N]);
      kernels.reluMask(x, masked);
      const shapes = { sigmoid: [N], relu: [N], clamp: [N], reciprocal: [N] };
      return {
        masked,
        ...adjoints(kernels, inputs, shapes, ({ sigmoid, relu, clamp, reciprocal }) => {
          kernels.sigmoidAdjoint(g, y, sigmoid as Tensor);
          kernels.reluAdjoint(g, x, relu as Tensor);
          kernels.clampAdjoint(g, x, -3, 2, clamp as Tensor);
          kernels.reciprocalAdjoint(g, kernels.reciprocal(positive), reciprocal as Tensor);
        }),
      };
    },
  },
  {
    name: 'losses and their adjoints',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const [g, x] = [inputs.numbers('g', [N]), inputs.numbers('x', [N], -20, 20)];
      const [labels, y] = [inputs.labels('y', N), inputs.numbers('y', [N])];
      return {
        entropy: kernels.crossEntropy(x, labels),
        squares: kernels.squaredError(x, y),
        ...adjoints(kernels, inputs, { entropy: [N], squares: [N] }, ({ entropy, squares }) => {
          kernels.crossEntropyAdjoint(g, x, labels, entropy as Tensor);
          kernels.squaredErrorAdjoint(g, x, y, squares as Tensor);
        }),
      };
    },
  },
  {
    name: 'layer norm and its adjoint',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const [x, g] = [inputs.numbers('x', [400, 19]), inputs.numbers('g', [400, 19])];
      const [gain, bias] = [inputs.numbers('gain', [19]), inputs.numbers('bias', [19])];
      const { out, stats } = kernels.layerNorm(x, gain, bias);
      return {
        out,
        ...adjoints(kernels, inputs, { gx: [400, 19], gg: [19], gb: [19] }, ({ gx, gg, gb }) =>
          kernels.layerNormAdjoint(g, x, gain, stats, gx as Tensor, gg as Tensor, gb as Tensor),
        ),
      };
    },
  },
  ...[1, 2, 5].map(
    (heads): ParityCase => ({
      name: `attention with ${heads} heads, and its adjoint`,
      run(kernels) {
        const inputs = new Inputs(kernels);
        const qkv = inputs.numbers('qkv', [130, 60]);
        const g = inputs.numbers('g', [130, 20]);
        const sequences = { starts: kernels.tensor(Int32Array.of(0, 1, 30, 31, 100, 130)), longest: 69 };
        const result = kernels.attention(qkv, sequences, heads);
        return {
          out: result.out,
          ...adjoints(kernels, inputs, { gqkv: [130, 60] }, ({ gqkv }) =>
            kernels.attentionAdjoint(g, qkv, sequences, heads, result, gqkv as Tensor),
          ),
        };
      },
    }),
  ),
  ...OUTCOME_FORMS.map(
    (form): ParityCase => ({
      name: `exposure logits, ${form}, and their adjoint`,
      run(kernels) {
        const inputs = new Inputs(kernels);
        const [g, d] = [inputs.numbers('g', [N]), inputs.numbers('d', [N])];
        const [labels, beta] = [inputs.labels('y', N), inputs.numbers('beta', [3])];
        return {
          out: kernels.exposureLogits(g, labels, beta, form),
          ...adjoints(kernels, inputs, { gg: [N], gbeta: [3], alone: [3] }, ({ gg, gbeta, alone }) => {
            kernels.exposureLogitsAdjoint(d, g, labels, beta, form, gg, gbeta as Tensor);
            kernels.exposureLogitsAdjoint(d, g, labels, beta, form, undefined, alone as Tensor);
          }),
        };
      },
    }),
  ),
  {
    name: 'weighted mean, differences, means by row, correlation, with adjoints',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const [x, w, g] = [inputs.numbers('x', [N]), inputs.numbers('w', [N], 1, 5), inputs.numbers('g', [N])];
      const one = inputs.numbers('one', [1]);
      const mean = kernels.weightedMean(x, w);
      const lookup = kernels.lookup(inputs.integers('i', N, 40), 50);
      const byRow = kernels.meanByRow(x, lookup);
      const popularity = kernels.gatherDistinct(inputs.numbers('p', [50, 1], 0, 9), lookup);
      const related = kernels.correlation(byRow, popularity, lookup.uses);
      const { count } = lookup;
      return {
        mean: kernels.slice(mean, 0, 1),
        differences: kernels.differences(x, 5),
        'by row': kernels.gather(byRow, lookup.slots),
        correlation: kernels.slice(related, 0, 1),
        ...adjoints(kernels, inputs, { wx: [N], ww: [N], d: [N], m: [N] }, ({ wx, ww, d, m }) => {
          kernels.weightedMeanAdjoint(one, x, w, mean, wx, undefined);
          kernels.weightedMeanAdjoint(one, x, w, mean, undefined, ww);
          kernels.differencesAdjoint(kernels.slice(g, 0, 240), 5, d as Tensor);
          const up = kernels.zeros([count]);
          kernels.correlationAdjoint(one, byRow, popularity, lookup.uses, related, up);
          kernels.meanByRowAdjoint(up, lookup, m as Tensor);
        }),
      };
    },
  },
  {
    name: 'steps of Adam: dense, and of the rows of a batch',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const step = { step: 0.01, epsilon: 1e-8, decay: 0.05 };
      const dense = inputs.numbers('w', [N]);
      const moments = [kernels.zeros([N]), kernels.zeros([N])] as const;
      const table = inputs.numbers('table', [60, 7]);
      const rowMoments = [kernels.zeros([60, 7]), kernels.zeros([60, 7])] as const;
      const lookup = kernels.lookup(inputs.integers('i', 90, 45), 60);
      const rows = kernels.gatherDistinct(inputs.numbers('g rows', [60, 7]), lookup);
      const kept = [kernels.zeros([N]), kernels.zeros([60, 7])] as const;
      for (let t = 0; t < 3; t++) {
        // What was copied stays as it was.
        kernels.copy(dense, kept[0]);
        kernels.copy(table, kept[1]);
        kernels.adam(dense, ...moments, inputs.numbers(`g ${t}`, [N]), step);
        kernels.adamRows(lookup, table, ...rowMoments, rows, step);
      }
      return {
        ...{ 'kept dense': kept[0], 'kept table': kept[1] },
        ...{ dense, m: moments[0], v: moments[1], table, 'row m': rowMoments[0], 'row v': rowMoments[1] },
      };
    },
  },
  ...[false, true].map(
    (withBits): ParityCase => ({
      name: `batches and candidates${withBits ? ', known items as bits' : ''}`,
      run(kernels) {
        const inputs = new Inputs(kernels);
        const [users, items] = [30, 29];
        const known = inputs.known(users, items);
        const rowBytes = Math.ceil(items / 8);
        const bits = new Int32Array(Math.ceil((rowBytes * users) / 4));
        const bytes = new Uint8Array(bits.buffer);
        for (let user = 0; user < users; user++) {
          for (let item = 0; item < items; item++) {
            const isKnown = user === users - 1 ? item !== 3 : (item * 7 + user * 5) % 9 < 2;
            if (isKnown) (bytes[user * rowBytes + (item >> 3)] as number) |= 1 << (item & 7);
          }
        }
        const data = {
          users: inputs.integers('users', N, users),
          items: inputs.integers('items', N, items),
          order: kernels.tensor(Int32Array.from({ length: N }, (_, k) => N - 1 - k)),
          known: withBits ? { ...known, bits: kernels.tensor(bits) } : known,
        };
        const key = { seed: 5, stream: stream('negatives'), replicate: 2 };
        const batch = {
          users: kernels.zeros([1200], 'int32'),
          items: kernels.zeros([1200], 'int32'),
          labels: kernels.zeros([1200]),
        };
        kernels.drawBatch(data, 60, 200, 5, key, batch);
        const alone = {
          users: kernels.zeros([20], 'int32'),
          items: kernels.zeros([20], 'int32'),
          labels: kernels.zeros([20]),
        };
        kernels.drawBatch(data, 3, 20, 0, key, alone);
        const taken = {
          users: kernels.zeros([50], 'int32'),
          items: kernels.zeros([50], 'int32'),
          labels: kernels.zeros([50]),
        };
        const columns = { users: data.users, items: data.items, labels: inputs.numbers('ratings', [N]) };
        kernels.takeBatch(columns, data.order, 7, 50, taken);
        const owners = kernels.tensor(Int32Array.from({ length: users }, (_, user) => user));
        const candidates = kernels.drawCandidates(known, owners, 12, { seed: 5, stream: stream('candidates') });
        return {
          ...{ users: batch.users, items: batch.items, labels: batch.labels },
          ...{ 'alone: users': alone.users, 'alone: items': alone.items, 'alone: labels': alone.labels },
          ...{ 'taken: users': taken.users, 'taken: items': taken.items, 'taken: labels': taken.labels },
          ...{ counts: candidates.counts, candidates: candidates.items },
        };
      },
    }),
  ),
  {
    name: 'places in a ranking, and the best',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const scores = inputs.integers('scores', 40 * 25, 12); // so that some are equal
      const asNumbers = kernels.zeros([40, 25]);
      const values = kernels.tensor(Float32Array.from({ length: 12 }, (_, k) => k / 4 - 1));
      kernels.copy(kernels.gather(values, scores), asNumbers);
      const counts = kernels.tensor(Int32Array.from({ length: 40 }, (_, r) => 24 - (r % 3)));
      const broken = kernels.tensor(Float32Array.of(1, 2, 3, Number.NaN, 1, 0, 0.5, 1, 1), [3, 3]);
      const one = kernels.tensor(Int32Array.of(2, 2, 2));
      const { greater, equal } = kernels.countAbove(asNumbers, counts);
      const nan = kernels.countAbove(broken, one);
      return { greater, equal, 'NaN above': nan.greater, 'NaN equal': nan.equal, top: kernels.topK(asNumbers, 30) };
    },
  },
  {
    name: 'scores read from matrices',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const known = inputs.known(25, 31);
      const pairs = { users: inputs.integers('users', N, 25), items: inputs.integers('items', N, 31) };
      const neighbours = inputs.known(31, 31);
      const weights = {
        starts: neighbours.starts,
        columns: neighbours.items,
        values: inputs.numbers('values', [neighbours.items.size]),
      };
      return {
        dense: kernels.similarity(pairs, known, inputs.numbers('weights', [31, 31])),
        sparse: kernels.sparseSimilarity(pairs, known, weights),
        entries: kernels.pairEntries(pairs, inputs.numbers('matrix', [25, 31])),
        known: kernels.markKnown(pairs, known),
      };
    },
  },
  {
    name: 'ridge regressions of rows',
    run(kernels) {
      const inputs = new Inputs(kernels);
      const { starts, items } = inputs.known(1100, 30);
      const others = inputs.numbers('others', [30, 9], -1, 1);
      const base = kernels.linear(kernels.product(others, others, true, false), 0.1, 0);
      const out = kernels.zeros([1100, 9]);
      kernels.ridgeRows(starts, items, others, base, inputs.numbers('penalties', [1100], 1, 2), out);
      return { out };
    },
  },
];

/**
 * Runs a case on the default backend and on another, and compares: integers exactly, numbers within `tolerance` times the largest of their result.
 */
export async function expectParity(other: Kernels, run: ParityCase['run'], tolerance: number): Promise<void> {
  const wasm = new WasmKernels();
  const expected = run(wasm);
  const found = run(other);
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, tensor] of Object.entries(expected)) {
    const values = await other.read(found[name] as Tensor);
    const own = wasm.view(tensor);
    expect({ name, size: values.length }).toEqual({ name, size: own.length });
    if (tensor.dtype === 'int32')
      expect({ name, values: Array.from(values) }).toEqual({ name, values: Array.from(own) });
    else expectClose(name, values, own, tolerance);
  }
}

/** Throws where a number is further from the expected one than `tolerance` times the largest of them all. */
export function expectClose(
  name: string,
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  const largest = Array.from(expected).reduce(
    (most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most),
    1e-30,
  );
  for (let k = 0; k < expected.length; k++) {
    const [x, y] = [expected[k] as number, found[k] as number];
    const isClose = Number.isFinite(x) ? Math.abs(x - y) <= tolerance * largest : Object.is(x, y);
    if (!isClose) throw new Error(`${name}[${k}] is ${y}, expected ${x} within ${tolerance} of ${largest}`);
  }
}
