import { type Kernels, ParameterFactory, type Tensor } from '../compute/index.js';
import { type Interactions, rowsWhere, TRAIN, type UserItems, userItems } from '../datasets/interactions.js';
import { trainAdversarial } from '../models/adversarial.js';
import { type BatchSource, explicitBatches, implicitBatches } from '../models/batches.js';
import {
  crossEntropy,
  type RatingScale,
  type RowLoss,
  ratingScale,
  rowLoss,
  standardisedSquaredError,
} from '../models/losses.js';
import type { Model, ModelSize } from '../models/model.js';
import {
  type ExposureScores,
  logit,
  modelScores,
  oracleScores,
  Propensity,
  popularityScores,
} from '../models/propensity.js';
import { createModel } from '../models/registry.js';
import { sequenceBatches } from '../models/sequences.js';
import {
  DivergedError,
  type EpochRecord,
  type Objective,
  type TrainerSettings,
  type TrainingRecord,
  train,
} from '../models/trainer.js';
import type { World } from '../simulator/world.js';
import { UserError } from '../support/errors.js';
import type { Evaluator } from './evaluation.js';
import {
  exposureTrainerOf,
  gameOf,
  type Method,
  type MethodSettings,
  ORACLE,
  propensityOf,
  remedyOf,
} from './method.js';
import { exposedInTraining, trainOnShown } from './shown.js';

/** What training needs. */
export interface TrainingContext {
  readonly kernels: Kernels;
  readonly data: Interactions;
  readonly size: ModelSize;
  readonly trainer: TrainerSettings;
  readonly settings: MethodSettings;
  readonly validation: Evaluator;
  /** The truth, for simulated data. */
  readonly world?: World | undefined;
  readonly onEpoch?: ((record: EpochRecord, part: string) => void) | undefined;
}

/** A trained method. */
export interface TrainedMethod {
  readonly f: Model;
  /** Absent for models in closed form. */
  readonly record: TrainingRecord | undefined;
  /** The exposure side of PS and ACL. */
  readonly exposure?: TrainedExposure | undefined;
}

/** g and G_beta after training. */
export interface TrainedExposure {
  readonly scores: ExposureScores;
  /** How much history g reads. */
  readonly history: number | undefined;
  readonly propensity: Propensity;
  /** g itself, where it is a model. */
  readonly model?: Model | undefined;
  /** How g was trained on its own, in PS. */
  readonly record?: TrainingRecord | undefined;
}

/**
 * Trains a method on the train part. Throws UserError where it does not fit the data, DivergedError, which names the method and what to change
 * for it, where training diverges.
 */
export async function trainMethod(context: TrainingContext, method: Method): Promise<TrainedMethod> {
  return explaining(method, () => trainPlayers(context, method));
}

/** What diverges in `work` is told as the method's. */
export async function explaining<Result>(method: Method, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof DivergedError
      ? new DivergedError(`${method.label}: ${error.what}`, remedyOf(method))
      : error;
  }
}

async function trainPlayers(context: TrainingContext, method: Method): Promise<TrainedMethod> {
  const { kernels, data, size, settings, trainer } = context;
  const known = userItems(data, (row) => data.split?.[row] === TRAIN);
  const f = createModel(
    method.f.name,
    kernels,
    new ParameterFactory(kernels, trainer.seed),
    size,
    settings.models?.[method.f.name],
  );
  if (f.fit) {
    f.fit(known, trainer.seed);
    return { f, record: undefined };
  }
  if (method.kind === 'Shown') return { f, record: await trainOnShown(context, f) };
  if (method.kind === 'ACL') return trainGame(context, method, f, known);
  if (method.kind === 'PS') return trainWeighted(context, method, f, known);
  const losses = rowLoss(method.f.loss ?? 'cross-entropy', kernels, known);
  return { f, record: await trainPlain(context, f, losses) };
}

/** Plain training of a model on sampled clicks. */
function trainPlain(
  { kernels, data, size, trainer, validation, onEpoch }: TrainingContext,
  model: Model,
  losses: RowLoss,
  part = 'f',
): Promise<TrainingRecord> {
  return train(
    kernels,
    model,
    size,
    {
      source: clickBatches(kernels, data, trainer, [model]),
      objective: (tape, scores, batch) => tape.mean(losses(tape, scores, batch)),
      validate: () => validationCriteria(validation, model),
      onEpoch: (record) => onEpoch?.(record, part),
    },
    trainer,
  );
}

/** PS (PAPER section 3): g is fitted first and stays; then f, and beta, minimize mean(delta(Y, f) / G). */
async function trainWeighted(
  context: TrainingContext,
  method: Method,
  f: Model,
  known: UserItems,
): Promise<TrainedMethod> {
  const { kernels, data, size, trainer, settings, validation, onEpoch } = context;
  const exposure = await fixedExposure(context, method, known);
  const propensity = new Propensity(kernels, propensityOf(method, settings), trainer.rate);
  const ratings = method.f.loss === 'rating' ? trainingRatings(data) : undefined;
  if (ratings) f.standardise?.(ratings.scale.mean, ratings.scale.deviation);
  const losses = ratings
    ? standardisedSquaredError(ratings.scale)
    : rowLoss(method.f.loss ?? 'cross-entropy', kernels, known);
  const objective: Objective = (tape, scores, batch, pairs) => {
    const g = exposure.scores(pairs);
    const G = propensity.of(tape, tape.constant(g), batch.labels);
    propensity.observe(G.value, g, batch.labels);
    return propensity.weightedMean(tape, losses(tape, scores, batch), propensity.weightsOf(tape, G, batch.labels));
  };
  const models = [f, ...(exposure.model ? [exposure.model] : [])];
  const record = await train(
    kernels,
    f,
    size,
    {
      source: ratings
        ? explicitBatches(kernels, { ...data, rating: ratings.standardised }, ratings.rows, trainer)
        : clickBatches(kernels, data, trainer, models),
      objective,
      others: propensity.trained,
      kept: [propensity.beta],
      validate: () => validationCriteria(validation, f),
      readExposure: () => propensity.read(),
      onEpoch: (epoch) => onEpoch?.(epoch, 'f'),
    },
    trainer,
  );
  return { f, record, exposure: { ...exposure, propensity } };
}

