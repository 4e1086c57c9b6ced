import { trainRecords } from '../datasets/known.js';
import { crossEntropyLoss } from '../models/losses.js';
import type { ModelDefinition } from '../models/model.js';
import { trainOnClicks } from '../models/plain_training.js';
import { modelSettings } from '../models/registry.js';
import { type FlatSettings, freshModel, type TrainContext } from '../propensities/context.js';
import { type ModelCatalogue, propensityNamed } from '../propensities/registry.js';
import { ownStage, plainAxes } from './axes.js';
import type { Method, MethodDefinition, Trained } from './method.js';
import { weighted } from './ps.js';
import { plainSettings, trainerOf } from './settings.js';

/** A model by itself: trained on clicks against sampled items by its own loss, or computed in closed form. */
export const plain: MethodDefinition = {
  name: 'plain',
  summary: 'a model trained for itself',
  grammar: 'f, such as GMF: a model trained for itself',
  parse(text, catalogue) {
    const f = catalogue.models.get(text);
    return f.loss?.learnsFrom === 'ratings' ? ofRatings(f, catalogue) : ofClicks(f, catalogue);
  },
};

/** The propensity that a model's loss is made of, by its own setting. */
function propensityIn(f: ModelDefinition, { set }: FlatSettings): string | undefined {
  const name = f.loss?.propensitySetting;
  return name === undefined ? undefined : String(modelSettings(f, set?.[f.name])[name]);
}

function ofClicks(f: ModelDefinition, catalogue: ModelCatalogue): Method {
  return {
    ...{ kind: 'plain', text: f.name, label: f.name, settings: plainSettings, players: [f] },
    remedy: f.trained ? 'lower --rate' : (f.remedy ?? 'look for what is odd in the data'),
    needs(settings) {
      const propensity = propensityIn(f, settings);
      return [...(f.needs ?? []), ...(propensity === undefined ? [] : propensityNamed(propensity, catalogue).needs)];
    },
    tuning: [ownStage(f.name, plainAxes(f))],
    train: (context) => trainPlain(context, f, catalogue),
  };
}

async function trainPlain(context: TrainContext, f: ModelDefinition, catalogue: ModelCatalogue): Promise<Trained> {
  const { kernels, seed, train, scorers, onEpoch } = context;
  const settings = plainSettings.parse(context.settings);
  const model = freshModel(context, f);
  const scorer = scorers.of(model);
  if (model.fit) {
    await model.fit(model.fitsRecords ? trainRecords(context.data) : train, seed);
    return { scorer, model };
  }
  const trainer = trainerOf(settings, seed);
  const propensity = propensityIn(f, context.settings);
  const divisor =
    propensity === undefined
      ? undefined
      : await propensityNamed(propensity, catalogue).create(context, trainer, 'exposure ');
  const losses = (f.loss ?? crossEntropyLoss).create({
    kernels,
    data: context.data,
    negatives: trainer.negatives,
    settings: modelSettings(f, context.settings.set?.[f.name]),
    propensity: divisor?.probabilities,
  });
  const record = await trainOnClicks(
    { ...context, validate: () => context.validate(scorer) },
    model,
    losses,
    trainer,
    (epoch) => onEpoch?.(epoch, 'f'),
  );
  return { scorer, model, record };
}

/** A model of ratings is PS by itself: weighted by the inverse of the propensity that its setting names (Schnabel et al. 2016). */
function ofRatings(f: ModelDefinition, catalogue: ModelCatalogue): Method {
  return weighted(f, catalogue, (settings) => propensityNamed(propensityIn(f, settings) ?? 'Pop', catalogue), f.name);
}
