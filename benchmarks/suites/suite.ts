import type { TrainerSettings } from '../../models/trainer.js';
import type { ResultTable } from '../../results/table.js';
import type { UnbiasedSettings } from '../estimates.js';
import type { EvaluationSettings } from '../evaluation.js';
import type { MethodSettings } from '../method.js';
import type { ReportSettings, TrialResult, TrialSettings } from '../trial.js';

/** What the user may choose for a whole suite. */
export interface SuiteOptions {
  /** Names of methods, see `parseMethod`. */
  readonly models: readonly string[];
  readonly repetitions: number;
  /** Seed of the first repetition; the others follow it. */
  readonly seed: number;
  readonly dim: number;
  readonly trainer: Omit<TrainerSettings, 'seed'>;
  readonly evaluation: Omit<EvaluationSettings, 'seed'>;
  readonly unbiased: UnbiasedSettings;
  /** Settings of models, of G and of the game; each method takes what concerns it. */
  readonly method: MethodSettings;
  readonly report: ReportSettings;
}

/** One trial of a suite: row of a table, repetition, settings. */
export interface SuiteTrial {
  readonly row: string;
  readonly repetition: number;
  readonly settings: TrialSettings;
}

/** How a trial ended. */
export type Outcome = { readonly result: TrialResult } | { readonly failure: string };

export interface FinishedTrial {
  readonly trial: SuiteTrial;
  readonly outcome: Outcome;
}

/** A set of trials with the tables made from them. */
export interface Suite {
  readonly name: string;
  readonly summary: string;
  /** Models when the user names none. */
  readonly models: readonly string[];
  trials(options: SuiteOptions): SuiteTrial[];
  tables(finished: readonly FinishedTrial[], dataName: string): ResultTable[];
}
