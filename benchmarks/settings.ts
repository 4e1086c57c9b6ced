import { z } from 'zod';
import { BACKEND_CHOICES } from '../compute/index.js';
import { EVALUATION_DEFAULTS, type EvaluationSettings, evaluation } from '../evaluation/settings.js';
import type { MethodCatalogue } from '../methods/registry.js';
import { exposureModel, game, TRAINING_DEFAULTS, training } from '../methods/settings.js';
import { UserError } from '../support/errors.js';
import { choice } from '../support/schema.js';
import { builtIn } from './catalogue.js';
import type { TrialSettings } from './trial.js';

const { set: ofModels, ...steps } = training;
const backend = choice(BACKEND_CHOICES).describe(
  'what computes: wasm, the processor; webgpu, any GPU; tensorflow, CUDA by tfjs-node-gpu; auto, the fastest here',
);

/** The settings by what they are about, as help and documents group them. */
export const SETTING_GROUPS = {
  Training: { ...steps, backend, set: ofModels },
  'Exposure model (PS and ACL)': exposureModel,
  'Game (ACL)': game,
  Evaluation: evaluation,
} as const;

/** Everything that can be said of how a method is trained and evaluated: options of the command line, and settings in a suite's file. */
export const settingsSchema = z
  .strictObject({ ...SETTING_GROUPS.Training, ...exposureModel, ...game, ...evaluation })
  .partial()
  .describe('how methods are trained and evaluated; what is absent has a default');

/** Settings by name; what is absent has a default, which for some depends on the method. */
export type Settings = z.infer<typeof settingsSchema>;
export type SettingName = keyof Settings;
export const SETTING_NAMES = Object.keys(settingsSchema.shape) as SettingName[];

/** Defaults of the settings that have the same one for every method. */
export const SETTING_DEFAULTS = { ...TRAINING_DEFAULTS, backend: 'wasm', ...EVALUATION_DEFAULTS } as const;

/** Everything of a trial besides the method's name. */
export type TrainingChoices = Omit<TrialSettings, 'method'>;

/**
 * Checks settings and arranges them for a trial. `nameOf` says how the user calls a setting. Throws UserError for a value that is not
 * allowed.
 */
export function choicesOf(
  given: Settings,
  seed: number,
  nameOf: (setting: string) => string,
  { models, methods }: MethodCatalogue = builtIn,
): TrainingChoices {
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(`${nameOf(String(issue?.path[0]))} ${issue?.message}`);
  }
  const said = Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined)) as Settings;
  const { propensityModel, beta, outcome, backend: chosen = 'wasm' } = said;
  if (propensityModel !== undefined) {
    const { name, trained, loss } = models.get(propensityModel);
    if (!trained || loss)
      throw new UserError(
        `${nameOf('propensityModel')} ${name} gives no probability: name a model trained by cross-entropy`,
      );
  }
  if (beta === 'fitted' && outcome !== undefined && outcome !== 'none')
    throw new UserError(
      `${nameOf('beta')} fitted fits G to the feedback, so that ${nameOf('outcome')} ${outcome} would let it predict itself: use ${nameOf('outcome')} none`,
    );
  /** Models, and methods of the user's own, by the name that they are registered by. */
  const registered = (name: string): string => (methods.has(name) ? methods.get(name) : models.get(name)).name;
  const set = said.set && Object.fromEntries(Object.entries(said.set).map(([name, own]) => [registered(name), own]));
  const own: Record<string, unknown> = { ...(set && { set }) };
  const how: Record<string, unknown> = { ...EVALUATION_DEFAULTS, seed };
  for (const [name, value] of Object.entries(said)) {
    if (name in evaluation) how[name] = value;
    else if (name !== 'backend' && name !== 'set') own[name] = value;
  }
  return {
    settings: own,
    seed,
    evaluation: how as unknown as EvaluationSettings,
    ...(chosen !== 'wasm' && { backend: chosen }),
  };
}
