import { z } from 'zod';
import type { Kernels, Tensor } from '../compute/index.js';
import { pow } from '../compute/math.js';
import { factorProduct } from './factorization.js';
import { defineModel } from './model.js';
import { transpose } from './svd.js';

/**
 * Implicit alternating least squares (Hu, Koren, Volinsky 2008) with the weights that make it strong (Rendle, Krichene, Zhang, Koren
 * 2021): sum over clicks of (s - 1)^2, plus `unobserved` times the sum over all pairs of s^2, plus a penalty on each factor that grows with its
 * frequency, penalty (clicks + unobserved others)^frequency.
 */
export const ials = defineModel({
  name: 'iALS',
  summary: 'implicit alternating least squares',
  trained: false,
  remedy: 'raise its penalty, --set iALS.penalty, or lower --dim',
  settings: z.object({
    unobserved: z.number().min(0).default(0.3),
    penalty: z.number().min(1e-6).default(0.003),
    frequency: z.number().min(0).max(2).default(1),
    iterations: z.number().int().min(1).max(1000).default(16),
  }),
  tuning: { unobserved: [0.03, 0.1, 0.3, 1], penalty: [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1] },
  create(kernels, make, { users, items, dim }, { unobserved, penalty, frequency, iterations }) {
    const user = make.table('user', users, dim, 0.1 / Math.sqrt(dim));
    const item = make.table('item', items, dim, 0.1 / Math.sqrt(dim));
    const ones = make.constant('ones', [dim], 1);
    return {
      parameters: [user, item, ones],
      forward: (tape, pairs) => factorProduct(tape, pairs, user, item, ones),
      fit(train) {
        const byItem = transpose(train);
        const side = (starts: Int32Array, columns: Int32Array, others: number) => {
          const rows = starts.length - 1;
          const penalties = Float32Array.from(
            { length: rows },
            (_, r) => penalty * pow((starts[r + 1] as number) - (starts[r] as number) + unobserved * others, frequency),
          );
          return {
            starts: kernels.tensor(starts),
            columns: kernels.tensor(columns),
            penalties: kernels.tensor(penalties),
          };
        };
        const ofUsers = side(train.starts, train.items, items);
        const ofItems = side(byItem.starts, byItem.users, users);
        for (let iteration = 0; iteration < iterations; iteration++) {
          solveSide(kernels, ofUsers, item.value, unobserved, user.value);
          solveSide(kernels, ofItems, user.value, unobserved, item.value);
        }
      },
    };
  },
});

/** Solves for all factors of one side, given those of the other. */
function solveSide(
  kernels: Kernels,
  { starts, columns, penalties }: { starts: Tensor; columns: Tensor; penalties: Tensor },
  others: Tensor,
  unobserved: number,
  out: Tensor,
): void {
  kernels.scope(() => {
    const gram = kernels.linear(kernels.product(others, others, true, false), unobserved, 0);
    kernels.ridgeRows(starts, columns, others, gram, penalties, out);
  });
}
