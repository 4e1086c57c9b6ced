import type { Parameter, ParameterFactory, Tape, Variable } from '../compute/index.js';
import type { ModelSize } from './model.js';
import type { Pairs } from './pairs.js';

/** Hidden layers with ReLU on the concatenated embeddings of user and item. */
export interface Tower {
  readonly parameters: readonly Parameter[];
  /** [pairs, last width] */
  forward(tape: Tape, pairs: Pairs): Variable;
}

/**
 * Makes one for embeddings of width `size.dim`. The first layer is the sum of a user's and an item's part, so each is computed once for every
 * distinct row of the batch. `prefix` keeps the names of several towers of one model apart.
 */
export function tower(make: ParameterFactory, size: ModelSize, widths: readonly number[], prefix = ''): Tower {
  const [first = 0, ...others] = widths;
  const user = make.table(`${prefix}user`, size.users, size.dim);
  const item = make.table(`${prefix}item`, size.items, size.dim);
  const userWeight = make.weight(`${prefix}hidden 1 user weight`, size.dim, first);
  const itemWeight = make.weight(`${prefix}hidden 1 item weight`, size.dim, first);
  const bias = make.constant(`${prefix}hidden 1 bias`, [first]);
  const layers = others.map((width, l) => ({
    weight: make.weight(`${prefix}hidden ${l + 2} weight`, widths[l] as number, width),
    bias: make.constant(`${prefix}hidden ${l + 2} bias`, [width]),
  }));
  return {
    parameters: [user, item, userWeight, itemWeight, bias, ...layers.flatMap((layer) => [layer.weight, layer.bias])],
    forward(tape, pairs) {
      const userPart = tape.matmul(tape.embed(user, pairs.users), tape.parameter(userWeight));
      const itemPart = tape.matmul(tape.embed(item, pairs.items), tape.parameter(itemWeight));
      const start = tape.pairSum(userPart, pairs.users, itemPart, pairs.items, tape.parameter(bias), 'relu');
      return layers.reduce(
        (x, layer) => tape.dense(x, tape.parameter(layer.weight), tape.parameter(layer.bias), 'relu'),
        start,
      );
    },
  };
}
