/**
 * expobench as a library. The layers, from the ground up: compute (tensors, kernels, tape), datasets and models, simulator and
 * benchmarks, results.
 */
export * from './benchmarks/evaluation.js';
export * from './benchmarks/metrics.js';
export { suites } from './benchmarks/suites/registry.js';
export type * from './benchmarks/suites/suite.js';
export { type SweepOptions, sweep } from './benchmarks/sweep.js';
export { runTrial, type TrainedModel, type TrialResult, type TrialSettings } from './benchmarks/trial.js';
export * from './compute/index.js';
export * from './datasets/filter.js';
export * from './datasets/interactions.js';
export { openRatings, openSplit } from './datasets/open.js';
export * from './datasets/planted.js';
export { type Origin, prepareInteractions, writePrepared } from './datasets/prepare.js';
export { type ReadOptions, readInteractions } from './datasets/reader.js';
export { datasets } from './datasets/registry.js';
export { type SplitOptions, type SplitRule, splitInteractions } from './datasets/split.js';
export { readFolder, readManifest } from './datasets/store.js';
export { explicitBatches, implicitBatches } from './models/batches.js';
export type { Model, ModelDefinition, ModelSize, Pairs } from './models/model.js';
export { models } from './models/registry.js';
export { readModel, writeModel } from './models/store.js';
export { DivergedError, TRAINER_DEFAULTS, type TrainerSettings, type TrainingRecord, train } from './models/trainer.js';
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
export { type SimulationOptions, type SimulationSummary, simulate } from './simulator/simulate.js';
export { type DrawnUser, readWorld, World, type WorldState } from './simulator/world.js';
export { UserError } from './support/errors.js';
export { OutputFolder, writeFolder } from './support/output.js';
export { type Progress, silent } from './support/progress.js';
