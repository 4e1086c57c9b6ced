import { describe, expect, test } from '@jest/globals';
import { OUTCOME_FORMS } from './kernels.js';
import { type Parameter, ParameterFactory } from './parameter.js';
import { Tape, type Variable } from './tape.js';
import { WasmKernels } from './wasm/wasm_kernels.js';

/**
 * Compares each gradient of a scalar loss with central differences. Single precision limits both: with a step of 1e-2 and losses of
 * order one, truncation and rounding stay below 2e-3 for the smooth functions here.
 */
function checkGradients(kernels: WasmKernels, parameters: Parameter[], loss: (tape: Tape) => Variable): void {
  const value = (): number => kernels.scope(() => kernels.floats(loss(new Tape(kernels)).value)[0] as number);
  const gradients = new Map<Parameter, Float32Array>();
  kernels.scope(() => {
    const tape = new Tape(kernels);
    for (const { parameter, lookup, variable } of tape.backward(loss(tape))) {
      const dense = gradients.get(parameter) ?? new Float32Array(parameter.value.size);
      const rows = kernels.floats(variable.gradient as never);
      if (!lookup) dense.set(rows);
      else {
        const width = rows.length / lookup.count;
        const ids = kernels.integers(lookup.rows);
        for (let k = 0; k < rows.length; k++) {
          (dense[(ids[Math.floor(k / width)] as number) * width + (k % width)] as number) += rows[k] as number;
        }
      }
      gradients.set(parameter, dense);
    }
  });
  const step = 1e-2;
  for (const parameter of parameters) {
    const found = gradients.get(parameter);
    expect(found).toBeDefined();
    for (let k = 0; k < parameter.value.size; k++) {
      const kept = kernels.floats(parameter.value)[k] as number;
      kernels.floats(parameter.value)[k] = kept + step;
      const above = value();
      kernels.floats(parameter.value)[k] = kept - step;
      const below = value();
      kernels.floats(parameter.value)[k] = kept;
      const difference = (above - below) / (2 * step);
      const error = Math.abs((found?.[k] as number) - difference);
      if (error > 2e-3) throw new Error(`${parameter.name}[${k}]: gradient ${found?.[k]}, differences ${difference}`);
    }
  }
}

// Odd widths, so that the tails beyond whole vectors are checked, too.
const [USERS, ITEMS, WIDTH, ROWS] = [5, 6, 7, 11];

function setting() {
  const kernels = new WasmKernels();
  const make = new ParameterFactory(kernels, 3);
  const users = kernels.tensor(Int32Array.from({ length: ROWS }, (_, r) => (r * r) % USERS));
  const items = kernels.tensor(Int32Array.from({ length: ROWS }, (_, r) => (r * 5 + 1) % ITEMS));
  const labels = kernels.tensor(Float32Array.from({ length: ROWS }, (_, r) => r % 2));
  const pairs = () => ({ users: kernels.lookup(users, USERS), items: kernels.lookup(items, ITEMS) });
  return { kernels, make, labels, pairs };
}

