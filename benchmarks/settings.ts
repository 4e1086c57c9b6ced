import { z } from 'zod';
import { BACKEND_CHOICES } from '../compute/index.js';
import { ALTERNATIONS, GAMES, REGULARIZERS, STOPS } from '../models/adversarial.js';
import { BETAS, OUTCOME_FORMS, WEIGHED, WEIGHTS } from '../models/propensity.js';
import { models } from '../models/registry.js';
import { TRAINER_DEFAULTS } from '../models/trainer.js';
import { UserError } from '../support/errors.js';
import { UNBIASED_WEIGHTS } from './estimates.js';
import type { MethodSettings } from './method.js';
import type { TrialSettings } from './trial.js';

/** A number with its range; what is wrong with another one is said in words. */
function number(least: number, most = Number.POSITIVE_INFINITY, whole = false) {
  const range = most === Number.POSITIVE_INFINITY ? `at least ${least}` : `from ${least} to ${most}`;
  const error = `must be a ${whole ? 'whole ' : ''}number ${range}`;
  const bounded = z.number(error).min(least, error);
  const ranged = most === Number.POSITIVE_INFINITY ? bounded : bounded.max(most, error);
  return whole ? ranged.int(error) : ranged;
}
const whole = (least: number, most: number) => number(least, most, true);

function choice<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z.enum(names, `must be one of ${names.join(', ')}`);
}

const training = {
  dim: whole(1, 1024).describe('width of the hidden factors'),
  rate: number(1e-8, 10).describe('learning rate of Adam'),
  l2: number(0).describe('weight of l2 in the objective'),
  batch: whole(1, 1e6).describe('positives in a batch'),
  negatives: whole(1, 255).describe('sampled negatives a positive'),
  epochs: whole(1, 1e5).describe('most epochs'),
  patience: whole(1, 1e5).describe('epochs without a better validation Hit@10 before stopping'),
  backend: choice(BACKEND_CHOICES).describe(
    'what computes: wasm, the processor; webgpu, any GPU; tensorflow, CUDA by tfjs-node-gpu; auto, the fastest here',
  ),
  set: z
    .record(z.string(), z.record(z.string(), z.number('must be a number')))
    .describe("models' own settings, by the model's name"),
};

const exposureModel = {
  outcome: choice(OUTCOME_FORMS).describe('how the feedback y enters G [y]'),
  beta: choice(BETAS).describe('b0, b1, b2 of G [learned]'),
  weights: choice(WEIGHTS).describe('1 / G, or divided by its mean in the batch [raw]'),
  weighed: choice(WEIGHED).describe('rows that are weighted by 1 / G [all]'),
  leastG: number(1e-6, 1).describe('least G to divide by [PS 0.01, ACL 0.1]'),
  rateG: number(1e-8, 10).describe('learning rate of g [--rate]'),
  l2G: number(0).describe('l2 of g [--l2]'),
};

const game = {
  alpha: number(0).describe("weight of g's regularizer [1]"),
  regularizer: choice(REGULARIZERS).describe('what g pays for [feedback]'),
  game: choice(GAMES).describe("the paper's objective of g, or the authors' hinge [paper]"),
  alternate: choice(ALTERNATIONS).describe('f and g take turns by step or epoch [step]'),
  prefit: whole(0, 1e5).describe('epochs of plain training of g before the game [0]'),
  discount: number(1).describe("f's rate is divided by this after each epoch [1]"),
  discountG: number(1).describe("g's rate likewise [1]"),
  stop: choice(STOPS).describe('on validation, or on the objective standing still [validation]'),
};

const evaluation = {
  candidates: whole(0, 1e6).describe('sampled items to rank a test item among; 0 for all'),
  unbiasedWeight: choice(UNBIASED_WEIGHTS).describe('weight of a test item in unbiased evaluation'),
  clip: number(0, 1).describe('least probability to divide by in weighted evaluation'),
  normalisation: choice(['self-normalised', 'plain']).describe(
    'divide weighted sums by the sum of weights, or by the number of test items',
  ),
  propensityModel: z
    .string('must be the name of a model')
    .describe('a model trained for itself by whose probabilities metrics are debiased, too'),
  bootstrap: whole(0, 1e6).describe('resamples of users for confidence intervals; 0 for none'),
  full: z
    .boolean('must be true or false')
    .describe('also score every item: coverage, Gini, popularity of lists and, in simulated data, the oracle'),
};

