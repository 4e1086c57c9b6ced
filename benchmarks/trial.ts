import { type BackendChoice, type Kernels, openBackend } from '../compute/index.js';
import { type Interactions, TEST, VALIDATION } from '../datasets/interactions.js';
import { knownItems } from '../datasets/known.js';
import type { PlantedOptions } from '../datasets/planted.js';
import { averageOf, itemValues } from '../evaluation/averages.js';
import { type DeploymentSettings, deploy, type OnlineResult } from '../evaluation/deployment.js';
import { type Evaluation, evaluate } from '../evaluation/evaluate.js';
import { exposureCorrelation } from '../evaluation/exposure_fit.js';
import type { ItemMetric, Metrics } from '../evaluation/metrics/metric.js';
import { metricNamed, metricsAt } from '../evaluation/metrics/registry.js';
import { type TestQuestion, testQuestion } from '../evaluation/question.js';
import { rank } from '../evaluation/ranks.js';
import type { EvaluationSettings } from '../evaluation/settings.js';
import { whyCollapsed } from '../methods/g_beta.js';
import type { Method, Trained } from '../methods/method.js';
import { explaining, parseMethod } from '../methods/registry.js';
import { concerning, plainSettings, trainerOf } from '../methods/settings.js';
import type { Model, ModelSettings, ModelSize } from '../models/model.js';
import { ModelScorers } from '../models/model_scorer.js';
import type { Scorer } from '../models/scorer.js';
import { DivergedError, type EpochRecord, type ExposureRecord } from '../models/trainer.js';
import type { FlatSettings, TrainContext } from '../propensities/context.js';
import type { ExposureModel, Propensity } from '../propensities/propensity.js';
import { propensityNamed } from '../propensities/registry.js';
import { plantedTruth, type RelevanceTruth } from '../simulator/truth.js';
import { World } from '../simulator/world.js';
import type { WorldState } from '../simulator/world_state.js';
import { builtIn, type Catalogue } from './catalogue.js';

/** One method trained once on one data set. Everything that its result depends on, besides the data. */
export interface TrialSettings {
  /** As `parseMethod` reads it. */
  readonly method: string;
  /** What was said of how it is trained; the method's own schema fills in the rest. */
  readonly settings: FlatSettings;
  /** All that training draws depends on it. */
  readonly seed: number;
  readonly evaluation: EvaluationSettings;
  /** What computes; `wasm` where absent. `auto` is for `withChosenBackend` to settle. */
  readonly backend?: Exclude<BackendChoice, 'wasm'> | undefined;
  /** Files of the user's that its names come from, by their SHA-256. */
  readonly modules?: readonly string[] | undefined;
  /** Present where the trained method is shown to the users of its world. */
  readonly deployment?: DeploymentSettings | undefined;
}

/** The criteria that choose epochs and settings: validation Hit@10 (paper, A.6.4); the others where that is the same for all. */
export const CRITERIA = ['hit@10', 'ndcg@10', 'mrr'] as const;

const criteria = CRITERIA.map((name) => metricNamed(name) as ItemMetric);

/** What chooses epochs, in this order. */
export type Criterion = (typeof CRITERIA)[number] | 'loss' | 'nothing';

export interface TrialResult extends Evaluation {
  /** What computed, where it was not `wasm`. */
  readonly backend?: string | undefined;
  /** Epoch whose weights were kept; absent for models without training. */
  readonly bestEpoch?: number | undefined;
  readonly epochs: readonly EpochRecord[];
  /** Epochs of g's own training, in PS. */
  readonly exposureEpochs?: readonly EpochRecord[] | undefined;
  /** By what the epoch was chosen, where validation Hit@10 was the same in every epoch and so could not tell. */
  readonly chosenBy?: Criterion | undefined;
  readonly validation: Metrics;
  /** G in the kept epoch. */
  readonly exposure?:
    | (ExposureRecord & {
        readonly collapsed: boolean;
        /** Why, in words. */
        readonly why?: string | undefined;
        /** Of log G with log p_exp, where the world is known. */
        readonly correlation?: number | undefined;
      })
    | undefined;
  /** Of g as a recommender, on the same test items, where it is a model. */
  readonly exposureStandard?: Metrics | undefined;
  /** What users did with the deployed method. */
  readonly online?: OnlineResult | undefined;
}

/** How a trial, or a training of a search for settings, ended. */
export type Outcome = { readonly result: TrialResult } | ValidatedSetting | { readonly failure: string };