describe('adjoints agree with finite differences', () => {
  test('pairProduct, pairSum, add, crossEntropy, mean, with repeated rows', () => {
    const { kernels, make, labels, pairs } = setting();
    const user = make.table('user', USERS, WIDTH, 0.8);
    const item = make.table('item', ITEMS, WIDTH, 0.8);
    const [ub, ib] = [make.table('ub', USERS, 1, 0.5), make.table('ib', ITEMS, 1, 0.5)];
    const weight = make.weight('weight', WIDTH, 1);
    const bias = make.constant('bias', [1], 0.3);
    checkGradients(kernels, [user, item, ub, ib, weight, bias], (tape) => {
      const { users, items } = pairs();
      const product = tape.pairProduct(
        tape.embed(user, users),
        users,
        tape.embed(item, items),
        items,
        tape.parameter(weight),
      );
      const biases = tape.pairSum(tape.embed(ub, users), users, tape.embed(ib, items), items, tape.parameter(bias));
      return tape.mean(tape.crossEntropy(tape.add(product, biases), labels));
    });
  });

  test('spread, multiply, concatenate, dense, matmul, sigmoid, squaredError', () => {
    const { kernels, make, labels, pairs } = setting();
    const user = make.table('user', USERS, WIDTH, 0.8);
    const other = make.table('other', ITEMS, WIDTH, 0.8);
    const item = make.table('item', ITEMS, 3, 0.8);
    const hidden = make.weight('hidden', WIDTH + 3, 9);
    const bias = make.table('bias', 1, 9, 0.5);
    const flat = { name: 'flat bias', value: kernels.tensor(kernels.floats(bias.value).slice(), [9]) };
    const last = make.weight('last', 9, 1);
    checkGradients(kernels, [user, other, item, hidden, flat, last], (tape) => {
      const { users, items } = pairs();
      const product = tape.multiply(
        tape.spread(tape.embed(user, users), users),
        tape.spread(tape.embed(other, items), items),
      );
      const x = tape.concatenate(product, tape.spread(tape.embed(item, items), items));
      const y = tape.sigmoid(tape.dense(x, tape.parameter(hidden), tape.parameter(flat)));
      return tape.mean(tape.squaredError(tape.matmul(y, tape.parameter(last)), labels));
    });
  });

  test('row weights by multiply; ReLU in pairSum, dense and alone, away from its kink', () => {
    const { kernels, make, labels, pairs } = setting();
    const user = make.table('user', USERS, 20, 0.5);
    const item = make.table('item', ITEMS, 20, 0.5);
    const bias = make.constant('bias', [20], 0.4);
    const hidden = make.weight('hidden', 20, 33);
    const hiddenBias = make.constant('hidden bias', [33], 0.7);
    const last = make.weight('last', 33, 1);
    // Shift parameters until no ReLU is within reach of the step; then the loss is smooth where it is tried.
    const weights = kernels.tensor(Float32Array.from({ length: ROWS }, (_, r) => 0.5 + 0.2 * r));
    const loss = (tape: Tape): Variable => {
      const { users, items } = pairs();
      const first = tape.pairSum(
        tape.embed(user, users),
        users,
        tape.embed(item, items),
        items,
        tape.parameter(bias),
        'relu',
      );
      const second = tape.relu(tape.dense(first, tape.parameter(hidden), tape.parameter(hiddenBias), 'relu'));
      const losses = tape.crossEntropy(tape.matmul(second, tape.parameter(last)), labels);
      return tape.mean(tape.multiply(losses, tape.constant(weights)));
    };
    checkGradients(kernels, [last], loss);
    // For the parameters below the kinks compare along the gradient: the loss falls as fast as its squared length says.
    const before = kernels.scope(() => kernels.floats(loss(new Tape(kernels)).value)[0] as number);
    const rate = 1e-3;
    let squared = 0;
    kernels.scope(() => {
      const tape = new Tape(kernels);
      for (const { parameter, lookup, variable } of tape.backward(loss(tape))) {
        const gradient = kernels.floats(variable.gradient as never).slice();
        const width = lookup ? gradient.length / lookup.count : gradient.length;
        const ids = lookup ? kernels.integers(lookup.rows).slice() : Int32Array.of(0);
        const values = kernels.floats(parameter.value);
        gradient.forEach((g, k) => {
          squared += g * g;
          (values[(ids[Math.floor(k / width)] as number) * width + (k % width)] as number) -= rate * g;
        });
      }
    });
    const after = kernels.scope(() => kernels.floats(loss(new Tape(kernels)).value)[0] as number);
    expect((before - after) / (rate * squared)).toBeCloseTo(1, 1);
  });
});

