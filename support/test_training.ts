import { type Kernels, ParameterFactory } from '../compute/index.js';
import { crossEntropy } from '../models/losses.js';
import { createModel } from '../models/registry.js';
import { TRAINER_DEFAULTS, train } from '../models/trainer.js';

/** For tests: four epochs of MLP on a few made-up batches, to see what a backend does meanwhile. */
export async function trainSmall(kernels: Kernels, onEpoch: () => void): Promise<void> {
  const size = { users: 30, items: 40, dim: 8 };
  const model = createModel('MLP', kernels, new ParameterFactory(kernels, 1), size);
  const batches = Array.from({ length: 5 }, (_, b) => ({
    users: kernels.tensor(Int32Array.from({ length: 60 }, (_, r) => (r * 7 + b) % 30)),
    items: kernels.tensor(Int32Array.from({ length: 60 }, (_, r) => (r * 11 + b) % 40)),
    labels: kernels.tensor(Float32Array.from({ length: 60 }, (_, r) => Number(r % 3 === 0))),
    wide: 3,
  }));
  let validations = 0;
  await train(
    kernels,
    model,
    size,
    {
      source: { batches: 5, beginEpoch() {}, batch: (b) => batches[b] as (typeof batches)[number] },
      objective: (tape, scores, batch) => tape.mean(crossEntropy(tape, scores, batch)),
      // Better every time: where it told nothing, the weights of a second epoch would be kept as well.
      validate: async () => ++validations,
      onEpoch,
    },
    { ...TRAINER_DEFAULTS, epochs: 4, patience: 9 },
  );
}
