import { ParameterFactory, WasmKernels } from '../compute/index.js';
import type { Interactions } from '../datasets/interactions.js';
import { GAME_DEFAULTS, type GameSettings } from '../models/adversarial.js';
import type { Model, ModelDefinition, ModelSettings } from '../models/model.js';
import type { PropensitySettings } from '../models/propensity.js';
import { createModel, models } from '../models/registry.js';
import type { TrainerSettings } from '../models/trainer.js';
import { optionName, UserError } from '../support/errors.js';
import { unknownName } from '../support/registry.js';

/**
 * How a model is trained: plainly, on clicks against sampled items; on what was shown, clicks against what was shown and not clicked (Shown); with
 * weights 1 / G of a fixed exposure model (PS); or against one (ACL).
 */
export interface Method {
  readonly kind: 'plain' | 'Shown' | 'PS' | 'ACL';
  readonly f: ModelDefinition;
  /** The exposure model: Pop, oracle, or the name of a trained model; absent for training without one. */
  readonly g: string | undefined;
  /** As tables print it: "GMF", "Shown GMF", "PS GMF/Pop", "ACL GMF/GMF". */
  readonly label: string;
}

const KINDS = ['Shown', 'PS', 'ACL'] as const;

/** Whether a method, with its settings, needs to know which pairs were shown. */
export const needsExposures = ({ kind }: Method, { game }: MethodSettings): boolean =>
  kind === 'Shown' || (kind === 'ACL' && game?.regularizer === 'exposure');

/** The truth of a simulation as an exposure model. */
export const ORACLE = 'oracle';

const exposureModels = (): string[] => ['Pop', ORACLE, ...trainable().map(({ name }) => name)];
const trainable = (): ModelDefinition[] => models.all.filter(({ trained, loss }) => trained && loss === undefined);

/**
 * Reads a method's name: "GMF", "PS:GMF/Pop", "ACL:Attn/GMF"; without "/", ACL's g is of the same kind as f. Throws UserError for an
 * unknown name or a combination that makes no sense.
 */
export function parseMethod(text: string): Method {
  const [, prefix = '', rest = text] = /^([^:]*):(.*)$/.exec(text.trim()) ?? [];
  if (prefix === '') {
    const f = models.get(rest);
    return f.loss === 'rating'
      ? { kind: 'PS', f, g: 'Pop', label: f.name }
      : { kind: 'plain', f, g: undefined, label: f.name };
  }
  const kind = KINDS.find((name) => name.toLowerCase() === prefix.toLowerCase());
  if (!kind) throw new UserError(`"${text}": ${unknownName('method', prefix, KINDS)}; write e.g. ACL:GMF/GMF`);
  if (kind === 'Shown') return shown(text, rest);
  const [first = '', second = kind === 'ACL' ? first : undefined, ...more] = rest.split('/');
  if (second === undefined || more.length > 0)
    throw new UserError(
      `"${text}": write ${kind}:f/g with one model f and one exposure model g, e.g. ${kind}:GMF/${kind === 'PS' ? 'Pop' : 'GMF'}`,
    );
  const f = models.get(first);
  if (!f.trained || f.loss === 'pairwise' || f.loss === 'unbiased-relevance' || (f.loss === 'rating' && kind === 'ACL'))
    throw new UserError(`"${text}": ${kind} weights a loss of single rows, which ${f.name} does not have`);
  const known = exposureModels();
  const g = known.find((name) => name.toLowerCase() === second.toLowerCase());
  if (g === undefined) {
    const why = models.has(second)
      ? `${models.get(second).name} gives no probability`
      : unknownName('model', second, known);
    throw new UserError(`"${text}": the exposure model must be one of ${known.join(', ')}: ${why}`);
  }
  if (kind === 'ACL' && !isTrained(g))
    throw new UserError(`"${text}": in ACL both sides learn, and ${g} does not; did you mean PS:${f.name}/${g}?`);
  return { kind, f, g, label: `${kind} ${f.name}/${g}` };
}

function shown(text: string, name: string): Method {
  const f = models.get(name);
  if (!f.trained || f.loss !== undefined)
    throw new UserError(
      `"${text}": Shown trains by cross-entropy on what was shown, which ${f.name} does not: take one of ${trainable()
        .map((model) => model.name)
        .join(', ')}`,
    );
  return { kind: 'Shown', f, g: undefined, label: `Shown ${f.name}` };
}

/** Settings beyond those of plain training; what is absent has defaults. */
export interface MethodSettings {
  /** Models' own settings, by the model's name; for f and g alike. */
  readonly models?: Readonly<Record<string, ModelSettings>> | undefined;
  readonly propensity?: Partial<PropensitySettings> | undefined;
  /** Of a trained g; f's where nothing else is said. */
  readonly exposureTrainer?: { readonly rate?: number | undefined; readonly l2?: number | undefined } | undefined;
  readonly game?: Partial<GameSettings> | undefined;
}

/** What to change where a method's numbers are none. */
export function remedyOf({ kind, f, g }: Method): string {
  if (!f.trained) return f.remedy ?? 'look for what is odd in the data';
  if (kind === 'ACL') return 'lower --rate or --rate-g, or raise --least-g';
  if (kind === 'PS')
    return isTrained(g) ? 'lower --rate, or --rate-g, or raise --least-g' : 'lower --rate, or raise --least-g';
  return 'lower --rate';
}