describe('adjoints of sequences and weights agree with finite differences', () => {
  /** Twelve rows in runs of 1, 5, 0, 6. */
  const runs = (kernels: WasmKernels) => ({ starts: kernels.tensor(Int32Array.of(0, 1, 6, 6, 12)), longest: 6 });
  const labels = (kernels: WasmKernels, n: number) =>
    kernels.tensor(Float32Array.from({ length: n }, (_, r) => Number(r % 3 === 0)));

  test.each([
    [8, 2],
    [7, 1],
    [18, 3],
    [16, 1],
  ])('attention of width %d with %d head(s), layer norm', (width, heads) => {
    const kernels = new WasmKernels();
    const make = new ParameterFactory(kernels, 9);
    const x = make.table('x', 12, 5, 0.7);
    const projection = make.table('projection', 5, 3 * width, 0.5);
    const flat = (name: string, scale: number) => {
      const { value } = make.table(name, 1, width, scale);
      return { name, value: kernels.tensor(kernels.floats(value).slice(), [width]) };
    };
    const [gain, bias] = [flat('gain', 1), flat('bias', 0.5)];
    const last = make.table('last', width, 1, 0.5);
    const target = kernels.tensor(Float32Array.from({ length: 12 }, (_, r) => 0.1 * r - 0.5));
    checkGradients(kernels, [x, projection, gain, bias, last], (tape) => {
      const qkv = tape.matmul(tape.parameter(x), tape.parameter(projection));
      const seen = tape.attention(qkv, runs(kernels), heads);
      const normal = tape.layerNorm(seen, tape.parameter(gain), tape.parameter(bias));
      return tape.mean(tape.squaredError(tape.matmul(normal, tape.parameter(last)), target));
    });
  });

  test.each(OUTCOME_FORMS)('G with the feedback as %s, raw and normalised weights', (form) => {
    const kernels = new WasmKernels();
    const make = new ParameterFactory(kernels, 4);
    const g = make.table('g', 1, 11, 0.8);
    const x = make.table('x', 1, 11, 0.8);
    const beta = { name: 'beta', value: kernels.tensor(Float32Array.of(0.3, 0.9, -0.4)) };
    const y = labels(kernels, 11);
    for (const normalised of [false, true]) {
      checkGradients(kernels, [g, x, beta], (tape) => {
        const logits = tape.exposureLogits(tape.parameter(g), y, tape.parameter(beta), form);
        const weights = tape.reciprocal(tape.clamp(tape.sigmoid(logits), 0.1, 1));
        const losses = tape.crossEntropy(tape.parameter(x), y);
        return tape.linear(
          normalised ? tape.weightedMean(losses, weights) : tape.mean(tape.multiply(losses, weights)),
          0.5,
          2,
        );
      });
    }
  });

  test('differences, mean by row, correlation', () => {
    const kernels = new WasmKernels();
    const make = new ParameterFactory(kernels, 4);
    const x = make.table('x', 1, 12, 0.8);
    const indices = kernels.tensor(Int32Array.from({ length: 12 }, (_, r) => (r * r) % 5));
    const popularity = kernels.tensor(Float32Array.of(3, 1, 4, 1.5, 9));
    const y = labels(kernels, 9);
    checkGradients(kernels, [x], (tape) => tape.mean(tape.crossEntropy(tape.differences(tape.parameter(x), 4), y)));
    checkGradients(kernels, [x], (tape) => {
      const lookup = kernels.lookup(indices, 5);
      const means = tape.meanByRow(tape.parameter(x), lookup);
      return tape.correlation(means, kernels.slice(popularity, 0, means.value.size), lookup);
    });
  });

  test('attention is causal, and each sequence is alone: a row sees the rows before it in its own', () => {
    const kernels = new WasmKernels();
    const qkv = new ParameterFactory(kernels, 2).table('qkv', 40, 24, 1).value;
    const attend = (starts: number[], longest: number): Float32Array =>
      kernels.scope(() => {
        const sequences = { starts: kernels.tensor(Int32Array.from(starts)), longest };
        return kernels.floats(kernels.attention(qkv, sequences, 2).out).slice();
      });
    const before = attend([0, 3, 30, 40], 27);
    // The same definition, in double precision, row by row.
    const values = kernels.floats(qkv);
    for (const [from, to] of [
      [0, 3],
      [3, 30],
      [30, 40],
    ] as const) {
      for (let t = from; t < to; t++) {
        for (let head = 0; head < 2; head++) {
          const at = (row: number, part: number, k: number): number =>
            values[row * 24 + part * 8 + head * 4 + k] as number;
          const scores = Array.from({ length: t - from + 1 }, (_, j) =>
            [0, 1, 2, 3].reduce((sum, k) => sum + (at(t, 0, k) * at(from + j, 1, k)) / 2, 0),
          );
          const weights = scores.map((s) => Math.exp(s));
          const total = weights.reduce((a, b) => a + b, 0);
          for (let k = 0; k < 4; k++) {
            const expected = weights.reduce((sum, w, j) => sum + (w / total) * at(from + j, 2, k), 0);
            expect(before[t * 8 + head * 4 + k]).toBeCloseTo(expected, 5);
          }
        }
      }
    }
    // Nothing of it changes when later rows, or other sequences, do.
    kernels.floats(qkv).fill(7, 20 * 24);
    expect(attend([0, 3, 30, 40], 27).subarray(0, 20 * 8)).toEqual(before.subarray(0, 20 * 8));
  });

  test('dropout keeps a share of elements, the same ones in one step, and the expectation', () => {
    const kernels = new WasmKernels();
    const x = kernels.zeros([300, 100]);
    kernels.fill(x, 1);
    const drop = (replicate: number, place: string): Float32Array =>
      kernels.scope(() => {
        const tape = new Tape(kernels, { seed: 5, replicate });
        return kernels.floats(tape.dropout(tape.constant(x), 0.3, place).value).slice();
      });
    const once = drop(1, 'a');
    expect(drop(1, 'a')).toEqual(once);
    expect(drop(2, 'a')).not.toEqual(once);
    expect(drop(1, 'b')).not.toEqual(once);
    const kept = once.filter((value) => value !== 0).length;
    // 30,000 draws: five deviations of the share kept are 0.0132, passed by chance once in 1.7 million runs.
    expect(Math.abs(kept / 30000 - 0.7)).toBeLessThan(0.0132);
    expect(Math.max(...once)).toBeCloseTo(1 / 0.7, 4);
    const tape = new Tape(kernels);
    const variable = tape.constant(x);
    expect(tape.dropout(variable, 0.3, 'a')).toBe(variable);
  });
});

describe('memory', () => {
  test('a step leaves nothing behind', () => {
    const { kernels, make, labels, pairs } = setting();
    const user = make.table('user', USERS, WIDTH);
    const item = make.table('item', ITEMS, WIDTH);
    const weight = make.constant('weight', [WIDTH], 1);
    const step = (): void =>
      kernels.scope(() => {
        const tape = new Tape(kernels);
        const { users, items } = pairs();
        const product = tape.pairProduct(
          tape.embed(user, users),
          users,
          tape.embed(item, items),
          items,
          tape.parameter(weight),
        );
        tape.backward(tape.mean(tape.crossEntropy(product, labels)));
      });
    step();
    const taken = kernels.bytes;
    for (let k = 0; k < 50; k++) step();
    expect(kernels.bytes).toBe(taken);
  });
});