/** The fixed g of PS: Pop, the truth, or a model trained for itself with the trainer's settings. */
async function fixedExposure(
  context: TrainingContext,
  method: Method,
  known: UserItems,
): Promise<Omit<TrainedExposure, 'propensity'>> {
  const { kernels, settings, trainer, world } = context;
  if (method.g === 'Pop') return { scores: popularityScores(kernels, known), history: undefined };
  if (method.g === ORACLE) {
    if (!world) throw new UserError(`${method.label}: the oracle needs a simulated world`);
    return { scores: oracleScores(kernels, exposureLogits(kernels, world)), history: undefined };
  }
  const g = exposureModel(context, method);
  const own = exposureTrainerOf(settings, trainer);
  const record = await trainPlain({ ...context, trainer: own }, g, crossEntropy, 'g').catch((error: unknown): never => {
    throw error instanceof DivergedError ? new DivergedError(`its exposure model ${method.g}: ${error.what}`) : error;
  });
  return { scores: modelScores(kernels, g), history: g.history, model: g, record };
}

/** A fresh g, whose weights begin apart from those of f. */
function exposureModel({ kernels, size, settings, trainer }: TrainingContext, method: Method): Model {
  const make = new ParameterFactory(kernels, trainer.seed, 'exposure ');
  return createModel(method.g as string, kernels, make, size, settings.models?.[method.g as string]);
}

/** The most pairs of which the oracle keeps p_exp: a gibibyte. */
const MOST_PAIRS = 2 ** 28;

/** [users, items]: log-odds of p_exp in the world. */
function exposureLogits(kernels: Kernels, world: World): Tensor {
  const { users, items } = world.state;
  if (users * items > MOST_PAIRS) {
    throw new UserError(
      `the oracle keeps the exposure of every pair, and ${users} x ${items} are more than ${MOST_PAIRS}: use a smaller world`,
    );
  }
  const matrix = kernels.zeros([users, items]);
  for (let user = 0; user < users; user++) {
    kernels.write(matrix, world.exposureRow(user).map(logit), user * items);
  }
  return matrix;
}

/** ACL: f and g against one another. */
async function trainGame(context: TrainingContext, method: Method, f: Model, known: UserItems): Promise<TrainedMethod> {
  const { kernels, data, size, trainer, settings, validation, onEpoch } = context;
  const g = exposureModel(context, method);
  const { record, propensity } = await trainAdversarial(
    kernels,
    { f, g, size },
    {
      source: clickBatches(kernels, data, trainer, [f, g]),
      train: known,
      exposed: exposedInTraining(data),
      validate: () => validationCriteria(validation, f),
      validateG: async () => (await validationCriteria(validation, g))[0] as number,
      onEpoch: (epoch) => onEpoch?.(epoch, 'f'),
    },
    { f: trainer, g: exposureTrainerOf(settings, trainer) },
    gameOf(settings),
    propensityOf(method, settings),
  );
  return { f, record, exposure: { scores: modelScores(kernels, g), history: g.history, propensity, model: g } };
}

/** What epochs and settings are chosen by: validation Hit@10 (A.6.4 of the paper); the others where that is the same for all. */
export const CRITERIA = ['hit@10', 'ndcg@10', 'mrr'] as const;

/** The criteria of a model. */
export async function validationCriteria(validation: Evaluator, model: Model): Promise<number[]> {
  const metrics = validation.standard(await validation.rank(model));
  return CRITERIA.map((name) => metrics[name]);
}

/** Batches of clicks and negatives: with histories where one of the models reads them. */
function clickBatches(
  kernels: Kernels,
  data: Interactions,
  trainer: TrainerSettings,
  models: readonly Model[],
): BatchSource {
  const length = models.find(({ history }) => history !== undefined)?.history;
  return length === undefined
    ? implicitBatches(kernels, data, trainer)
    : sequenceBatches(kernels, data, trainer, length);
}

/** The train part's ratings, standardised. */
function trainingRatings(data: Interactions): {
  readonly rows: Int32Array;
  readonly scale: RatingScale;
  readonly standardised: Float32Array;
} {
  const { rating } = data;
  if (!rating) throw new UserError(`"${data.name}" has no ratings to learn from`);
  const rows = rowsWhere(data.user.length, (row) => data.split?.[row] === TRAIN);
  const scale = ratingScale(rating, rows);
  return { rows, scale, standardised: Float32Array.from(rating, (value) => (value - scale.mean) / scale.deviation) };
}
