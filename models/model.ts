import type { z } from 'zod';
import type { Kernels, Parameter, ParameterFactory, Tape, Tensor, Variable } from '../compute/index.js';
import type { UserItems } from '../datasets/interactions.js';
import type { NamedArrays } from '../support/tensors.js';
import type { Loss } from './losses.js';
import type { Pairs } from './pairs.js';
import type { ModelSettings, ModelSize } from './size.js';

export type { ModelSettings, ModelSize };

/** A recommender: its parameters and its forward pass. */
export interface Model {
  readonly parameters: readonly Parameter[];
  /** Scores of the pairs, [pairs] or [pairs, 1]; logits where the model is trained by cross-entropy. */
  forward(tape: Tape, pairs: Pairs): Variable;
  /** [users, items] scores of all items, for a model that computes them together for less than pair by pair, to the same bits; undefined where it cannot. */
  scoreRows?(users: Int32Array): Tensor | undefined;
  /** Present where the model reads users' histories: how many items of them. Its pairs come with sequences. */
  readonly history?: number;
  /** Present where the parameters come from the training matrix in closed form, and not from gradient descent. */
  fit?(train: UserItems, seed: number): void;
  /** Whether an item stands as often among those that `fit` is given as there are records of it. */
  readonly fitsRecords?: boolean;
  /** Present where the scores are ratings: takes the mean and deviation of those that it learns from, to which its parameters are relative. */
  standardise?(mean: number, deviation: number): void;
  /** Present where the sizes of some parameters come from the data: takes saved parameters. */
  restore?(arrays: NamedArrays): void;
}

/** What of the data something cannot do without, and why, for the sentence that refuses other data. */
export interface Need {
  readonly what: 'times' | 'ratings' | 'exposures' | 'world';
  readonly why: string;
}

/** What the registry knows of a model. */
export interface ModelDefinition {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** False where no setting of the trainer (rate, l2, epochs ...) has any effect. */
  readonly trained: boolean;
  /** What the model is trained by; cross-entropy of clicks on logits where absent. */
  readonly loss?: Loss;
  /** What of the data it reads besides users and items. */
  readonly needs?: readonly Need[];
  /** Its own settings with their defaults. */
  readonly settings?: z.ZodObject;
  /** What to change where it gives scores that are no numbers; for trained models, the learning rate where absent. */
  readonly remedy?: string;
  /** Values of its own settings to try in tuning. */
  readonly tuning?: Readonly<Record<string, readonly number[]>>;
  create(kernels: Kernels, make: ParameterFactory, size: ModelSize, settings: never): Model;
}

/** Defines a model with settings of the schema's type. */
export function defineModel<Schema extends z.ZodObject>(
  definition: Omit<ModelDefinition, 'settings' | 'create'> & {
    readonly settings: Schema;
    create(kernels: Kernels, make: ParameterFactory, size: ModelSize, settings: z.infer<Schema>): Model;
  },
): ModelDefinition {
  return definition as unknown as ModelDefinition;
}
