/**
 * expobench as a library. The layers, from the ground up: compute (tensors, kernels, tape), datasets and models, simulator and
 * benchmarks, results.
 */
export * from './benchmarks/bootstrap.js';
export * from './benchmarks/comparison.js';
export * from './benchmarks/deployment.js';
export * from './benchmarks/estimates.js';
export * from './benchmarks/evaluation.js';
export type { FinishedTrial } from './benchmarks/finished.js';
export * from './benchmarks/full_pass.js';
export * from './benchmarks/method.js';
export * from './benchmarks/metrics.js';
export * from './benchmarks/oracle.js';
export { type Plan, type PlanOptions, planSuite } from './benchmarks/plan.js';
export type { Claim, Measure } from './benchmarks/replication/claim.js';
export { claims } from './benchmarks/replication/claims.js';
export { judgeClaims, suitesOf } from './benchmarks/replication/replicate.js';
export { StoppedError } from './benchmarks/runner.js';
export { SETTING_DEFAULTS, type Settings } from './benchmarks/settings.js';
export { chooseData, type OpenedData, openSuiteData } from './benchmarks/suite_data.js';
export { findSuite } from './benchmarks/suites/file.js';
export { suites } from './benchmarks/suites/registry.js';
export * from './benchmarks/suites/suite.js';
export { type SweepOptions, type SweepResult, sweep } from './benchmarks/sweep.js';
export { type TrainedMethod, type TrainingContext, trainMethod } from './benchmarks/training.js';
export type { Outcome } from './benchmarks/trial.js';
export {
  type ReportSettings,
  runTrial,
  type TrainedModel,
  type TrialContext,
  type TrialResult,
  type TrialSettings,
  validateSetting,
} from './benchmarks/trial.js';
export {
  STRATEGIES,
  type TriedSetting,
  type Tuned,
  type TuningOptions,
  tune,
  type Validated,
} from './benchmarks/tuning.js';
export { tuneOnWorkers } from './benchmarks/tuning_pool.js';
export * from './compute/index.js';
export * from './datasets/filter.js';
export * from './datasets/interactions.js';
export { isNcf, readNcf } from './datasets/ncf.js';
export { openRatings, openSplit } from './datasets/open.js';
export * from './datasets/planted.js';
export { type Origin, prepareInteractions, writePrepared } from './datasets/prepare.js';
export { type Profile, profileOf } from './datasets/profile.js';
export { type ReadOptions, type ReadResult, readInteractions } from './datasets/reader.js';
export { writeRecBole } from './datasets/recbole.js';
export { datasets } from './datasets/registry.js';
export { type SplitOptions, type SplitRule, splitInteractions } from './datasets/split.js';
export { readFolder, readManifest } from './datasets/store.js';
export { readUnbiased, unbiasedAt } from './datasets/unbiased.js';
export {
  GAME_DEFAULTS,
  type GameSettings,
  type GameTask,
  type Players,
  trainAdversarial,
} from './models/adversarial.js';
export { explicitBatches, implicitBatches } from './models/batches.js';
export * from './models/losses.js';
export type { Model, ModelDefinition, ModelSettings, ModelSize } from './models/model.js';
export { type PairColumns, type Pairs, pairsOf, type SequenceColumns, type Sequences } from './models/pairs.js';
export * from './models/propensity.js';
export { createModel, models } from './models/registry.js';
export { histories, sequenceBatches } from './models/sequences.js';
export { readModel, writeModel } from './models/store.js';
export { DivergedError, TRAINER_DEFAULTS, type TrainerSettings, type TrainingRecord, train } from './models/trainer.js';
export type { Judgement } from './results/claims.js';
export { diffTables, type TableDiff } from './results/diff.js';
export { readTables, type TableSet } from './results/read_tables.js';
export { reportOf } from './results/report/report.js';
export { type RunFolder, readRun } from './results/run_folder.js';
export * from './results/table.js';
export { type NoiseSpec, PRESETS, SIMULATION_DEFAULTS, type SimulationConfig } from './simulator/config.js';
export {
  bundleExposure,
  type ExposureOfBlock,
  type ExposureOfPair,
  type ItemBlock,
  type PairContext,
} from './simulator/exposure/custom.js';
export type { ExposureContext, ExposureDefinition, ExposureRows } from './simulator/exposure/exposure.js';
export { exposureFunctions } from './simulator/exposure/registry.js';
export { type Inspection, inspect } from './simulator/inspect.js';
export { obpFeedback } from './simulator/obp.js';
export { drawShard, joinShards } from './simulator/shards.js';
export { type SimulationOptions, type SimulationSummary, simulate } from './simulator/simulate.js';
export { type DrawnUser, readWorld, World, type WorldState } from './simulator/world.js';
export { UserError } from './support/errors.js';
export { OutputFolder, writeFolder } from './support/output.js';
export { type Progress, silent } from './support/progress.js';
