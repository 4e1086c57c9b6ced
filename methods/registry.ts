import { ParameterFactory, WasmKernels } from '../compute/index.js';
import type { Interactions } from '../datasets/interactions.js';
import type { ModelDefinition, Need } from '../models/model.js';
import { makeModel, modelSettings } from '../models/registry.js';
import { DivergedError } from '../models/trainer.js';
import type { FlatSettings } from '../propensities/context.js';
import { builtInModels, type ModelCatalogue } from '../propensities/registry.js';
import { optionName, UserError } from '../support/errors.js';
import { Registry, unknownName } from '../support/registry.js';
import { acl } from './acl.js';
import type { Method, MethodDefinition } from './method.js';
import { plain } from './plain.js';
import { ps } from './ps.js';
import { ownersOf, plainSettings } from './settings.js';
import { shown } from './shown.js';

/** Every kind of method. A new one is a file in this folder and a line here. */
export const methods = new Registry<MethodDefinition>('method', [plain, shown, ps, acl]);

/** What can be said in a method's name. */
export interface MethodCatalogue extends ModelCatalogue {
  readonly methods: Registry<MethodDefinition>;
}

export const builtInMethods: MethodCatalogue = { ...builtInModels, methods };

/**
 * Reads a method: "GMF", "PS:GMF/Pop", "ACL:Attn/GMF", or the name of one of the user's own that has no players. Throws UserError for an unknown name
 * or a combination that makes no sense.
 */
export function parseMethod(text: string, catalogue: MethodCatalogue = builtInMethods): Method {
  const [, prefix, rest = text.trim()] = /^([^:]*):(.*)$/.exec(text.trim()) ?? [];
  if (prefix === undefined || prefix === '') {
    const own = catalogue.methods.has(rest) ? catalogue.methods.get(rest) : undefined;
    return (own?.isWhole ? own : plain).parse(rest, catalogue);
  }
  const prefixes = catalogue.methods.all.filter((definition) => definition !== plain && !definition.isWhole);
  const definition = prefixes.find(({ name }) => name.toLowerCase() === prefix.toLowerCase());
  if (definition) return definition.parse(rest, catalogue);
  const known = prefixes.map(({ name }) => name);
  throw new UserError(`"${text}": ${unknownName('method', prefix, known)}; write e.g. ACL:GMF/GMF`);
}

/** What data have not that somebody needs. */
const LACKS: Readonly<Record<Need['what'], { isThere(data: Interactions, hasWorld: boolean): boolean; lack: string }>> =
  {
    times: { isThere: ({ time }) => time !== undefined, lack: 'has no times' },
    ratings: { isThere: ({ rating }) => rating !== undefined, lack: 'has no ratings' },
    exposures: {
      isThere: ({ exposed }) => exposed !== undefined,
      lack: 'does not say what was shown: simulate with --exposures, or prepare ratings with --positive',
    },
    world: { isThere: (_, hasWorld) => hasWorld, lack: 'has no world; use simulated data' },
  };

/**
 * Refuses what cannot work before any work is done: sizes and settings that do not fit a model or one another, and data that lack what the method
 * needs. Throws UserError.
 */
export function checkMethod(method: Method, data: Interactions, settings: FlatSettings, hasWorld: boolean): void {
  const { dim } = plainSettings.parse(settings);
  // Tables need not be large to be refused; only what is computed in closed form may be too large for that.
  const make = (definition: ModelDefinition): void => {
    const kernels = new WasmKernels();
    const small = { users: 1, items: definition.trained ? 1 : data.itemIds.length, dim };
    makeModel(definition, kernels, new ParameterFactory(kernels, 0), small, settings.set?.[definition.name]);
    kernels.close();
  };
  method.players.forEach(make);
  if (method.own) modelSettings(method.own, settings.set?.[method.own.name]);
  const lack = lackOf(method, data, settings, hasWorld);
  if (lack !== undefined) throw new UserError(lack);
  method.check?.(settings);
}

/** What data lack that a method needs, in a sentence; undefined where they have all. */
export function lackOf(
  method: Method,
  data: Interactions,
  settings: FlatSettings,
  hasWorld: boolean,
): string | undefined {
  const missing = method.needs(settings).find(({ what }) => !LACKS[what].isThere(data, hasWorld));
  return missing && `${method.label}: ${missing.why}, and "${data.name}" ${LACKS[missing.what].lack}`;
}

/** Whether a method, with its settings, needs to know which pairs were shown. */
export const needsExposures = (method: Method, settings: FlatSettings): boolean =>
  method.needs(settings).some(({ what }) => what === 'exposures');

/** Refuses settings that none of the methods looks at. Throws UserError naming the options. */
export function refuseUnused(all: readonly Method[], given: FlatSettings): void {
  const labels = all.map(({ label }) => label).join(', ');
  const unused = Object.keys(given).filter(
    (name) => name !== 'set' && given[name] !== undefined && !all.some(({ settings }) => name in settings.shape),
  );
  if (unused.length > 0) {
    const whose = kindsThatLookAt(unused[0] as string);
    throw new UserError(`${unused.map(optionName).join(', ')}: only for ${whose}, and there is none among ${labels}`);
  }
  for (const [model, own] of Object.entries(given.set ?? {})) {
    if (!all.some((method) => ownersOf(method).some(({ name }) => name === model)))
      throw new UserError(`--set ${model}.${Object.keys(own)[0]}: ${model} is not among ${labels}`);
  }
}

/** Examples of what has the most settings: of each kind, with and without a model that learns as g. */
const EXAMPLES = ['GMF', 'PS:GMF/Pop', 'PS:GMF/GMF', 'ACL:GMF/GMF'] as const;

function kindsThatLookAt(setting: string): string {
  const lookers = EXAMPLES.filter((text) => setting in parseMethod(text).settings.shape);
  if (lookers.length === 1) return 'ACL';
  return lookers.includes('PS:GMF/Pop') ? 'PS and ACL' : 'a trained exposure model';
}

/** What diverges in `work` is told as the method's, with what to change for it. */
export async function explaining<Result>({ label, remedy }: Method, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof DivergedError ? new DivergedError(`${label}: ${error.what}`, error.remedy ?? remedy) : error;
  }
}
