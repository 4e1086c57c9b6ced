import type { Kernels } from '../compute/index.js';
import type { Interactions } from '../datasets/interactions.js';
import { type BatchSource, implicitBatches } from './batches.js';
import type { RowLoss } from './losses.js';
import type { Model, ModelSize } from './model.js';
import { sequenceBatches } from './sequences.js';
import { type Criteria, type EpochRecord, type TrainerSettings, type TrainingRecord, train } from './trainer.js';

/** Trains a model for itself, on clicks against sampled items. Throws DivergedError. */
export function trainOnClicks(
  context: {
    readonly kernels: Kernels;
    readonly data: Interactions;
    readonly size: ModelSize;
    validate(): Promise<Criteria>;
  },
  model: Model,
  losses: RowLoss,
  trainer: TrainerSettings,
  onEpoch?: (record: EpochRecord) => void,
): Promise<TrainingRecord> {
  const { kernels, data, size, validate } = context;
  return train(
    kernels,
    model,
    size,
    {
      source: clickBatches(kernels, data, trainer, [model]),
      objective: (tape, scores, batch, pairs) => tape.mean(losses(tape, scores, batch, pairs)),
      validate,
      onEpoch,
    },
    trainer,
  );
}

/** Batches of clicks and negatives: with histories where one of the players reads them. */
export function clickBatches(
  kernels: Kernels,
  data: Interactions,
  trainer: TrainerSettings,
  players: readonly { readonly history?: number | undefined }[],
): BatchSource {
  const length = players.find(({ history }) => history !== undefined)?.history;
  return length === undefined
    ? implicitBatches(kernels, data, trainer)
    : sequenceBatches(kernels, data, trainer, length);
}