/** A trained model with the memory that it lives in. */
export interface TrainedModel {
  readonly kernels: Kernels;
  /** Absent for what is no model of ours. */
  readonly model?: Model | undefined;
  readonly size: ModelSize;
  readonly settings: ModelSettings;
}

/** What a trial gets besides data and settings. */
export interface TrialContext {
  /** The truth behind simulated data. */
  readonly world?: WorldState | undefined;
  /** Of ratings of the planted world, what it was made by: its relevance is known, too. */
  readonly planted?: PlantedOptions | undefined;
  readonly onEpoch?: ((record: EpochRecord, part: string) => void) | undefined;
  /** What its names mean. */
  readonly catalogue?: Catalogue | undefined;
}

/**
 * Trains a method on the train part, choosing the epoch by validation Hit@10, and evaluates it on the test part. Deterministic
 * given data and settings; the caller closes the trained model's kernels. Throws UserError for an unknown method, DivergedError where training
 * diverges, BackendUnavailableError and BackendError where the settings' backend is not there or fails.
 */
export async function runTrial(
  data: Interactions,
  settings: TrialSettings,
  context: TrialContext = {},
): Promise<{ result: TrialResult; trained: TrainedModel }> {
  const kernels = await openBackendOf(settings);
  try {
    return await trainAndEvaluate(kernels, data, settings, context);
  } catch (error) {
    kernels.close();
    throw error;
  }
}

function openBackendOf({ backend }: TrialSettings): Promise<Kernels> {
  if (backend === 'auto') throw new Error('the backend of a trial must be chosen before it runs');
  return openBackend(backend);
}

async function trainAndEvaluate(
  kernels: Kernels,
  data: Interactions,
  settings: TrialSettings,
  { world, planted, onEpoch, catalogue = builtIn }: TrialContext,
): Promise<{ result: TrialResult; trained: TrainedModel }> {
  const method = parseMethod(settings.method, catalogue);
  const questions = new Questions(kernels, data, settings.evaluation);
  const context = await trainContext(kernels, data, settings, method, questions, { world, onEpoch });
  const trained = await explaining(method, () => method.train(context));
  try {
    const relevance = planted && plantedTruth(planted, data);
    const result = await evaluated(method, trained, { questions, context, relevance, settings, catalogue });
    const own = context.settings.set?.[method.players[0]?.name ?? ''] ?? {};
    return { result, trained: { kernels, model: trained.model, size: context.size, settings: own } };
  } finally {
    trained.dispose?.();
  }
}

/** Evaluates what was trained. */
async function evaluated(
  method: Method,
  { scorer, record, exposure }: Trained,
  { questions, context, relevance, settings, catalogue }: Evaluated,
): Promise<TrialResult> {
  const { kernels } = context;
  const test = await questions.test();
  const validation = await questions.validation();
  const standard = metricsAt(settings.evaluation.cutoffs, catalogue.metrics).items;
  const found = await explaining(method, () =>
    evaluate(
      {
        ...{ kernels, test, scorer, train: context.train, world: context.world, seed: settings.evaluation.seed },
        ...(relevance && { relevance }),
        exposure: exposure?.propensity,
        collapse: record?.best.exposure && whyCollapsed(record.best.exposure),
        propensity: (name) => propensityModel(name, { ...context, onEpoch: undefined }, settings, catalogue),
      },
      settings.evaluation,
      catalogue,
    ),
  );
  const { deployment } = settings;
  const result: TrialResult = {
    ...(kernels.name !== 'wasm' && { backend: kernels.name }),
    bestEpoch: record?.best.epoch,
    epochs: record?.epochs ?? [],
    ...(exposure?.record && { exposureEpochs: exposure.record.epochs }),
    validation: await standardOf(scorer, validation, standard),
    ...(record?.chosenBy !== undefined && { chosenBy: criterionOf(record.chosenBy) }),
    ...found,
    ...(record?.best.exposure && {
      exposure: await exposureOf(record.best.exposure, exposure?.propensity, context.world),
    }),
    ...(exposure?.scorer && { exposureStandard: await standardOf(exposure.scorer, test, standard) }),
    ...(deployment && context.world && { online: await deploy(test, scorer, context.world, deployment) }),
  };
  refuseNonFinite(method.label, result);
  return result;
}

/** What evaluation needs besides what was trained. */
interface Evaluated {
  readonly questions: Questions;
  readonly context: TrainContext;
  readonly relevance?: RelevanceTruth | undefined;
  readonly settings: TrialSettings;
  readonly catalogue: Catalogue;
}

