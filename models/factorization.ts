import type { Parameter, ParameterFactory, Tape, Variable } from '../compute/index.js';
import type { Model, ModelSize } from './model.js';
import type { Pairs } from './pairs.js';

/** A model whose score is sum over k of weight[k] user[u, k] item[i, k], plus user bias, item bias and global bias. */
export interface Factorization extends Model {
  readonly user: Parameter;
  readonly item: Parameter;
  readonly userBias: Parameter;
  readonly itemBias: Parameter;
  readonly weight: Parameter;
  readonly bias: Parameter;
}

/** [pairs]: sum over k of weight[k] user[u, k] item[i, k]. */
export function factorProduct(
  tape: Tape,
  { users, items }: Pairs,
  user: Parameter,
  item: Parameter,
  weight: Parameter,
): Variable {
  return tape.pairProduct(tape.embed(user, users), users, tape.embed(item, items), items, tape.parameter(weight));
}

/** Makes one. The weights are trained where `weighted`, and stay 1 otherwise; the global bias starts at `bias`. */
export function factorization(
  make: ParameterFactory,
  { users, items, dim }: ModelSize,
  options: { readonly weighted: boolean; readonly bias?: number },
): Factorization {
  const user = make.table('user', users, dim);
  const item = make.table('item', items, dim);
  const userBias = make.constant('user bias', [users, 1]);
  const itemBias = make.constant('item bias', [items, 1]);
  const weight = make.constant('output weight', [dim], 1);
  const bias = make.constant('output bias', [1], options.bias ?? 0);
  const trained = [user, item, userBias, itemBias, bias];
  return {
    ...{ user, item, userBias, itemBias, weight, bias },
    parameters: options.weighted ? [...trained, weight] : trained,
    forward(tape, pairs) {
      const product = factorProduct(tape, pairs, user, item, weight);
      const biases = tape.pairSum(
        tape.embed(userBias, pairs.users),
        pairs.users,
        tape.embed(itemBias, pairs.items),
        pairs.items,
        tape.parameter(bias),
      );
      return tape.add(product, biases);
    },
  };
}
