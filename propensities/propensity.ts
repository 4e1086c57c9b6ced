import type { Tensor } from '../compute/index.js';
import { log } from '../compute/math.js';
import type { Need } from '../models/model.js';
import type { PairScores } from '../models/model_scorer.js';
import type { Pairs } from '../models/pairs.js';
import type { Question, Scorer } from '../models/scorer.js';
import type { TrainerSettings, TrainingRecord } from '../models/trainer.js';
import type { Named } from '../support/registry.js';
import type { TrainContext } from './context.js';

/** How probable it is that a pair was shown. */
export interface Propensity {
  readonly name: string;
  /** [pairs] in (0, 1], of pairs that were clicked. */
  of(question: Question): Promise<Float32Array>;
}

/** One that can be asked within a batch of training. */
export interface ExposureModel extends Propensity {
  /** [pairs] scores g whose sigmoid is the probability: log-odds, since those of a probability are not what it came from to the bit. */
  readonly logits: PairScores;
  /** [pairs] the probabilities themselves. */
  probabilities(pairs: Pairs): Tensor;
  /** How much history it reads. */
  readonly history?: number | undefined;
  /** g as a recommender, where it is one. */
  readonly scorer?: Scorer | undefined;
  /** How it was trained. */
  readonly record?: TrainingRecord | undefined;
}

/**
 * `Pop`, `oracle`, the name of a model: what every method divides by (g of PS, RelMF, IPS-MF), and every estimate. Some are trained, by validation
 * like anything else.
 */
export interface PropensityDefinition extends Named {
  /** What of the data it cannot do without. */
  readonly needs: readonly Need[];
  /** Whether it is a model that is trained for itself. */
  readonly isTrained: boolean;
  /** `trainer` and `prefix` are for one that is trained: with which settings, and apart from which other weights. Throws DivergedError, UserError. */
  create(context: TrainContext, trainer: TrainerSettings, prefix: string): Promise<ExposureModel>;
}

/** Log-odds, of probabilities within a millionth of 0 and 1 those of the bound. */
export function logit(probability: number): number {
  const p = Math.min(1 - 1e-6, Math.max(1e-6, probability));
  return log(p / (1 - p));
}