/** What is asked on either part, drawn once. */
class Questions {
  private ofValidation: Promise<TestQuestion> | undefined;
  private ofTest: Promise<TestQuestion> | undefined;

  constructor(
    private readonly kernels: Kernels,
    private readonly data: Interactions,
    private readonly settings: EvaluationSettings,
  ) {}

  validation(): Promise<TestQuestion> {
    this.ofValidation ??= testQuestion(this.kernels, this.data, VALIDATION, this.settings);
    return this.ofValidation;
  }

  test(): Promise<TestQuestion> {
    this.ofTest ??= testQuestion(this.kernels, this.data, TEST, this.settings);
    return this.ofTest;
  }
}

async function trainContext(
  kernels: Kernels,
  data: Interactions,
  { settings, seed, evaluation }: TrialSettings,
  method: Method,
  questions: Questions,
  { world, onEpoch }: TrialContext,
): Promise<TrainContext> {
  const own = concerning(method, settings);
  const { dim } = plainSettings.parse(own);
  return {
    ...{ kernels, data, onEpoch, seed, settings: own },
    size: { users: data.userIds.length, items: data.itemIds.length, dim },
    train: knownItems(data, 'train'),
    scorers: new ModelScorers(kernels, data),
    world: world && (await World.create(world)),
    async asked() {
      const all = [await questions.validation(), await questions.test()];
      return { questions: all.map(({ sampled, targets }) => sampled?.question ?? targets), full: evaluation.full };
    },
    validate: async (scorer) => {
      const metrics = await standardOf(scorer, await questions.validation(), criteria);
      return CRITERIA.map((name) => metrics[name] as number);
    },
  };
}

/** Standard evaluation alone. */
async function standardOf(scorer: Scorer, question: TestQuestion, metrics: readonly ItemMetric[]): Promise<Metrics> {
  return averageOf(itemValues(metrics, await rank(scorer, question)));
}

/** A model by whose probability of a click estimates are debiased, trained as it would be as a method. */
async function propensityModel(
  name: string,
  context: TrainContext,
  { seed }: TrialSettings,
  catalogue: Catalogue,
): Promise<ExposureModel> {
  try {
    const own = { ...context, settings: concerning(parseMethod(name, catalogue), context.settings) };
    return await propensityNamed(name, catalogue).create(own, trainerOf(plainSettings.parse(own.settings), seed), '');
  } catch (error) {
    throw error instanceof DivergedError
      ? new DivergedError(`the propensity model (--propensity-model): ${error.what}`, 'lower --rate, or set --clip')
      : error;
  }
}

/** How a setting did on the validation part: Hit@10, and what decides where that is the same for all settings. */
export interface ValidatedSetting {
  readonly metric: number;
  readonly finer?: readonly number[] | undefined;
}

/** Trains with a setting and validates it; the test part is not looked at. Throws as `runTrial` does. */
export async function validateSetting(
  data: Interactions,
  settings: TrialSettings,
  context: TrialContext = {},
): Promise<ValidatedSetting> {
  const kernels = await openBackendOf(settings);
  try {
    const method = parseMethod(settings.method, context.catalogue);
    const questions = new Questions(kernels, data, settings.evaluation);
    const training = await trainContext(kernels, data, settings, method, questions, context);
    const [metric = 0, ...finer] = await explaining(method, async () => {
      const { scorer } = await method.train(training);
      return training.validate(scorer);
    });
    return { metric, finer };
  } finally {
    kernels.close();
  }
}

/** The outcome of work that may diverge: then the reason, and others go on. */
export async function unlessDiverged<Result>(work: () => Promise<Result>): Promise<Result | { failure: string }> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DivergedError) return { failure: error.message };
    throw error;
  }
}

async function exposureOf(
  record: ExposureRecord,
  propensity: Propensity | undefined,
  world: World | undefined,
): Promise<TrialResult['exposure']> {
  const why = whyCollapsed(record);
  const correlation = propensity && world && (await exposureCorrelation(propensity, world));
  return {
    ...record,
    collapsed: why !== undefined,
    ...(why !== undefined && { why }),
    ...(correlation !== undefined && { correlation }),
  };
}

const criterionOf = (place: number): Criterion => ([...CRITERIA, 'loss'] as const)[place] ?? 'nothing';

/** The last guard: no number of a result is none, whatever led to it. Throws DivergedError naming the number. */
function refuseNonFinite(label: string, value: unknown, path = ''): void {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new DivergedError(
      `${label}: ${path.slice(1)} is ${value}`,
      'look for what is odd in the settings and the data',
    );
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) refuseNonFinite(label, part, `${path}.${name}`);
}
