import { type Kernels, ParameterFactory } from '../compute/index.js';
import type { Interactions, UserItems } from '../datasets/interactions.js';
import type { Model, ModelDefinition, ModelSettings, ModelSize } from '../models/model.js';
import type { ModelScorers } from '../models/model_scorer.js';
import { makeModel } from '../models/registry.js';
import type { Question, Scorer } from '../models/scorer.js';
import type { EpochRecord } from '../models/trainer.js';
import type { World } from '../simulator/world.js';

/** Settings as a person writes them: one flat record, in which a name means one thing whichever method takes it. */
export interface FlatSettings {
  readonly [name: string]: unknown;
  /** Models' own settings, by the model's name; for all of a method's models alike. */
  readonly set?: Readonly<Record<string, ModelSettings>> | undefined;
}

/** What training is handed. It sees neither the labels of the test part nor evaluation. */
export interface TrainContext {
  readonly kernels: Kernels;
  readonly data: Interactions;
  readonly size: ModelSize;
  readonly settings: FlatSettings;
  /** All that is drawn depends on it. */
  readonly seed: number;
  /** Training items by user. */
  readonly train: UserItems;
  readonly scorers: ModelScorers;
  /** The truth, for simulated data. */
  readonly world?: World | undefined;
  /** What epochs are chosen by: the first criterion, then those that decide where it is the same for all. Higher is better. */
  validate(scorer: Scorer): Promise<readonly number[]>;
  /** All that will be asked of the scorer, for those who must answer in one go. */
  asked(): Promise<{ readonly questions: readonly Question[]; readonly full: boolean }>;
  readonly onEpoch?: ((record: EpochRecord, part: string) => void) | undefined;
}

/** A fresh model with its settings; weights of another `prefix` begin apart. */
export function freshModel(
  { kernels, seed, size, settings }: TrainContext,
  definition: ModelDefinition,
  prefix = '',
): Model {
  const make = new ParameterFactory(kernels, seed, prefix);
  return makeModel(definition, kernels, make, size, settings.set?.[definition.name]);
}
