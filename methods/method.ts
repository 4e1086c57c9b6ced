import type { z } from 'zod';
import type { Model, ModelDefinition, ModelSize, Need } from '../models/model.js';
import type { Scorer } from '../models/scorer.js';
import type { TrainingRecord } from '../models/trainer.js';
import type { FlatSettings, TrainContext } from '../propensities/context.js';
import type { Propensity } from '../propensities/propensity.js';
import type { ModelCatalogue } from '../propensities/registry.js';
import type { Named } from '../support/registry.js';

/** One of the values to try in tuning. */
export interface Axis {
  /** A flat setting's name, or "MODEL.name". */
  readonly name: string;
  readonly values: readonly number[];
  /** Random draws are log-uniform between the least and the greatest value, instead of one of the values. */
  readonly continuous?: boolean;
}

/** A part of a search for settings: what is trained, over what, and what later parts take from the best. */
export interface TuningStage {
  /** As `parseMethod` reads it: f alone, g alone, or the method itself. */
  readonly method: string;
  readonly axes: readonly Axis[];
  /** The method's settings with what was best in this stage. */
  adopt(settings: FlatSettings, best: FlatSettings): FlatSettings;
}

/**
 * A kind of method: one file in this folder, one line in its registry. `parse` makes a method of the text behind "NAME:"; plain models are the
 * definition without a prefix. It throws UserError for a combination that makes no sense.
 */
export interface MethodDefinition extends Named {
  /** Whether its name alone is a method, without players behind a colon. */
  readonly isWhole?: boolean;
  /** Settings of its own, besides those that others have, too: said as those of models are, by its name. */
  readonly ownSettings?: z.ZodObject;
  /** For help: "PS:f/g, such as PS:GMF/Pop: f weighted by 1 / G of a fixed g". */
  readonly grammar: string;
  parse(rest: string, catalogue: ModelCatalogue): Method;
}

/** A kind of method of one's own, with its types. */
export const defineMethod = (definition: MethodDefinition): MethodDefinition => definition;

/** A method with its players, ready to be checked, tuned and trained. */
export interface Method {
  /** The definition's name. */
  readonly kind: string;
  /** As it is written: "ACL:GMF/GMF". */
  readonly text: string;
  /** As tables print it: "ACL:GMF/GMF". */
  readonly label: string;
  /** Its settings with their defaults: what is not named here it does not look at. */
  readonly settings: z.ZodObject;
  /** Models whose own settings it takes: f first. */
  readonly players: readonly ModelDefinition[];
  /** Where it has settings of its own. */
  readonly own?: { readonly name: string; readonly settings: z.ZodObject } | undefined;
  /** What to change where its numbers are none. */
  readonly remedy: string;
  /** What of the data it cannot do without, with these settings. */
  needs(settings: FlatSettings): readonly Need[];
  /** Refuses settings that do not fit together. Throws UserError. */
  check?(settings: FlatSettings): void;
  readonly tuning: readonly TuningStage[];
  /** Bytes that it keeps besides its models' tables, for a guess. */
  bytes?(size: ModelSize, settings: FlatSettings): number;
  /** Throws DivergedError where training diverges, UserError where the data do not fit. */
  train(context: TrainContext): Promise<Trained>;
}

/** A trained method; it is gone with the context's kernels. */
export interface Trained {
  readonly scorer: Scorer;
  /** What is saved of it; absent for what is no model of ours. */
  readonly model?: Model | undefined;
  /** Absent for models in closed form. */
  readonly record?: TrainingRecord | undefined;
  /** The side that says what was shown, of PS and ACL: what the robust estimate divides by. */
  readonly exposure?: TrainedExposure | undefined;
  /** Gives back what is not the kernels' own. */
  dispose?(): void;
}

export interface TrainedExposure {
  /** G_beta of a click. */
  readonly propensity: Propensity;
  /** g as a recommender, where it is one. */
  readonly scorer?: Scorer | undefined;
  /** How g was trained on its own, in PS. */
  readonly record?: TrainingRecord | undefined;
}
