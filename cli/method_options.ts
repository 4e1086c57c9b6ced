import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv, Options } from 'yargs';
import { z } from 'zod';
import { builtIn } from '../benchmarks/catalogue.js';
import {
  choicesOf,
  SETTING_DEFAULTS,
  SETTING_GROUPS,
  SETTING_NAMES,
  type SettingName,
  type Settings,
  type TrainingChoices,
} from '../benchmarks/settings.js';
import type { Interactions } from '../datasets/interactions.js';
import { openSplit } from '../datasets/open.js';
import { type MethodCatalogue, methods } from '../methods/registry.js';
import { models, type SettingOwner } from '../models/registry.js';
import { readWorld } from '../simulator/world_files.js';
import type { WorldState } from '../simulator/world_state.js';
import { optionName, UserError } from '../support/errors.js';
import { numberOf } from '../support/numbers.js';
import { unknownName } from '../support/registry.js';
import { plantedOptionsOf, type ReadingArguments, readOptionsOf } from './options.js';

/** What `--model` and `--models` take. */
export const methodHelp = [
  ...models.all.map(({ name, summary }) => `${name}: ${summary}`),
  ...methods.all.filter(({ name }) => name !== 'plain').map(({ grammar }) => grammar),
].join('\n');

/** The same in a line. */
export const methodNames = [
  ...models.names,
  ...methods.all.filter(({ name }) => name !== 'plain').map(({ grammar }) => grammar.split(',')[0]),
].join(', ');

/** One setting as an option. No default is given to yargs, so that what a user says can be told from what nobody said. */
function optionOf(name: string, schema: z.ZodType, group: string): Options {
  const known = (SETTING_DEFAULTS as Readonly<Record<string, unknown>>)[name];
  const describe = `${schema.description}${known === undefined ? '' : ` [${known}]`}`;
  const base = { group: `${group}:`, describe };
  if (schema instanceof z.ZodEnum) return { ...base, choices: schema.options as string[] };
  if (schema instanceof z.ZodArray) return { ...base, type: 'string' };
  if (schema instanceof z.ZodBoolean) return { ...base, type: 'boolean' };
  return { ...base, type: schema instanceof z.ZodNumber ? 'number' : 'string' };
}

const ownSettings = models.all.flatMap(({ name, settings: schema }) =>
  Object.entries(schema?.safeParse({}).data ?? {}).map(([key, value]) => `${name}.${key}=${value}`),
);

/** How a setting that is a model's own is given. */
export function modelSetting(option: string): string | undefined {
  const owner = models.all.find(({ settings: schema }) => option in (schema?.safeParse({}).data ?? {}));
  return owner && `--set ${owner.name}.${option}=...`;
}

/** An option for every setting of training and evaluation. */
export function methodOptions<T>(argv: Argv<T>) {
  const options = Object.entries(SETTING_GROUPS).flatMap(([group, settings]) =>
    Object.entries(settings).map(
      ([name, schema]) => [optionName(name).slice(2), optionOf(name, schema, group)] as const,
    ),
  );
  return argv.options({
    ...Object.fromEntries(options),
    set: {
      type: 'string',
      array: true,
      describe: `a model's own setting, MODEL.NAME=VALUE [${ownSettings.join(', ')}]`,
      group: 'Training:',
    },
  });
}

/** What `methodOptions` gives; absent where the user said nothing. */
export interface TrainingArguments extends Omit<Settings, 'set' | 'cutoffs'> {
  readonly set?: readonly string[];
  readonly cutoffs?: string;
  readonly seed: number;
}

/** The settings that the user gave. */
export function settingsOf(argv: TrainingArguments, catalogue: MethodCatalogue = builtIn): Settings {
  const given = SETTING_NAMES.filter((name) => name !== 'set' && argv[name as SettingName] !== undefined);
  const set = modelSettingsOf(argv.set ?? [], catalogue);
  const typedValue = (name: SettingName): unknown =>
    name === 'cutoffs' ? cutoffsOf(argv.cutoffs) : argv[name as never];
  return { ...Object.fromEntries(given.map((name) => [name, typedValue(name)])), ...(set && { set }) };
}

