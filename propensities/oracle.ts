import type { Kernels, Tensor } from '../compute/index.js';
import type { World } from '../simulator/world.js';
import { UserError } from '../support/errors.js';
import { logit, type PropensityDefinition } from './propensity.js';

export const oracle: PropensityDefinition = {
  name: 'oracle',
  summary: "p_exp of the simulation's truth",
  needs: [{ what: 'world', why: "the oracle is a simulation's truth" }],
  isTrained: false,
  async create({ kernels, world }) {
    if (!world) throw new UserError('the oracle needs a simulated world');
    const matrix = exposureLogits(kernels, world);
    return {
      name: 'oracle',
      async of({ user, item }) {
        const out = new Float32Array(user.length);
        let row: Float32Array = new Float32Array();
        let of = -1;
        user.forEach((u, p) => {
          if (u !== of) row = world.exposureRow(u);
          of = u;
          out[p] = row[item[p] as number] as number;
        });
        return out;
      },
      logits: ({ columns }) => kernels.pairEntries(columns, matrix),
      probabilities: ({ columns }) => kernels.sigmoid(kernels.pairEntries(columns, matrix)),
    };
  },
};

/** The most pairs of which the oracle keeps p_exp: a gibibyte. */
const MOST_PAIRS = 2 ** 28;

/** [users, items]: log-odds of p_exp in the world. */
function exposureLogits(kernels: Kernels, world: World): Tensor {
  const { users, items } = world.state;
  if (users * items > MOST_PAIRS) {
    throw new UserError(
      `the oracle keeps the exposure of every pair, and ${users} x ${items} are more than ${MOST_PAIRS}: use a smaller world`,
    );
  }
  const matrix = kernels.zeros([users, items]);
  for (let user = 0; user < users; user++) {
    kernels.write(matrix, world.exposureRow(user).map(logit), user * items);
  }
  return matrix;
}
