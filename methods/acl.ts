import { Tape } from '../compute/index.js';
import type { ModelDefinition } from '../models/model.js';
import { clickBatches } from '../models/plain_training.js';
import { freshModel, type TrainContext } from '../propensities/context.js';
import { type ModelCatalogue, propensityNamed } from '../propensities/registry.js';
import { UserError } from '../support/errors.js';
import { aloneStages, alpha, ownStage, rate, rateG } from './axes.js';
import { GAME_DEFAULTS, trainAdversarial } from './game.js';
import type { MethodDefinition, Trained } from './method.js';
import { playersOf, refuseUnweightable } from './players.js';
import { game, trainedG, trainerOf, trainerOfG, weightedSettings } from './settings.js';
import { exposedInTraining } from './shown.js';

const settings = weightedSettings({ outcome: 'y', beta: 'learned', weights: 'raw', leastG: 0.1 })
  .extend(trainedG)
  .extend({
    alpha: game.alpha.default(GAME_DEFAULTS.alpha),
    discount: game.discount.default(GAME_DEFAULTS.discount),
    discountG: game.discountG.default(GAME_DEFAULTS.discountG),
    alternate: game.alternate.default(GAME_DEFAULTS.alternate),
    prefit: game.prefit.default(GAME_DEFAULTS.prefit),
    game: game.game.default(GAME_DEFAULTS.game),
    regularizer: game.regularizer.default(GAME_DEFAULTS.regularizer),
    stop: game.stop.default(GAME_DEFAULTS.stop),
  });

/** Adversarial counterfactual learning: f and g against one another; see `trainAdversarial`. */
export const acl: MethodDefinition = {
  name: 'ACL',
  summary: 'f and an exposure model g against one another',
  grammar: 'ACL:f/g, such as ACL:GMF/GMF: f against g',
  parse(rest, catalogue) {
    const text = `ACL:${rest}`;
    const [first, second] = playersOf('ACL', rest, 'GMF', true);
    const f = catalogue.models.get(first);
    refuseUnweightable(text, 'ACL', f);
    if (f.loss) throw new UserError(`"${text}": ACL weights a loss of single rows, which ${f.name} does not have`);
    const g = learning(text, f, second, catalogue);
    const label = `ACL:${f.name}/${g.name}`;
    return {
      ...{ kind: 'ACL', text: label, label, settings },
      players: g.name === f.name ? [f] : [f, g],
      remedy: 'lower --rate or --rate-g, or raise --least-g',
      needs: ({ regularizer }) => [
        ...(f.needs ?? []),
        ...(g.needs ?? []),
        ...(regularizer === 'exposure'
          ? [{ what: 'exposures' as const, why: 'the regularizer "exposure" needs pairs known to be exposed' }]
          : []),
      ],
      tuning: [...aloneStages(f, g), ownStage(text, [rate, rateG, alpha])],
      train: (context) => trainGame(context, f, g),
    };
  },
};

/** g by name. Throws UserError for one that does not learn. */
function learning(text: string, f: ModelDefinition, name: string, catalogue: ModelCatalogue): ModelDefinition {
  const { models, propensities } = catalogue;
  if (propensities.has(name)) {
    const fixed = propensities.get(name).name;
    throw new UserError(
      `"${text}": in ACL both sides learn, and ${fixed} does not; did you mean PS:${f.name}/${fixed}?`,
    );
  }
  try {
    return models.get(propensityNamed(name, catalogue).name);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`"${text}": ${error.message}`) : error;
  }
}

async function trainGame(context: TrainContext, fOf: ModelDefinition, gOf: ModelDefinition): Promise<Trained> {
  const { kernels, data, size, seed, train, scorers, onEpoch } = context;
  const chosen = settings.parse(context.settings);
  const trainer = trainerOf(chosen, seed);
  const f = freshModel(context, fOf);
  const g = freshModel(context, gOf, 'exposure ');
  const [scorer, scorerG] = [scorers.of(f), scorers.of(g)];
  const { record, G } = await trainAdversarial(
    kernels,
    { f, g, size },
    {
      source: clickBatches(kernels, data, trainer, [f, g]),
      train,
      exposed: exposedInTraining(data),
      validate: () => context.validate(scorer),
      validateG: async () => (await context.validate(scorerG))[0] as number,
      onEpoch: (epoch) => onEpoch?.(epoch, 'f'),
    },
    { f: trainer, g: trainerOfG(chosen, trainer) },
    chosen,
    chosen,
  );
  const propensity = G.asPropensity(scorers, {
    logits: (pairs) => g.forward(new Tape(kernels), pairs).value,
    history: g.history,
  });
  return { scorer, model: f, record, exposure: { propensity, scorer: scorerG } };
}