/** Everything of a trial besides the method's name, checked. */
export function trainingOf(argv: TrainingArguments, catalogue: MethodCatalogue = builtIn): TrainingChoices {
  return choicesOf(settingsOf(argv, catalogue), argv.seed, optionName, catalogue);
}

/** Reads `--cutoffs 1,5,10`. */
function cutoffsOf(text = ''): number[] {
  const cutoffs = text.split(',').map(numberOf);
  if (cutoffs.some((k) => !Number.isSafeInteger(k) || k < 1))
    throw new UserError(`--cutoffs "${text}" is not understood: write whole numbers from 1, e.g. 1,5,10,20`);
  return [...new Set(cutoffs)].sort((a, b) => a - b);
}

/** Reads `--set MODEL.NAME=VALUE`. */
function modelSettingsOf(pairs: readonly string[], { models, methods }: MethodCatalogue): Settings['set'] {
  const out = new Map<string, Map<string, number | string>>();
  for (const pair of pairs) {
    const [, name, setting, value] = /^([^.=]+)\.([^=]+)=(.+)$/.exec(pair) ?? [];
    if (name === undefined || setting === undefined || value === undefined)
      throw new UserError(`--set "${pair}" is not understood: write MODEL.NAME=VALUE, e.g. --set Attn.heads=2`);
    const owner = ownerNamed(name, models, methods);
    const own = out.get(owner.name) ?? new Map<string, number | string>();
    out.set(owner.name, own);
    if (own.has(setting)) throw new UserError(`--set ${owner.name}.${setting} is given twice: give it once`);
    const known = Object.keys(owner.settings?.shape ?? {});
    if (!known.includes(setting))
      throw new UserError(`--set "${pair}": ${unknownName(`setting of "${owner.name}"`, setting, known)}`);
    own.set(setting, settingValue(pair, owner, setting, value));
  }
  if (out.size === 0) return undefined;
  return Object.fromEntries([...out].map(([name, own]) => [name, Object.fromEntries(own)]));
}

/** A model, or a method of the user's that has settings of its own. */
function ownerNamed(
  name: string,
  models: MethodCatalogue['models'],
  methods: MethodCatalogue['methods'],
): SettingOwner {
  const method = methods.has(name) ? methods.get(name) : undefined;
  return method?.ownSettings ? { name: method.name, settings: method.ownSettings } : models.get(name);
}

/** A word where the model's setting is one, else a number. */
function settingValue(pair: string, { settings, name }: SettingOwner, setting: string, value: string): number | string {
  const defaults = settings?.safeParse({}).data as Readonly<Record<string, unknown>> | undefined;
  if (typeof defaults?.[setting] === 'string') return value;
  const number = numberOf(value);
  if (Number.isNaN(number))
    throw new UserError(`--set "${pair}" is not understood: ${name}.${setting} is a number, e.g. --set Attn.heads=2`);
  return number;
}

/** Refuses more candidates than a test item can stand among. The default of a hundred is as many as there are. */
export function checkCandidates(
  { candidates, cutoffs }: { readonly candidates?: number | undefined; readonly cutoffs?: string | undefined },
  data: Interactions,
): void {
  const items = data.itemIds.length;
  const beyond = cutoffs === undefined ? undefined : cutoffsOf(cutoffs).find((k) => k > items);
  if (beyond !== undefined)
    throw new UserError(
      `--cutoffs ${cutoffs}: a list of ${beyond} is longer than all ${items} items of "${data.name}": give a smaller one`,
    );
  if (candidates !== undefined && candidates >= items)
    throw new UserError(
      `--candidates ${candidates} is not below the number of items of "${data.name}", ${items}: give fewer, or 0 for all`,
    );
}

/** Data to train and evaluate on, with pairs known to be `exposed` where they are asked for, and the truth behind it where it was simulated. */
export async function openTrialData(
  reference: string,
  argv: ReadingArguments & Pick<TrainingArguments, 'candidates' | 'cutoffs'>,
  exposed: boolean,
): Promise<{ data: Interactions; world: WorldState | undefined }> {
  const data = await openSplit(reference, readOptionsOf(argv), plantedOptionsOf(argv), { exposed });
  checkCandidates(argv, data);
  const world = existsSync(join(reference, 'world.json')) ? (await readWorld(reference)).state : undefined;
  return { data, world };
}
