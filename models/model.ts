import type { Kernels, Lookup, Parameter, ParameterFactory, Tape, Variable } from '../compute/index.js';
import type { UserItems } from '../datasets/interactions.js';

/** A batch of (user, item) pairs: for both sides the distinct rows and each pair's place among them. */
export interface Pairs {
  readonly users: Lookup;
  readonly items: Lookup;
}

/** Sizes that a model is built for. */
export interface ModelSize {
  readonly users: number;
  readonly items: number;
  /** Width of the hidden factors. */
  readonly dim: number;
}

/** A recommender: its parameters and its forward pass. */
export interface Model {
  readonly parameters: readonly Parameter[];
  /** Scores of the pairs, [pairs] or [pairs, 1]; logits where the model is trained by cross-entropy. */
  forward(tape: Tape, pairs: Pairs): Variable;
  /** Present where the parameters come from the training matrix in closed form, and not from gradient descent. */
  fit?(train: UserItems, seed: number): void;
}

/** What the registry knows of a model. */
export interface ModelDefinition {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** False where no setting of the trainer (rate, l2, epochs ...) has any effect. */
  readonly trained: boolean;
  create(kernels: Kernels, make: ParameterFactory, size: ModelSize): Model;
}
