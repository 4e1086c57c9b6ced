import { Adam, type Kernels, Tape, type Tensor, type Variable } from '../compute/index.js';
import type { UserItems } from '../datasets/interactions.js';
import { type BatchSource, knownTensors, type TrainingBatch } from '../models/batches.js';
import { crossEntropy, itemCounts } from '../models/losses.js';
import type { Model, ModelSize } from '../models/model.js';
import { type Pairs, pairsOf } from '../models/pairs.js';
import {
  type Criteria,
  type EpochRecord,
  runEpochs,
  type TrainerSettings,
  type TrainingLoop,
  type TrainingRecord,
} from '../models/trainer.js';
import { GBeta, type GBetaSettings } from './g_beta.js';

/** What keeps g from hurting f at will (paper, 3.2 and 3.3). */
export const REGULARIZERS = ['feedback', 'exposure', 'popularity'] as const;
export const GAMES = ['paper', 'hinge'] as const;
export const ALTERNATIONS = ['step', 'epoch'] as const;
export const STOPS = ['validation', 'objective'] as const;

/** Settings of the game between f and g. */
export interface GameSettings {
  /** Weight of g's regularizer. */
  readonly alpha: number;
  /** f's and g's rates are divided by these after every epoch. */
  readonly discount: number;
  readonly discountG: number;
  /** f and g take turns after every batch, or after every pass over the data. */
  readonly alternate: (typeof ALTERNATIONS)[number];
  /** Epochs of plain training of g before the game. */
  readonly prefit: number;
  /** `paper`: g maximizes mean(delta_f / G) - alpha regularizer. `hinge`: the authors' program, mean(max(0, 0.1 + 0.5 delta_g - delta_f / G)). */
  readonly game: (typeof GAMES)[number];
  /**
   * `feedback`: g's cross-entropy on the feedback. `exposure`: on what is known to have been exposed. `popularity`: minus the
   * correlation of an item's mean G with its popularity.
   */
  readonly regularizer: (typeof REGULARIZERS)[number];
  /** `objective`: when the minimax objective has moved by no more than 0.001 over 10 epochs. */
  readonly stop: (typeof STOPS)[number];
}

export const GAME_DEFAULTS: GameSettings = {
  alpha: 1,
  discount: 1,
  discountG: 1,
  alternate: 'step',
  prefit: 0,
  game: 'paper',
  regularizer: 'feedback',
  stop: 'validation',
};

const TOLERANCE = 0.001;
const WINDOW = 10;
/** Epochs of plain training of g draw as epochs from here on, so that the game's own draws do not depend on them. */
const PREFIT_EPOCHS = 1_000_000;

/** What the game is played with. */
export interface Players {
  readonly f: Model;
  readonly g: Model;
  readonly size: ModelSize;
}

export interface GameTask {
  readonly source: BatchSource;
  readonly train: UserItems;
  /** Pairs known to have been exposed, for that regularizer. */
  readonly exposed?: UserItems | undefined;
  /** Of f; see `TrainingLoop`. */
  validate(): Promise<Criteria>;
  /** Validation metric of g; higher is better. */
  validateG(): Promise<number>;
  onEpoch?: ((record: EpochRecord) => void) | undefined;
}

/**
 * Adversarial counterfactual learning (Xu et al. 2020, main text 3.2 and 3.3):
 * min over theta, beta, max over psi of mean(delta(Y, f) / G_beta(g, Y)) - alpha regularizer(g), by sequential
 * gradient descent and ascent at a rate for each. f and beta step first, then g against the new f. Throws DivergedError where the objective diverges.
 */
