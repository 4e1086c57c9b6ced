import { type BackendChoice, type Kernels, openBackend } from '../compute/index.js';
import { type Interactions, TEST, VALIDATION } from '../datasets/interactions.js';
import type { AnchorName } from '../evaluation/truth/anchors.js';
import { anchorsFor } from '../evaluation/truth/known_world.js';
import { ListValues } from '../evaluation/truth/value.js';
import type { Model, ModelSize } from '../models/model.js';
import { hasCollapsed, modelScores } from '../models/propensity.js';
import {
  DivergedError,
  type EpochRecord,
  type ExposureRecord,
  type TrainerSettings,
  type TrainingRecord,
} from '../models/trainer.js';
import { World, type WorldState } from '../simulator/world.js';
import { bootstrapIntervals, type Interval } from './bootstrap.js';
import { type DeploymentSettings, deploy, type OnlineResult } from './deployment.js';
import { type Estimate, inversePropensity, popularityDebiased, type UnbiasedSettings, unbiased } from './estimates.js';
import { type EvaluationSettings, Evaluator, type ScoredRanks } from './evaluation.js';
import { FullRanks, type ListStatistics, RecommendationLists, readAllScores } from './full_pass.js';
import { type MethodSettings, parseMethod } from './method.js';
import { averageMetrics, type ListMetrics, listMetrics, type MetricName, type Metrics } from './metrics.js';
import { OracleMetrics } from './oracle.js';
import {
  CRITERIA,
  explaining,
  type TrainedExposure,
  type TrainingContext,
  trainMethod,
  validationCriteria,
} from './training.js';

/** What is computed of a trained model besides the metrics of its test items. */
export interface ReportSettings {
  /** Resamples of the bootstrap; 0 for no intervals. */
  readonly bootstrap: number;
  /** Score all items for every user: recommended lists and, in simulated data, the oracle. */
  readonly full: boolean;
  /** A model trained for itself whose probability of a click debiases the metrics. */
  readonly propensityModel?: string | undefined;
}

/** One model trained once on one data set. Everything that its result depends on, besides the data. */
export interface TrialSettings {
  /** A method's name, see `parseMethod`. */
  readonly model: string;
  readonly dim: number;
  readonly trainer: TrainerSettings;
  readonly method: MethodSettings;
  readonly evaluation: EvaluationSettings;
  readonly unbiased: UnbiasedSettings;
  readonly report: ReportSettings;
  /** What computes; `wasm` where absent. `auto` is for `withChosenBackend` to settle. */
  readonly backend?: Exclude<BackendChoice, 'wasm'> | undefined;
  /** Present where the trained method is shown to the users of its world. */
  readonly deployment?: DeploymentSettings | undefined;
}

/** Estimates of what the metrics would be if all items were exposed alike. */
export interface Estimates {
  readonly popularity: Estimate;
  /** Test items ranked among all others, instead of a sample; only where every item is scored. */
  readonly fullRanking?: { readonly metrics: Metrics } | undefined;
  /** By a propensity model. */
  readonly propensity?: Estimate | undefined;
  /** By G_beta of the trained method itself (PAPER section 6, "robust"). */
  readonly robust?: Estimate | undefined;
}

/** What was evaluated. */
export interface Tested {
  readonly users: number;
  /** Test items. */
  readonly items: number;
  /** Test items besides, left out since their users interacted with every item, so that there is nothing to rank them among. */
  readonly leftOut?: number | undefined;
  /** Where the method reads histories in the order of time: test items that are older than an item of the history. */
  readonly older?: number | undefined;
}

/** What chooses epochs, in this order. */
export type Criterion = (typeof CRITERIA)[number] | 'loss' | 'nothing';

export interface TrialResult {
  /** What computed, where it was not `wasm`. */
  readonly backend?: string | undefined;
  /** Epoch whose weights were kept; absent for models without training. */
  readonly bestEpoch: number | undefined;
  readonly epochs: readonly EpochRecord[];
  /** Epochs of g's own training, in PS. */
  readonly exposureEpochs?: readonly EpochRecord[] | undefined;
  /** By what the epoch was chosen, where validation Hit@10 was the same in every epoch and so could not tell. */
  readonly chosenBy?: Criterion | undefined;
  readonly validation: Metrics;
  readonly standard: Metrics;
  readonly tested: Tested;
  readonly lists: ListMetrics & Partial<ListStatistics>;
  /** 95 percent, over users. */
  readonly intervals?: Readonly<Record<MetricName, Interval>> | undefined;
  /** Where the data says what each test item is to be ranked among, instead of a sample of all items. */
  readonly among?: 'given' | undefined;
  /** Only for simulated data; `size` is the effective number of test items. */
  readonly unbiased: Estimate | undefined;
  /** The same by each of the weights. */
  readonly unbiasedBy?: Readonly<Record<UnbiasedSettings['weight'], Estimate>> | undefined;
  readonly estimates: Estimates;
  /** The exact expected metrics under the world's truth. */
  readonly oracle?: Metrics | undefined;
  /** What the lists are worth in truth; only for simulated data. */
  readonly truth?: TruthResult | undefined;
  /** G in the kept epoch. */
  readonly exposure?: (ExposureRecord & { readonly collapsed: boolean }) | undefined;
  /** Of g as a recommender, on the same test items, where it is a model. */
  readonly exposureStandard?: Metrics | undefined;
  /** What users did with the deployed method. */
  readonly online?: OnlineResult | undefined;
}

