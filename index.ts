/**
 * expobench as a library: what is meant for use, from the ground up. Types of the arguments come along.
 */
export { builtIn, type Catalogue } from './benchmarks/catalogue.js';
export { type Compared, compare, evaluateScores, type InMemoryOptions } from './benchmarks/in_memory.js';
export { catalogueOf, readModule } from './benchmarks/own_files.js';
export { type Plan, type PlanOptions, planSuite } from './benchmarks/plan.js';
export type { Claim, Measure } from './benchmarks/replication/claim.js';
export { claims } from './benchmarks/replication/claims.js';
export { judgeClaims, suitesOf } from './benchmarks/replication/replicate.js';
export { StoppedError } from './benchmarks/runner.js';
export { choicesOf, SETTING_DEFAULTS, type Settings } from './benchmarks/settings.js';
export { chooseData, type OpenedData, openSuiteData } from './benchmarks/suite_data.js';
export { findSuite } from './benchmarks/suites/file.js';
export { suites } from './benchmarks/suites/registry.js';
export { type Suite, suiteJsonSchema, suiteSchemaOf } from './benchmarks/suites/suite.js';
export { type SweepOptions, type SweepResult, sweep } from './benchmarks/sweep.js';
export {
  type Outcome,
  runTrial,
  type TrainedModel,
  type TrialContext,
  type TrialResult,
  type TrialSettings,
  validateSetting,
} from './benchmarks/trial.js';
export { type Tuned, type TuningOptions, tune, type Validated } from './benchmarks/tuning.js';
export { tuneOnWorkers } from './benchmarks/tuning_pool.js';
export * from './compute/index.js';
export { type FeatureLists, type Features, type FeatureTable, featureTable } from './datasets/features.js';
export { type Interactions, TEST, TRAIN, type UserItems, userItems, VALIDATION } from './datasets/interactions.js';
export { openRatings, openSplit } from './datasets/open.js';
export { PLANTED_DEFAULTS, type PlantedOptions, plantedRatings } from './datasets/planted.js';
export { prepareInteractions, writePrepared } from './datasets/prepare.js';
export { type Profile, profileOf } from './datasets/profile.js';
export { readFeatures } from './datasets/read_features.js';
export { type ReadOptions, type ReadResult, readInteractions } from './datasets/reader.js';
export { writeRecBole } from './datasets/recbole.js';
export { datasets } from './datasets/registry.js';
export { interactionsOf, type Row } from './datasets/rows.js';
export { type SplitOptions, type SplitRule, splitInteractions } from './datasets/split.js';
export { readFolder, readManifest } from './datasets/store.js';
export { readUnbiased, unbiasedAt } from './datasets/unbiased.js';
export { averageOf, type ItemValues, itemValues, userMeans } from './evaluation/averages.js';
export {
  defineEstimate,
  type Estimate,
  type EstimateDefinition,
  type Estimated,
  weighted,
} from './evaluation/estimates/estimate.js';
export { estimateNamed, estimates } from './evaluation/estimates/registry.js';
export { type Evaluation, type EvaluationContext, evaluate } from './evaluation/evaluate.js';
export {
  defineMetric,
  type ItemMetric,
  type Metric,
  type MetricFamily,
  type Metrics,
  type UserMetric,
} from './evaluation/metrics/metric.js';
export { metricFamilies, metricNamed, metricsAt } from './evaluation/metrics/registry.js';
export { type TestQuestion, testQuestion } from './evaluation/question.js';
export { rank, type ScoredRanks } from './evaluation/ranks.js';
export type { EvaluationSettings } from './evaluation/settings.js';
export { ownStage, plainAxes } from './methods/axes.js';
export { defineMethod, type Method, type MethodDefinition, type Trained } from './methods/method.js';
export { checkMethod, methods, parseMethod } from './methods/registry.js';
export { plainSettings, trainerOf } from './methods/settings.js';
export { defineModel, type Model, type ModelDefinition, type ModelSettings, type ModelSize } from './models/model.js';
export { ModelScorers } from './models/model_scorer.js';
export { type PairColumns, type Pairs, pairsOf } from './models/pairs.js';
export { trainOnClicks } from './models/plain_training.js';
export { createModel, models } from './models/registry.js';
export type { Question, Scorer } from './models/scorer.js';
export { readModel, writeModel } from './models/store.js';
export { DivergedError, TRAINER_DEFAULTS, type TrainerSettings, type TrainingRecord, train } from './models/trainer.js';
export { type FlatSettings, freshModel, type TrainContext } from './propensities/context.js';
export type { ExposureModel, Propensity, PropensityDefinition } from './propensities/propensity.js';
export { propensities, propensityNamed } from './propensities/registry.js';
export type { Judgement } from './results/claims.js';
export { diffTables, type TableDiff } from './results/diff.js';
export { readTables, type TableSet } from './results/read_tables.js';
export { reportOf } from './results/report/report.js';
export { type RunFolder, readRun } from './results/run_folder.js';
export { type ResultTable, type TableRow, terminalTable } from './results/table.js';
export type { Calibration } from './simulator/calibration.js';
export { type NoiseSpec, PRESETS, SIMULATION_DEFAULTS, type SimulationConfig } from './simulator/config.js';
export { describeEffect, type ExposureEffect } from './simulator/effect.js';
export type {
  ExposureOfBlock,
  ExposureOfPair,
  FeatureRow,
  ItemBlock,
  PairContext,
} from './simulator/exposure/custom.js';
export type { ExposureContext, ExposureDefinition, ExposureRows } from './simulator/exposure/exposure.js';
export { bundleExposure } from './simulator/exposure/load.js';
export { exposureFunctions } from './simulator/exposure/registry.js';
export { type InMemorySimulation, type SimulatedClicks, simulateInMemory } from './simulator/in_memory.js';
export { type Inspection, inspect } from './simulator/inspect.js';
export { obpFeedback } from './simulator/obp.js';
export { drawShard, joinShards } from './simulator/shards.js';
export { type SimulationOptions, type SimulationSummary, simulate } from './simulator/simulate.js';
export { World } from './simulator/world.js';
export { readWorld } from './simulator/world_files.js';
export type { Volume } from './simulator/world_maker.js';
export type { DrawnUser, WorldState } from './simulator/world_state.js';
export { UserError } from './support/errors.js';
export { OutputFolder, writeFolder } from './support/output.js';
export { type Progress, silent } from './support/progress.js';