/** The settings of G, filled in. */
export function propensityOf({ kind, f }: Method, given: MethodSettings): PropensitySettings {
  const ratings = f.loss === 'rating';
  return {
    outcome: ratings ? 'none' : 'y',
    beta: ratings ? 'fixed' : 'learned',
    weights: ratings ? 'normalised' : 'raw',
    weighed: 'all',
    leastG: kind === 'ACL' ? 0.1 : 0.01,
    ...given.propensity,
  };
}

/** Rate and l2 of g, filled in. */
export function exposureTrainerOf(given: MethodSettings, trainer: TrainerSettings): TrainerSettings {
  const { rate = trainer.rate, l2 = trainer.l2 } = given.exposureTrainer ?? {};
  return { ...trainer, rate, l2 };
}

/** The settings of the game, filled in. */
export function gameOf(given: MethodSettings): GameSettings {
  return { ...GAME_DEFAULTS, ...given.game };
}

/**
 * Refuses what cannot work before any work is done: sizes and settings that do not fit a model, Attn without times, an oracle
 * without a world, a regularizer without its data. Throws UserError.
 */
export function checkMethod(
  method: Method,
  data: Interactions,
  settings: { readonly dim: number; readonly method: MethodSettings; readonly trainer: TrainerSettings },
  hasWorld: boolean,
): void {
  const { kind, f, g, label } = method;
  // Tables need not be large to be refused; only what is computed in closed form may be too large for that.
  const make = (name: string): Model => {
    const kernels = new WasmKernels();
    const small = { users: 1, items: models.get(name).trained ? 1 : data.itemIds.length, dim: settings.dim };
    return createModel(name, kernels, new ParameterFactory(kernels, 0), small, settings.method.models?.[name]);
  };
  const players = [f.name, ...(isTrained(g) ? [g] : [])].map(make);
  if (players.some(({ history }) => history !== undefined) && !data.time)
    throw new UserError(`${label}: Attn reads histories in the order of time, and "${data.name}" has no times`);
  if (g === ORACLE && !hasWorld)
    throw new UserError(
      `${label}: the oracle is a simulation's truth, and "${data.name}" has no world; use simulated data`,
    );
  if (f.loss === 'rating' && !data.rating)
    throw new UserError(`${label}: ${f.name} learns from ratings, and "${data.name}" has none`);
  const { game, propensity } = settings.method;
  if (f.loss === 'rating' && (propensity?.beta === 'fitted' || propensity?.weighed === 'clicks'))
    throw new UserError(
      `${label}: --beta fitted and --weighed clicks speak of clicks, and ${f.name} learns from ratings`,
    );
  if (kind === 'Shown' && players.some(({ history }) => history !== undefined))
    throw new UserError(`${label}: ${f.name} learns from histories of clicks, and what was shown has none`);
  if (kind === 'Shown' && !data.exposed)
    throw new UserError(
      `${label}: it learns from what was shown and not clicked, and "${data.name}" does not say what was: simulate with --exposures, or prepare ratings with --positive`,
    );
  if (kind === 'ACL' && game?.regularizer === 'exposure' && !data.exposed) {
    throw new UserError(
      `${label}: the regularizer "exposure" needs pairs known to be exposed, and "${data.name}" has none: simulate with --exposures, or prepare ratings with --positive`,
    );
  }
}

/** Refuses settings that none of the methods looks at. Throws UserError naming the option. */
export function refuseUnused(methods: readonly Method[], given: MethodSettings): void {
  const labels = methods.map(({ label }) => label).join(', ');
  const refuse = (part: object | undefined, whom: string, suffix = ''): void => {
    if (!part) return;
    const names = Object.keys(part).map((name) => optionName(name) + suffix);
    throw new UserError(`${names.join(', ')}: only for ${whom}, and there is none among ${labels}`);
  };
  if (!methods.some(({ kind }) => kind === 'ACL')) refuse(given.game, 'ACL');
  if (!methods.some(({ g }) => g !== undefined)) refuse(given.propensity, 'PS and ACL');
  if (!methods.some(({ g }) => isTrained(g))) refuse(given.exposureTrainer, 'a trained exposure model', '-g');
  for (const [model, own] of Object.entries(given.models ?? {})) {
    if (!methods.some(({ f, g }) => f.name === model || g === model))
      throw new UserError(`--set ${model}.${Object.keys(own)[0]}: ${model} is not among ${labels}`);
  }
}

/** Whether an exposure model is one that is trained, and not Pop or the truth. */
export const isTrained = (g: string | undefined): g is string => g !== undefined && g !== 'Pop' && g !== ORACLE;

/** The part of the settings that concerns a method, so that others do not change what its trial is. */
export function concerning(
  { kind, f, g }: Method,
  { models: own, propensity, exposureTrainer, game }: MethodSettings,
): MethodSettings {
  const players = Object.entries(own ?? {}).filter(([name]) => name === f.name || name === g);
  return {
    ...(players.length > 0 && { models: Object.fromEntries(players) }),
    ...(g !== undefined && propensity && { propensity }),
    ...(g !== undefined && exposureTrainer && { exposureTrainer }),
    ...(kind === 'ACL' && game && { game }),
  };
}