/** The settings by what they are about, as help and documents group them. */
export const SETTING_GROUPS = {
  Training: training,
  'Exposure model (PS and ACL)': exposureModel,
  'Game (ACL)': game,
  Evaluation: evaluation,
} as const;

/** Everything that can be said of how a method is trained and evaluated: options of the command line, and settings in a suite's file. */
export const settingsSchema = z
  .strictObject({ ...training, ...exposureModel, ...game, ...evaluation })
  .partial()
  .describe('how methods are trained and evaluated; what is absent has a default');

/** Settings by name; what is absent has a default, which for some depends on the method. */
export type Settings = z.infer<typeof settingsSchema>;
export type SettingName = keyof Settings;
export const SETTING_NAMES = Object.keys(settingsSchema.shape) as SettingName[];

const { seed: _, ...trainerDefaults } = TRAINER_DEFAULTS;

/** Defaults of the settings that have the same one for every method. */
export const SETTING_DEFAULTS = {
  dim: 32,
  ...trainerDefaults,
  backend: 'wasm',
  candidates: 100,
  unbiasedWeight: '1/exposure',
  clip: 0,
  normalisation: 'self-normalised',
  bootstrap: 1000,
  full: true,
} as const satisfies Settings;

/** Settings with every default that does not depend on the method. */
type Complete = Settings & { readonly [Name in keyof typeof SETTING_DEFAULTS]: Exclude<Settings[Name], undefined> };

/** Everything of a trial besides the method's name. */
export type TrainingChoices = Omit<TrialSettings, 'model'>;

/**
 * Checks settings and arranges them for a trial. `nameOf` says how the user calls a setting. Throws UserError for a value that is not
 * allowed.
 */
export function choicesOf(given: Settings, seed: number, nameOf: (setting: string) => string): TrainingChoices {
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(`${nameOf(String(issue?.path[0]))} ${issue?.message}`);
  }
  const said = Object.entries(parsed.data).filter(([, value]) => value !== undefined);
  const settings: Complete = { ...SETTING_DEFAULTS, ...Object.fromEntries(said) };
  const { dim, rate, l2, batch, negatives, epochs, patience, candidates, clip, normalisation } = settings;
  const { unbiasedWeight: weight, propensityModel, bootstrap, full, backend } = settings;
  if (propensityModel !== undefined) {
    const definition = models.get(propensityModel);
    if (!definition.trained || definition.loss !== undefined)
      throw new UserError(
        `${nameOf('propensityModel')} ${definition.name} gives no probability: name a model trained by cross-entropy`,
      );
  }
  if (settings.beta === 'fitted' && settings.outcome !== undefined && settings.outcome !== 'none')
    throw new UserError(
      `${nameOf('beta')} fitted fits G to the feedback, so that ${nameOf('outcome')} ${settings.outcome} would let it predict itself: use ${nameOf('outcome')} none`,
    );
  return {
    dim,
    trainer: { rate, l2, batch, negatives, epochs, patience, seed },
    method: methodSettingsOf(settings),
    evaluation: { candidates, seed },
    unbiased: { weight, clip, normalisation },
    report: { bootstrap, full, ...(propensityModel !== undefined && { propensityModel }) },
    ...(backend !== 'wasm' && { backend }),
  };
}

function methodSettingsOf(settings: Settings): MethodSettings {
  const { set, outcome, beta, weights, weighed, leastG, rateG, l2G } = settings;
  const { alpha, discount, discountG, alternate, prefit, game, regularizer, stop } = settings;
  const named = Object.entries(set ?? {}).map(([model, own]) => [models.get(model).name, own] as const);
  const parts: MethodSettings = {
    models: named.length > 0 ? Object.fromEntries(named) : undefined,
    propensity: present({ outcome, beta, weights, weighed, leastG }),
    exposureTrainer: present({ rate: rateG, l2: l2G }),
    game: present({ alpha, discount, discountG, alternate, prefit, game, regularizer, stop }),
  };
  return present(parts) ?? {};
}

/** What was given, or undefined where nothing was. */
function present<T extends object>(options: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } | undefined {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return entries.length > 0
    ? (Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> })
    : undefined;
}
