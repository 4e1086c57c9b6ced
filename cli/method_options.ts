import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import type { UnbiasedSettings } from '../benchmarks/estimates.js';
import type { MethodSettings } from '../benchmarks/method.js';
import type { TrialSettings } from '../benchmarks/trial.js';
import type { Interactions } from '../datasets/interactions.js';
import { openSplit } from '../datasets/open.js';
import { ALTERNATIONS, GAMES, type GameSettings, REGULARIZERS, STOPS } from '../models/adversarial.js';
import { BETAS, OUTCOME_FORMS, type PropensitySettings, WEIGHED, WEIGHTS } from '../models/propensity.js';
import { models } from '../models/registry.js';
import { TRAINER_DEFAULTS, type TrainerSettings } from '../models/trainer.js';
import { readWorld, type WorldState } from '../simulator/world.js';
import { UserError } from '../support/errors.js';
import { checkNumber, plantedOptionsOf, type ReadingArguments, readOptionsOf } from './options.js';

/** What `--model` and `--models` take. */
export const methodHelp = `${models.all.map(({ name, summary }) => `${name}: ${summary}`).join('\n')}
PS:f/g, such as PS:GMF/Pop: f weighted by 1 / G of a fixed g (Pop, oracle, or a model)
ACL:f/g, such as ACL:GMF/GMF: f against g`;

/** Options of every verb that trains. */
export function trainerOptions<T>(argv: Argv<T>) {
  const group = 'Training:';
  const settings = models.all.flatMap(({ name, settings: schema }) =>
    Object.entries(schema?.safeParse({}).data ?? {}).map(([key, value]) => `${name}.${key}=${value}`),
  );
  return argv
    .option('dim', { type: 'number', default: 32, describe: 'width of the hidden factors', group })
    .option('rate', { type: 'number', default: TRAINER_DEFAULTS.rate, describe: 'learning rate of Adam', group })
    .option('l2', { type: 'number', default: TRAINER_DEFAULTS.l2, describe: 'weight of l2 in the objective', group })
    .option('batch', { type: 'number', default: TRAINER_DEFAULTS.batch, describe: 'positives in a batch', group })
    .option('negatives', {
      type: 'number',
      default: TRAINER_DEFAULTS.negatives,
      describe: 'sampled negatives a positive',
      group,
    })
    .option('epochs', { type: 'number', default: TRAINER_DEFAULTS.epochs, describe: 'most epochs', group })
    .option('patience', {
      type: 'number',
      default: TRAINER_DEFAULTS.patience,
      describe: 'epochs without a better validation Hit@10 before stopping',
      group,
    })
    .option('set', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: `a model's own setting, MODEL.NAME=VALUE [${settings.join(', ')}]`,
      group,
    });
}

/** Options of G_beta and of the game, and of evaluation. Those without a default have one that depends on the method. */
export function methodOptions<T>(argv: Argv<T>) {
  const G = 'Exposure model (PS and ACL):';
  const game = 'Game (ACL):';
  const evaluation = 'Evaluation:';
  return argv
    .option('outcome', { choices: OUTCOME_FORMS, describe: 'how the feedback y enters G [y]', group: G })
    .option('beta', { choices: BETAS, describe: 'b0, b1, b2 of G [learned]', group: G })
    .option('weights', { choices: WEIGHTS, describe: '1 / G, or divided by its mean in the batch [raw]', group: G })
    .option('weighed', { choices: WEIGHED, describe: 'rows that are weighted by 1 / G [all]', group: G })
    .option('least-g', { type: 'number', describe: 'least G to divide by [PS 0.01, ACL 0.1]', group: G })
    .option('rate-g', { type: 'number', describe: 'learning rate of g [--rate]', group: G })
    .option('l2-g', { type: 'number', describe: 'l2 of g [--l2]', group: G })
    .option('alpha', { type: 'number', describe: "weight of g's regularizer [1]", group: game })
    .option('regularizer', { choices: REGULARIZERS, describe: 'what g pays for [feedback]', group: game })
    .option('game', {
      choices: GAMES,
      describe: "the paper's objective of g, or the authors' hinge [paper]",
      group: game,
    })
    .option('alternate', { choices: ALTERNATIONS, describe: 'f and g take turns by step or epoch [step]', group: game })
    .option('prefit', { type: 'number', describe: 'epochs of plain training of g before the game [0]', group: game })
    .option('discount', { type: 'number', describe: "f's rate is divided by this after each epoch [1]", group: game })
    .option('discount-g', { type: 'number', describe: "g's rate likewise [1]", group: game })
    .option('stop', {
      choices: STOPS,
      describe: 'on validation, or on the objective standing still [validation]',
      group: game,
    })
    .option('candidates', {
      type: 'number',
      default: 100,
      describe: 'sampled items to rank a test item among; 0 for all',
      group: evaluation,
    })
    .option('unbiased-weight', {
      choices: ['relevance/exposure', '1/exposure'] as const,
      default: 'relevance/exposure' as const,
      describe: 'weight of a test item in unbiased evaluation',
      group: evaluation,
    })
    .option('clip', {
      type: 'number',
      default: 0,
      describe: 'least probability to divide by in weighted evaluation',
      group: evaluation,
    })
    .option('normalisation', {
      choices: ['self-normalised', 'plain'] as const,
      default: 'self-normalised' as const,
      describe: 'divide weighted sums by the sum of weights, or by the number of test items',
      group: evaluation,
    })
    .option('propensity-model', {
      type: 'string',
      describe: 'a model trained for itself by whose probabilities metrics are debiased, too',
      group: evaluation,
    })
    .option('bootstrap', {
      type: 'number',
      default: 1000,
      describe: 'resamples of users for confidence intervals; 0 for none',
      group: evaluation,
    })
    .option('full', {
      type: 'boolean',
      default: true,
      describe: 'also score every item: coverage, Gini, popularity of lists and, in simulated data, the oracle',
      group: evaluation,
    });
}