/** What a method's lists are worth in a world that is known. Metrics by name: "value@10", "rndcg@10". */
export interface TruthResult {
  /** Means over users. */
  readonly values: Readonly<Record<string, number>>;
  /** How many users were judged. */
  readonly users: number;
  /** The same of what values are read against. */
  readonly anchors: Readonly<Record<AnchorName, Readonly<Record<string, number>>>>;
}

/** How a trial, or a training of a search for settings, ended. */
export type Outcome = { readonly result: TrialResult } | ValidatedSetting | { readonly failure: string };

/** A trained model with the memory that it lives in. */
export interface TrainedModel {
  readonly kernels: Kernels;
  readonly model: Model;
  readonly size: ModelSize;
  readonly settings: Readonly<Record<string, number>>;
}

/** What a trial gets besides data and settings. */
export interface TrialContext {
  /** The truth behind simulated data. */
  readonly world?: WorldState | undefined;
  readonly onEpoch?: ((record: EpochRecord, part: string) => void) | undefined;
}

/**
 * Trains a method on the train part, choosing the epoch by validation Hit@10, and evaluates it on the test part. Deterministic
 * given data and settings; the caller closes the trained model's kernels. Throws UserError for an unknown model, DivergedError where training
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
  context: TrialContext,
): Promise<{ result: TrialResult; trained: TrainedModel }> {
  const method = parseMethod(settings.model);
  const training = await trainingContext(kernels, data, settings, context);
  const { size, validation, world } = training;
  const trained = await trainMethod(training, method);
  const test = await Evaluator.create(kernels, data, TEST, settings.evaluation);
  const ranks = await explaining(method, () => test.rank(trained.f));
  const userOf = (row: number): number => data.user[test.rows[row] as number] as number;
  const { bootstrap, full, propensityModel } = settings.report;
  const propensity =
    propensityModel === undefined
      ? undefined
      : await ofPropensityModel(() => trainMethod({ ...training, onEpoch: undefined }, parseMethod(propensityModel)));
  const lists = full
    ? await explaining(method, () => fullPass(test, trained.f, world, settings.evaluation.candidates))
    : undefined;
  const { record, exposure } = trained;
  const { deployment } = settings;
  const result: TrialResult = {
    ...(kernels.name !== 'wasm' && { backend: kernels.name }),
    bestEpoch: record?.best.epoch,
    epochs: record?.epochs ?? [],
    ...(exposure?.record && { exposureEpochs: exposure.record.epochs }),
    validation: validation.standard(await validation.rank(trained.f)),
    standard: test.standard(ranks),
    tested: testedOf(test, trained.f),
    ...(record?.chosenBy !== undefined && { chosenBy: criterionOf(record.chosenBy) }),
    ...(data.candidates && { among: 'given' as const }),
    lists: { ...listMetrics(ranks, ranks.scores, userOf), ...lists?.statistics },
    ...(bootstrap > 0 && {
      intervals: await bootstrapIntervals(kernels, ranks, userOf, bootstrap, settings.evaluation.seed),
    }),
    unbiased: unbiased(test, ranks, settings.unbiased),
    ...(data.truth && { unbiasedBy: unbiasedByWeight(test, ranks, settings.unbiased) }),
    estimates: {
      popularity: popularityDebiased(test, ranks, settings.unbiased),
      ...(lists?.fullRanking && { fullRanking: { metrics: lists.fullRanking } }),
      ...(propensity && {
        propensity: await ofPropensityModel(() =>
          propensityDebiased(kernels, test, ranks, propensity.f, settings.unbiased),
        ),
      }),
      ...(exposure && {
        robust: await explaining(method, () => robust(test, ranks, exposure, settings.unbiased)),
      }),
    },
    ...(lists?.oracle && { oracle: lists.oracle }),
    ...(lists?.truth && { truth: lists.truth }),
    ...(record && exposureOf(record)),
    ...(exposure?.model && { exposureStandard: test.standard(await test.rank(exposure.model)) }),
    ...(deployment && world && { online: await deploy(test, trained.f, world, deployment) }),
  };
  refuseNonFinite(method.label, result);
  const own = settings.method.models?.[method.f.name] ?? {};
  return { result, trained: { kernels, model: trained.f, size, settings: own } };
}

async function trainingContext(
  kernels: Kernels,
  data: Interactions,
  settings: TrialSettings,
  { world, onEpoch }: TrialContext,
): Promise<TrainingContext> {
  return {
    ...{ kernels, data, onEpoch },
    size: { users: data.userIds.length, items: data.itemIds.length, dim: settings.dim },
    trainer: settings.trainer,
    settings: settings.method,
    validation: await Evaluator.create(kernels, data, VALIDATION, settings.evaluation),
    world: world && (await World.create(world)),
  };
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
    const training = await trainingContext(kernels, data, settings, context);
    const method = parseMethod(settings.model);
    const { f } = await trainMethod(training, method);
    const [metric = 0, ...finer] = await explaining(method, () => validationCriteria(training.validation, f));
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

function exposureOf({ best }: TrainingRecord): Pick<TrialResult, 'exposure'> {
  return best.exposure ? { exposure: { ...best.exposure, collapsed: hasCollapsed(best.exposure) } } : {};
}

/** What is known only when every item was scored; beyond the lists, of simulated data. */
interface FullPass {
  readonly statistics: ListStatistics;
  readonly fullRanking?: Metrics;
  readonly oracle?: Metrics;
  readonly truth?: TruthResult;
}