export async function trainAdversarial(
  kernels: Kernels,
  { f, g, size }: Players,
  task: GameTask,
  { f: trainer, g: trainerG }: { readonly f: TrainerSettings; readonly g: Pick<TrainerSettings, 'rate' | 'l2'> },
  game: GameSettings,
  propensity: GBetaSettings,
): Promise<{ record: TrainingRecord; G: GBeta }> {
  const G = new GBeta(kernels, propensity, trainer.rate);
  const optimizers = {
    f: new Adam(kernels, trainer.rate, trainer.l2),
    beta: new Adam(kernels, trainer.rate),
    g: new Adam(kernels, trainerG.rate, trainerG.l2),
  };
  optimizers.f.prepare(f.parameters);
  optimizers.beta.prepare(G.trained);
  optimizers.g.prepare(g.parameters);
  const regularize = regularizer(kernels, task, game.regularizer);
  const totals = { loss: kernels.zeros([1]), regularizer: kernels.zeros([1]), objective: kernels.zeros([1]) };
  let step = 0; // odd for g and even for f, so that they draw apart

  /** f and beta descend on mean(delta_f / G), g as it is. */
  const stepF = (batch: TrainingBatch, pairs: Pairs, scores: Tensor): void => {
    const tape = new Tape(kernels, { seed: trainer.seed, replicate: step });
    const value = G.of(tape, tape.constant(scores), batch.labels);
    const losses = crossEntropy(tape, f.forward(tape, pairs), batch);
    const loss = G.weightedMean(tape, losses, G.weightsOf(tape, value, batch.labels));
    kernels.addScaled(1, loss.value, totals.loss);
    const gradients = tape.backward(loss);
    optimizers.f.step(gradients);
    optimizers.beta.step(gradients);
    G.observe(value.value, scores, batch.labels);
  };

  /** g, whose forward pass is on the tape, ascends; f as it is. */
  const stepG = (tape: Tape, scores: Variable, batch: TrainingBatch, pairs: Pairs): void => {
    const fScores = f.forward(new Tape(kernels, { seed: trainer.seed, replicate: step }), pairs).value;
    const losses = tape.constant(kernels.crossEntropy(fScores, batch.labels));
    const value = G.of(tape, scores, batch.labels);
    const weights = G.weightsOf(tape, value, batch.labels);
    const harm = G.weightedMean(tape, losses, weights);
    const price = regularize(tape, scores, value, batch, pairs);
    const objective = tape.add(harm, tape.linear(price, -game.alpha));
    kernels.addScaled(1, price.value, totals.regularizer);
    kernels.addScaled(1, objective.value, totals.objective);
    optimizers.g.step(
      tape.backward(game.game === 'hinge' ? hinge(tape, losses, weights, scores, batch) : tape.linear(objective, -1)),
    );
  };

  /** One pass over the data; `turn` is given g's forward pass. */
  const pass = (turn: (tape: Tape, scores: Variable, batch: TrainingBatch, pairs: Pairs) => void): void => {
    for (let b = 0; b < task.source.batches; b++) {
      kernels.scope(() => {
        const batch = task.source.batch(b);
        const pairs = pairsOf(kernels, batch, size);
        const tape = new Tape(kernels, { seed: trainer.seed, replicate: step + 1 });
        turn(tape, g.forward(tape, pairs), batch, pairs);
        step += 2;
      });
    }
  };

  const prefit = async (): Promise<void> => {
    for (let epoch = 0; epoch < game.prefit; epoch++) {
      await task.source.beginEpoch(PREFIT_EPOCHS + epoch);
      pass((tape, scores, batch) => optimizers.g.step(tape.backward(tape.mean(crossEntropy(tape, scores, batch)))));
    }
  };

  const meanOverBatches = async (total: Tensor): Promise<number> => {
    const mean = ((await kernels.read(total))[0] as number) / task.source.batches;
    kernels.fill(total, 0);
    return mean;
  };

  const loop: TrainingLoop = {
    parameters: [...f.parameters, ...g.parameters, G.beta],
    validate: task.validate,
    onEpoch: task.onEpoch,
    async runEpoch(epoch) {
      if (epoch === 0) await prefit();
      await task.source.beginEpoch(epoch);
      if (game.alternate === 'step') {
        pass((tape, scores, batch, pairs) => {
          stepF(batch, pairs, scores.value);
          stepG(tape, scores, batch, pairs);
        });
      } else {
        pass((_tape, scores, batch, pairs) => stepF(batch, pairs, scores.value));
        pass(stepG);
      }
      optimizers.f.rate /= game.discount;
      optimizers.beta.rate /= game.discount;
      optimizers.g.rate /= game.discountG;
      const loss = await meanOverBatches(totals.loss);
      const [price, objective] = [await meanOverBatches(totals.regularizer), await meanOverBatches(totals.objective)];
      return { loss, exposure: { ...(await G.read()), game: { regularizer: price, objective, metric: 0 } } };
    },
    async complete(record) {
      const { exposure } = record;
      if (!exposure?.game) return record;
      return { ...record, exposure: { ...exposure, game: { ...exposure.game, metric: await task.validateG() } } };
    },
    ...(game.stop === 'objective' && { isDone: objectiveIsStill }),
  };
  const record = await runEpochs(kernels, loop, trainer);
  for (const optimizer of Object.values(optimizers)) optimizer.dispose();
  for (const total of Object.values(totals)) kernels.free(total);
  return { record, G };
}

/** Whether the minimax objective has moved by no more than TOLERANCE over WINDOW epochs. */
function objectiveIsStill(records: readonly EpochRecord[]): boolean {
  if (records.length <= WINDOW) return false;
  const recent = records.slice(-WINDOW - 1).map(({ exposure }) => exposure?.game?.objective ?? 0);
  return Math.max(...recent) - Math.min(...recent) <= TOLERANCE;
}

/** mean(max(0, 0.1 + 0.5 delta_g - delta_f / G)). */
function hinge(tape: Tape, losses: Variable, weights: Variable, scores: Variable, batch: TrainingBatch): Variable {
  const harm = tape.multiply(losses, weights);
  const own = tape.linear(crossEntropy(tape, scores, batch), 0.5, 0.1);
  return tape.mean(tape.relu(tape.add(own, tape.linear(harm, -1))));
}

/** [1]: what g pays, before alpha. */
type Regularizer = (tape: Tape, scores: Variable, G: Variable, batch: TrainingBatch, pairs: Pairs) => Variable;

function regularizer(kernels: Kernels, task: GameTask, name: GameSettings['regularizer']): Regularizer {
  if (name === 'feedback') return (tape, scores, _G, batch) => tape.mean(crossEntropy(tape, scores, batch));
  if (name === 'popularity') {
    const counts = itemCounts(task.train);
    const popularity = kernels.tensor(counts, [counts.length, 1]);
    return (tape, _scores, G, _batch, { items }) =>
      tape.linear(tape.correlation(tape.meanByRow(G, items), kernels.gatherDistinct(popularity, items), items), -1);
  }
  if (!task.exposed) throw new Error('the exposure regularizer needs exposed pairs');
  const exposed = knownTensors(kernels, task.exposed);
  return (tape, scores, _G, _batch, { columns }) =>
    tape.mean(tape.crossEntropy(scores, kernels.markKnown(columns, exposed)));
}
