import { z } from 'zod';
import type { SettingOwner } from '../models/registry.js';
import { TRAINER_DEFAULTS, type TrainerSettings } from '../models/trainer.js';
import type { FlatSettings } from '../propensities/context.js';
import { choice, number, whole } from '../support/schema.js';
import { BETAS, type GBetaSettings, OUTCOME_FORMS, WEIGHED, WEIGHTS } from './g_beta.js';
import { ALTERNATIONS, GAMES, REGULARIZERS, STOPS } from './game.js';
import type { Method } from './method.js';

/** What gradient descent looks at. */
export const training = {
  dim: whole(1, 1024).describe('width of the hidden factors'),
  rate: number(1e-8, 10).describe('learning rate of Adam'),
  l2: number(0).describe('weight of l2 in the objective'),
  batch: whole(1, 1e6).describe('positives in a batch'),
  negatives: whole(1, 255).describe('sampled negatives a positive'),
  epochs: whole(1, 1e5).describe('most epochs'),
  patience: whole(1, 1e5).describe('epochs without a better validation Hit@10 before stopping'),
  set: z
    .record(z.string(), z.record(z.string(), z.union([z.number(), z.string()], 'must be a number or a word')))
    .describe("models' own settings, by the model's name"),
};

/** What G_beta looks at. */
export const exposureModel = {
  outcome: choice(OUTCOME_FORMS).describe('how the feedback y enters G [y]'),
  beta: choice(BETAS).describe('b0, b1, b2 of G [learned]'),
  weights: choice(WEIGHTS).describe('1 / G, or divided by its mean in the batch [raw]'),
  weighed: choice(WEIGHED).describe('rows that are weighted by 1 / G [all]'),
  leastG: number(1e-6, 1).describe('least G to divide by [PS 0.01, ACL 0.1]'),
  rateG: number(1e-8, 10).describe('learning rate of g [--rate]'),
  l2G: number(0).describe('l2 of g [--l2]'),
};

/** What the game of ACL looks at. */
export const game = {
  alpha: number(0).describe("weight of g's regularizer [1]"),
  regularizer: choice(REGULARIZERS).describe('what g pays for [feedback]'),
  game: choice(GAMES).describe("the paper's objective of g, or the authors' hinge [paper]"),
  alternate: choice(ALTERNATIONS).describe('f and g take turns by step or epoch [step]'),
  prefit: whole(0, 1e5).describe('epochs of plain training of g before the game [0]'),
  discount: number(1).describe("f's rate is divided by this after each epoch [1]"),
  discountG: number(1).describe("g's rate likewise [1]"),
  stop: choice(STOPS).describe('on validation, or on the objective standing still [validation]'),
};

const { seed: _, ...trainerDefaults } = TRAINER_DEFAULTS;

/** Defaults of what every method looks at. */
export const TRAINING_DEFAULTS = { dim: 32, ...trainerDefaults } as const;

const { dim, rate, l2, batch, negatives, epochs, patience } = TRAINING_DEFAULTS;

/** Settings of a model that is trained for itself, or computed in closed form. */
export const plainSettings = z.object({
  dim: training.dim.default(dim),
  rate: training.rate.default(rate),
  l2: training.l2.default(l2),
  batch: training.batch.default(batch),
  negatives: training.negatives.default(negatives),
  epochs: training.epochs.default(epochs),
  patience: training.patience.default(patience),
  set: training.set.default({}),
});
export type PlainSettings = z.infer<typeof plainSettings>;

/** Settings of what is weighted by 1 / G; the defaults depend on the method. */
export const weightedSettings = (defaults: Omit<GBetaSettings, 'weighed'>) =>
  plainSettings.extend({
    outcome: exposureModel.outcome.default(defaults.outcome),
    beta: exposureModel.beta.default(defaults.beta),
    weights: exposureModel.weights.default(defaults.weights),
    weighed: exposureModel.weighed.default('all'),
    leastG: exposureModel.leastG.default(defaults.leastG),
  });

/** The same where g is trained, too. */
export const trainedG = { rateG: exposureModel.rateG.optional(), l2G: exposureModel.l2G.optional() };

/** Settings of the trainer alone. */
export const trainerOf = (settings: PlainSettings, seed: number): TrainerSettings => ({
  rate: settings.rate,
  l2: settings.l2,
  batch: settings.batch,
  negatives: settings.negatives,
  epochs: settings.epochs,
  patience: settings.patience,
  seed,
});

/** Those of a g that is trained: f's, but for rate and l2 where they are said. */
export const trainerOfG = (
  { rateG, l2G }: { readonly rateG?: number | undefined; readonly l2G?: number | undefined },
  trainer: TrainerSettings,
): TrainerSettings => ({ ...trainer, rate: rateG ?? trainer.rate, l2: l2G ?? trainer.l2 });

/** Whose own settings a method takes. */
export const ownersOf = ({ players, own }: Pick<Method, 'players' | 'own'>): SettingOwner[] => [
  ...players,
  ...(own ? [own] : []),
];

/** The part of flat settings that a schema names, of models' own settings those of the players. */
export function concerning(method: Pick<Method, 'settings' | 'players' | 'own'>, given: FlatSettings): FlatSettings {
  const { settings } = method;
  const own = Object.entries(given.set ?? {}).filter(([name]) => ownersOf(method).some((owner) => owner.name === name));
  const named = Object.entries(given).filter(
    ([name, value]) => name in settings.shape && name !== 'set' && value !== undefined,
  );
  return { ...Object.fromEntries(named), ...(own.length > 0 && { set: Object.fromEntries(own) }) };
}