function unbiasedByWeight(
  test: Evaluator,
  ranks: ScoredRanks,
  settings: UnbiasedSettings,
): NonNullable<TrialResult['unbiasedBy']> {
  const by = (weight: UnbiasedSettings['weight']) => unbiased(test, ranks, { ...settings, weight }) as Estimate;
  return { 'relevance/exposure': by('relevance/exposure'), '1/exposure': by('1/exposure') };
}

async function fullPass(
  test: Evaluator,
  model: Model,
  world: World | undefined,
  candidates: number,
): Promise<FullPass> {
  const lists = new RecommendationLists(test);
  if (!world) {
    await readAllScores(test, model, [lists]);
    return { statistics: lists.statistics };
  }
  const ranks = new FullRanks(test);
  const oracle = new OracleMetrics(test, world, candidates);
  const { judged, means } = anchorsFor(test.data, world);
  const values = new ListValues(judged);
  await readAllScores(test, model, [lists, oracle, ranks], values);
  const truth = { values: values.means, users: judged.users.length, anchors: means };
  return { statistics: lists.statistics, fullRanking: averageMetrics(ranks), oracle: oracle.metrics, truth };
}

/** Tells of what diverges as the propensity model's. */
async function ofPropensityModel<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof DivergedError
      ? new DivergedError(`the propensity model (--propensity-model): ${error.what}`, 'lower --rate, or set --clip')
      : error;
  }
}

const criterionOf = (place: number): Criterion => ([...CRITERIA, 'loss'] as const)[place] ?? 'nothing';

function testedOf({ data, rows, leftOut }: Evaluator, { history }: Model): Tested {
  const older = history === undefined ? 0 : olderThanHistory(data, rows);
  return {
    users: new Set(Array.from(rows, (row) => data.user[row] as number)).size,
    items: rows.length,
    ...(leftOut > 0 && { leftOut }),
    ...(older > 0 && { older }),
  };
}

/** How many of the rows have an earlier time than the newest of what their user has in the parts before the test. */
function olderThanHistory({ user, time, split }: Interactions, rows: Int32Array): number {
  if (!time) return 0;
  const newest = new Map<number, number>();
  user.forEach((u, row) => {
    if (split?.[row] !== TEST) newest.set(u, Math.max(newest.get(u) ?? Number.NEGATIVE_INFINITY, Number(time[row])));
  });
  return rows.filter((row) => Number(time[row]) < (newest.get(user[row] as number) ?? Number.NEGATIVE_INFINITY)).length;
}

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

/** Each hit divided by G_beta of the trained pair, for a click. */
async function robust(
  test: Evaluator,
  ranks: ScoredRanks,
  { scores, history, propensity }: TrainedExposure,
  settings: UnbiasedSettings,
): Promise<Estimate> {
  return inversePropensity(ranks, await propensity.ofClicks(await test.exposureScores(scores, history)), settings);
}

/** Each hit divided by a propensity model's probability of the pair. */
async function propensityDebiased(
  kernels: Kernels,
  test: Evaluator,
  ranks: ScoredRanks,
  model: Model,
  settings: UnbiasedSettings,
): Promise<Estimate> {
  const scores = modelScores(kernels, model);
  const probabilities = await test.exposureScores((pairs) => kernels.sigmoid(scores(pairs)), model.history);
  return inversePropensity(ranks, probabilities, settings);
}
