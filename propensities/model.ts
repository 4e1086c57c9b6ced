import { Tape } from '../compute/index.js';
import { crossEntropy } from '../models/losses.js';
import type { ModelDefinition } from '../models/model.js';
import type { PairScores } from '../models/model_scorer.js';
import { trainOnClicks } from '../models/plain_training.js';
import { DivergedError } from '../models/trainer.js';
import { freshModel } from './context.js';
import type { PropensityDefinition } from './propensity.js';

/** A model that is trained for itself by cross-entropy: the probability of a click is taken for that of exposure. */
export const trainedPropensity = (definition: ModelDefinition): PropensityDefinition => ({
  name: definition.name,
  summary: `the probability of a click by ${definition.name}, trained for itself`,
  needs: definition.needs ?? [],
  isTrained: true,
  async create(context, trainer, prefix) {
    const { kernels, scorers, onEpoch } = context;
    const model = freshModel(context, definition, prefix);
    const scorer = scorers.of(model);
    const record = await trainOnClicks(
      { ...context, validate: () => context.validate(scorer) },
      model,
      crossEntropy,
      trainer,
      (epoch) => onEpoch?.(epoch, 'g'),
    ).catch((error: unknown): never => {
      throw error instanceof DivergedError
        ? new DivergedError(`its exposure model ${definition.name}: ${error.what}`)
        : error;
    });
    const logits: PairScores = (pairs) => model.forward(new Tape(kernels), pairs).value;
    const probabilities: PairScores = (pairs) => kernels.sigmoid(logits(pairs));
    return {
      ...{ name: definition.name, logits, probabilities, history: model.history, scorer, record },
      of: (question) => scorers.score(question, probabilities, model.history),
    };
  },
});
