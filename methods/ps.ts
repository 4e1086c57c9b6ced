import { type Interactions, rowsWhere, TRAIN } from '../datasets/interactions.js';
import { explicitBatches } from '../models/batches.js';
import { crossEntropy, type RatingScale, ratingScale, standardisedSquaredError } from '../models/losses.js';
import type { ModelDefinition } from '../models/model.js';
import { clickBatches } from '../models/plain_training.js';
import { type Objective, train } from '../models/trainer.js';
import { type FlatSettings, freshModel, type TrainContext } from '../propensities/context.js';
import type { PropensityDefinition } from '../propensities/propensity.js';
import { type ModelCatalogue, propensityNamed } from '../propensities/registry.js';
import { UserError } from '../support/errors.js';
import { aloneStages, l2, ownStage, plainAxes, rate } from './axes.js';
import { GBeta } from './g_beta.js';
import type { Method, MethodDefinition, Trained } from './method.js';
import { playersOf, refuseUnweightable } from './players.js';
import { trainedG, trainerOf, trainerOfG, weightedSettings } from './settings.js';

/** Paper, A.6.4: g is fitted first and stays; then f, and beta, minimize mean(delta(Y, f) / G). */
export const ps: MethodDefinition = {
  name: 'PS',
  summary: 'weighted by 1 / G of a fixed exposure model g',
  grammar: 'PS:f/g, such as PS:GMF/Pop: f weighted by 1 / G of a fixed g (Pop, oracle, or a model)',
  parse(rest, catalogue) {
    const [first, second] = playersOf('PS', rest, 'Pop');
    const text = `PS:${rest}`;
    const f = catalogue.models.get(first);
    refuseUnweightable(text, 'PS', f);
    const g = named(text, second, catalogue);
    return weighted(f, catalogue, () => g, `PS:${f.name}/${g.name}`);
  },
};

function named(text: string, name: string, catalogue: ModelCatalogue): PropensityDefinition {
  try {
    return propensityNamed(name, catalogue);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`"${text}": ${error.message}`) : error;
  }
}

const forClicks = weightedSettings({ outcome: 'y', beta: 'learned', weights: 'raw', leastG: 0.01 });
/** Answers are no clicks: G says whether a rating was given, whatever it says, and levels differ. */
const forRatings = weightedSettings({ outcome: 'none', beta: 'fixed', weights: 'normalised', leastG: 0.01 });

/** f weighted by 1 / G of a propensity that is fixed, whichever the settings name. */
export function weighted(
  f: ModelDefinition,
  { models }: ModelCatalogue,
  propensityIn: (settings: FlatSettings) => PropensityDefinition,
  text: string,
): Method {
  const learnsRatings = f.loss?.learnsFrom === 'ratings';
  const fixed = propensityIn({});
  const g = fixed.isTrained ? models.get(fixed.name) : undefined;
  const base = learnsRatings ? forRatings : forClicks;
  const settings = g ? base.extend(trainedG) : base;
  return {
    ...{ kind: 'PS', text, label: text, settings },
    players: g && g.name !== f.name ? [f, g] : [f],
    remedy: g ? 'lower --rate, or --rate-g, or raise --least-g' : 'lower --rate, or raise --least-g',
    needs: (given) => [...(f.needs ?? []), ...propensityIn(given).needs],
    check({ beta, weighed }) {
      if (learnsRatings && (beta === 'fitted' || weighed === 'clicks'))
        throw new UserError(
          `${text}: --beta fitted and --weighed clicks speak of clicks, and ${f.name} learns from ratings`,
        );
    },
    tuning: g ? [...aloneStages(f, g), ownStage(text, [rate, l2])] : [ownStage(text, plainAxes(f))],
    bytes: ({ users, items }, given) => (propensityIn(given).name === 'oracle' ? 4 * users * items : 0),
    train: (context) => trainWeighted(context, f, propensityIn(context.settings), base),
  };
}

async function trainWeighted(
  context: TrainContext,
  definition: ModelDefinition,
  g: PropensityDefinition,
  schema: typeof forClicks,
): Promise<Trained> {
  const { kernels, data, size, seed, scorers, onEpoch } = context;
  const settings = schema.extend(trainedG).parse(context.settings);
  const trainer = trainerOf(settings, seed);
  const f = freshModel(context, definition);
  const scorer = scorers.of(f);
  const exposure = await g.create(context, trainerOfG(settings, trainer), 'exposure ');
  const G = new GBeta(kernels, settings, trainer.rate);
  const ratings = definition.loss?.learnsFrom === 'ratings' ? trainingRatings(data) : undefined;
  if (ratings) f.standardise?.(ratings.scale.mean, ratings.scale.deviation);
  const losses = ratings ? standardisedSquaredError(ratings.scale) : crossEntropy;
  const objective: Objective = (tape, scores, batch, pairs) => {
    const logits = exposure.logits(pairs);
    const value = G.of(tape, tape.constant(logits), batch.labels);
    G.observe(value.value, logits, batch.labels, ratings === undefined);
    return G.weightedMean(tape, losses(tape, scores, batch), G.weightsOf(tape, value, batch.labels));
  };
  const record = await train(
    kernels,
    f,
    size,
    {
      source: ratings
        ? explicitBatches(kernels, { ...data, rating: ratings.standardised }, ratings.rows, trainer)
        : clickBatches(kernels, data, trainer, [f, exposure]),
      objective,
      others: G.trained,
      kept: [G.beta],
      validate: () => context.validate(scorer),
      readExposure: () => G.read(),
      onEpoch: (epoch) => onEpoch?.(epoch, 'f'),
    },
    trainer,
  );
  return {
    ...{ scorer, model: f, record },
    exposure: {
      propensity: G.asPropensity(scorers, exposure),
      scorer: exposure.scorer,
      record: exposure.record,
    },
  };
}

/** The train part's ratings, standardised. */
function trainingRatings(data: Interactions): {
  readonly rows: Int32Array;
  readonly scale: RatingScale;
  readonly standardised: Float32Array;
} {
  const { rating } = data;
  if (!rating) throw new UserError(`"${data.name}" has no ratings to learn from`);
  const rows = rowsWhere(data.user.length, (row) => data.split?.[row] === TRAIN);
  const scale = ratingScale(rating, rows);
  return { rows, scale, standardised: Float32Array.from(rating, (value) => (value - scale.mean) / scale.deviation) };
}
