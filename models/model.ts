import type { Kernels, KnownItems, Lookup, Parameter, ParameterFactory, Tape, Tensor, Variable } from '../compute/index.js';

/** A batch of (user, item) pairs: for both sides the distinct rows and each pair's place among them. */
export interface Pairs {
  readonly users: Lookup;
  readonly items: Lookup;
}

/** Sizes that every model is built for. */
export interface ModelSize {
  readonly users: number;
  readonly items: number;
  /** Width of the hidden factors. */
  readonly dim: number;
}

/** A recommender trained by gradient descent: its parameters and its forward pass. */
export interface GradientModel {
  readonly kind: 'gradient';
  readonly parameters: readonly Parameter[];
  /** [pairs] logits. */
  forward(tape: Tape, pairs: Pairs): Variable;
}

/** A recommender computed from the training matrix in closed form: scores = user factors times item factors, plus item biases. */
export interface DirectModel {
  readonly kind: 'direct';
  readonly parameters: readonly Parameter[];
  /** Fills the parameters from the training interactions. */
  fit(train: KnownItems & { readonly users: number }, seed: number): Promise<void>;
  forward(tape: Tape, pairs: Pairs): Variable;
}

export type Model = GradientModel | DirectModel;

/** What the registry knows of a model. */
export interface ModelDefinition {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  create(kernels: Kernels, parameters: ParameterFactory, size: ModelSize): Model;
}

/** Scores of pairs of ids, [pairs], outside of any training step. Call inside `kernels.scope`. */
export function scorePairs(kernels: Kernels, tape: Tape, model: Model, size: ModelSize, users: Tensor, items: Tensor): Tensor {
  const pairs = { users: kernels.lookup(users, size.users), items: kernels.lookup(items, size.items) };
  return model.forward(tape, pairs).value;
}
