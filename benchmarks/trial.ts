import { ParameterFactory, WasmKernels } from '../compute/index.js';
import { type Interactions, TEST, TRAIN, userItems, VALIDATION } from '../datasets/interactions.js';
import { implicitBatches } from '../models/batches.js';
import type { Model, ModelSize } from '../models/model.js';
import { models } from '../models/registry.js';
import { type EpochRecord, type TrainerSettings, type TrainingRecord, train } from '../models/trainer.js';
import { type EvaluationSettings, Evaluator, type UnbiasedSettings } from './evaluation.js';
import type { Metrics } from './metrics.js';

/** One model trained once on one data set. Everything that its result depends on, besides the data. */
export interface TrialSettings {
  readonly model: string;
  readonly dim: number;
  readonly trainer: TrainerSettings;
  readonly evaluation: EvaluationSettings;
  readonly unbiased: UnbiasedSettings;
}

export interface TrialResult {
  /** Epoch whose weights were kept; absent for models without training. */
  readonly bestEpoch: number | undefined;
  readonly epochs: readonly EpochRecord[];
  readonly validation: Metrics;
  readonly standard: Metrics;
  /** Only for simulated data; `size` is the effective number of test items. */
  readonly unbiased: { readonly metrics: Metrics; readonly size: number } | undefined;
}

/** A trained model with the memory that it lives in. */
export interface TrainedModel {
  readonly kernels: WasmKernels;
  readonly model: Model;
  readonly size: ModelSize;
}

/**
 * Trains a model on the train part, choosing the epoch by validation Hit@10, and evaluates it on the test part. Deterministic
 * given data and settings. Throws UserError for an unknown model, DivergedError where training diverges.
 */
export async function runTrial(
  data: Interactions,
  settings: TrialSettings,
  onEpoch?: (record: EpochRecord) => void,
): Promise<{ result: TrialResult; trained: TrainedModel }> {
  const definition = models.get(settings.model);
  const kernels = new WasmKernels();
  const size: ModelSize = { users: data.userIds.length, items: data.itemIds.length, dim: settings.dim };
  const model = definition.create(kernels, new ParameterFactory(kernels, settings.trainer.seed), size);
  const validation = await Evaluator.create(kernels, data, VALIDATION, settings.evaluation);
  let record: TrainingRecord | undefined;
  if (model.fit)
    model.fit(
      userItems(data, (row) => data.split?.[row] === TRAIN),
      settings.trainer.seed,
    );
  else {
    record = await train(
      kernels,
      model,
      size,
      {
        source: implicitBatches(kernels, data, settings.trainer),
        loss: (tape, logits, labels) => tape.crossEntropy(logits, labels),
        validate: async () => validation.standard(await validation.rank(model))['hit@10'],
        ...(onEpoch && { onEpoch }),
      },
      settings.trainer,
    );
  }
  const test = await Evaluator.create(kernels, data, TEST, settings.evaluation);
  const ranks = await test.rank(model);
  const result: TrialResult = {
    bestEpoch: record?.best.epoch,
    epochs: record?.epochs ?? [],
    validation: validation.standard(await validation.rank(model)),
    standard: test.standard(ranks),
    unbiased: test.unbiased(ranks, settings.unbiased),
  };
  return { result, trained: { kernels, model, size } };
}