export interface TrainingArguments extends TrainerSettings {
  readonly dim: number;
  readonly set: readonly string[];
  readonly outcome?: PropensitySettings['outcome'];
  readonly beta?: PropensitySettings['beta'];
  readonly weights?: PropensitySettings['weights'];
  readonly weighed?: PropensitySettings['weighed'];
  readonly leastG?: number;
  readonly alpha?: number;
  readonly rateG?: number;
  readonly l2G?: number;
  readonly discount?: number;
  readonly discountG?: number;
  readonly alternate?: GameSettings['alternate'];
  readonly prefit?: number;
  readonly game?: GameSettings['game'];
  readonly regularizer?: GameSettings['regularizer'];
  readonly stop?: GameSettings['stop'];
  readonly candidates: number;
  readonly unbiasedWeight: UnbiasedSettings['weight'];
  readonly clip: number;
  readonly normalisation: UnbiasedSettings['normalisation'];
  readonly propensityModel?: string;
  readonly bootstrap: number;
  readonly full: boolean;
}

/** Everything of a trial besides the method's name, checked. */
export type TrainingChoices = Omit<TrialSettings, 'model'>;

export function trainingOf(argv: TrainingArguments): TrainingChoices {
  const { dim, rate, l2, batch, negatives, epochs, patience, candidates, clip, seed } = argv;
  checkNumber('dim', dim, 1, 1024, true);
  checkNumber('rate', rate, 1e-8, 10);
  checkNumber('l2', l2, 0);
  checkNumber('batch', batch, 1, 1e6, true);
  checkNumber('negatives', negatives, 1, 255, true);
  checkNumber('epochs', epochs, 1, 1e5, true);
  checkNumber('patience', patience, 1, 1e5, true);
  checkNumber('candidates', candidates, 0, 1e6, true);
  checkNumber('clip', clip, 0, 1);
  checkNumber('bootstrap', argv.bootstrap, 0, 1e6, true);
  const { propensityModel, bootstrap, full } = argv;
  if (propensityModel !== undefined) {
    const definition = models.get(propensityModel);
    if (!definition.trained || definition.loss !== undefined)
      throw new UserError(
        `--propensity-model ${definition.name} gives no probability: name a model trained by cross-entropy`,
      );
  }
  return {
    dim,
    trainer: { rate, l2, batch, negatives, epochs, patience, seed },
    method: methodSettingsOf(argv),
    evaluation: { candidates, seed },
    unbiased: { weight: argv.unbiasedWeight, clip, normalisation: argv.normalisation },
    report: { bootstrap, full, ...(propensityModel !== undefined && { propensityModel }) },
  };
}

function methodSettingsOf(argv: TrainingArguments): MethodSettings {
  checkNumber('least-g', argv.leastG, 1e-6, 1);
  checkNumber('rate-g', argv.rateG, 1e-8, 10);
  checkNumber('l2-g', argv.l2G, 0);
  checkNumber('alpha', argv.alpha, 0);
  checkNumber('discount', argv.discount, 1);
  checkNumber('discount-g', argv.discountG, 1);
  checkNumber('prefit', argv.prefit, 0, 1e5, true);
  const { outcome, beta, weights, weighed, leastG } = argv;
  const { alpha, rateG, l2G, discount, discountG, alternate, prefit, game, regularizer, stop } = argv;
  if (beta === 'fitted' && outcome !== undefined && outcome !== 'none')
    throw new UserError(
      `--beta fitted fits G to the feedback, so that --outcome ${outcome} would let it predict itself: use --outcome none`,
    );
  const settings = given<MethodSettings>({
    models: modelSettingsOf(argv.set),
    propensity: given<PropensitySettings>({ outcome, beta, weights, weighed, leastG }),
    exposureTrainer: given<{ rate: number; l2: number }>({ rate: rateG, l2: l2G }),
    game: given<GameSettings>({ alpha, discount, discountG, alternate, prefit, game, regularizer, stop }),
  });
  return settings ?? {};
}

/** What was given, or undefined where nothing was. */
function given<T extends object>(options: { [Key in keyof T]: T[Key] | undefined }): Partial<T> | undefined {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return entries.length > 0 ? (Object.fromEntries(entries) as Partial<T>) : undefined;
}

/** Reads `--set MODEL.NAME=VALUE`. */
function modelSettingsOf(pairs: readonly string[]): MethodSettings['models'] {
  const out: Record<string, Record<string, number>> = {};
  for (const pair of pairs) {
    const [, name, setting, value] = /^([^.=]+)\.([^=]+)=(.+)$/.exec(pair) ?? [];
    if (name === undefined || setting === undefined || Number.isNaN(Number(value)))
      throw new UserError(`--set "${pair}" is not understood: write MODEL.NAME=VALUE, e.g. --set Attn.heads=2`);
    const model = models.get(name).name;
    out[model] = { ...out[model], [setting]: Number(value) };
  }
  return Object.keys(out).length > 0 ? out : undefined;
}

/** Data to train and evaluate on, and the truth behind it where it was simulated. */
export async function openTrialData(
  reference: string,
  argv: ReadingArguments & Pick<TrainingArguments, 'regularizer'>,
): Promise<{ data: Interactions; world: WorldState | undefined }> {
  const exposed = argv.regularizer === 'exposure';
  const data = await openSplit(reference, readOptionsOf(argv), plantedOptionsOf(argv), { exposed });
  const world = existsSync(join(reference, 'world.json')) ? (await readWorld(reference)).state : undefined;
  return { data, world };
}
