import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { BACKENDS } from '../compute/index.js';
import type { Features } from '../datasets/features.js';
import type { Interactions } from '../datasets/interactions.js';
import { readFeatures } from '../datasets/read_features.js';
import { optionName, UserError } from '../support/errors.js';
import { unknownName } from '../support/registry.js';
import { PRESETS, parseNoise, SIMULATION_DEFAULTS, type SimulationConfig, simulationSchema } from './config.js';
import { loadExposure } from './exposure/load.js';
import { exposureFunctions, exposureSettings } from './exposure/registry.js';

const { calibration, correction, factors, split, sampling, volume } = simulationSchema.shape;

/** How a person says what to simulate: options of the command line, and `simulate:` in a suite's file. What is absent has a default. */
export const choicesSchema = z
  .strictObject({
    exposure: z.string().describe('e(x, z): the name of an exposure function, or a .ts or .js file'),
    set: z.record(z.string(), z.union([z.number(), z.string()])).describe('settings of the exposure function'),
    strength: z.number().describe('strength of the exposure function; short for set: { strength: ... }'),
    formula: z.string().describe('formula of the exposure function "expression"'),
    userFeatures: z.string().describe('table of users, of which functions see the columns'),
    itemFeatures: z.string().describe('table of items, of which functions see the columns'),
    volume: volume.unwrap().describe('exposures of stage two: as many as with e = 0, or as many as e(x, z) makes'),
    exposuresPerUser: z.number().positive().describe('mean exposures a user, in both stages; by default as learned'),
    preset: z
      .enum(Object.keys(PRESETS) as [string, ...string[]])
      .describe('the paper, or Saito et al. 2020; with -1 as worlds were in 0.5.0'),
    eps1: z.string().describe('noise of relevance, KIND:LOCATION,SCALE'),
    eps2: z.string().describe('noise of exposure, KIND:LOCATION,SCALE'),
    power: z.number().positive().describe('exponent of the exposure probability'),
    correction: correction.describe('take the sampling of negatives out of the exposure model, or not'),
    calibration: calibration.unwrap().describe('calibrate the exposure model on held-out pairs, or not'),
    factors: factors.describe('x and z: trained on the first clicks, or kept from the first exposure model'),
    dim: z.number().int().min(1).max(1024).describe('width of all factors'),
    split: split.describe('of the clicks, by drawn time or 80/10/10'),
    sampling: sampling
      .unwrap()
      .describe('visit every pair, or skip what is not shown: the same distribution, for large data'),
    backend: z.enum(BACKENDS).describe('what trains the factors; webgpu draws, too'),
    seed: z.number().int().nonnegative().describe('seed of everything random in the simulation'),
  })
  .partial()
  .describe('click data to make from ratings, in two stages');

export type SimulationChoices = z.infer<typeof choicesSchema>;

/** What is to be simulated. */
export interface ChosenSimulation {
  readonly config: SimulationConfig;
  /** The user's own function, bundled. */
  readonly source: string | undefined;
  /** Reads the tables of features that were named, for data. */
  features(data: Interactions): Promise<Partial<Features>>;
}

/**
 * Checks what was chosen and makes the configuration; the user's own function comes as bundled source, its path read from `folder`. Throws
 * UserError naming the option.
 */
export async function simulationOf(choices: SimulationChoices, folder = '.'): Promise<ChosenSimulation> {
  const { preset = 'paper', eps1, eps2 } = choices;
  // A formula says which function is meant.
  const asked = choices.exposure ?? 'none';
  const exposure = asked === 'none' && choices.formula !== undefined ? 'expression' : asked;
  for (const name of Object.keys(PRESETS[preset]?.settings ?? {})) {
    if (choices[name as keyof SimulationChoices] !== undefined && !(name === 'exposure' && exposure === 'none'))
      throw new UserError(`--preset ${preset} sets ${optionName(name)} itself: leave out one of them`);
  }
  const isFile = /\.[cm]?[jt]s$/.test(exposure);
  const {
    seed,
    dim,
    correction,
    power,
    split,
    factors,
    exposuresPerUser,
    sampling,
    volume,
    backend = 'wasm',
  } = choices;
  if (volume === 'free' && exposuresPerUser !== undefined)
    throw new UserError('--exposures-per-user says how many are shown in both stages: leave out --volume free');
  if (choices.calibration === 'held-out' && correction === 'none')
    throw new UserError('--correction none leaves the exposure model as the authors had it: leave out --calibration');
  const calibration = correction === 'none' ? 'none' : choices.calibration;
  const chosen = { seed, dim, correction, calibration, power, split, factors, exposuresPerUser, volume, sampling };
  const config: SimulationConfig = {
    ...SIMULATION_DEFAULTS,
    ...PRESETS[preset]?.settings,
    exposure: isFile ? ownExposure(choices) : exposureOf(exposure, choices),
    ...(eps1 !== undefined && { eps1: parseNoise(eps1, 'eps1') }),
    ...(eps2 !== undefined && { eps2: parseNoise(eps2, 'eps2') }),
    ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)),
    ...(backend !== 'wasm' && { backend }),
  };
  if (!isFile) checkFeaturesAreSeen(config, choices);
  const placed = (path: string): string => (isAbsolute(path) || folder === '.' ? path : join(folder, path));
  const { userFeatures, itemFeatures } = choices;
  return {
    config,
    source: isFile ? await loadExposure(placed(exposure), config.dim) : undefined,
    features: async ({ userIds, itemIds }) => ({
      ...(userFeatures !== undefined && { users: await readFeatures(placed(userFeatures), 'user', userIds) }),
      ...(itemFeatures !== undefined && { items: await readFeatures(placed(itemFeatures), 'item', itemIds) }),
    }),
  };
}

/** Throws UserError for features that the exposure function would not look at. */
function checkFeaturesAreSeen({ exposure }: SimulationConfig, choices: SimulationChoices): void {
  const given = (['userFeatures', 'itemFeatures'] as const).find((name) => choices[name] !== undefined);
  if (given === undefined || exposureFunctions.get(exposure.name).seesFeatures(exposure.settings)) return;
  const others = exposureFunctions.all.filter(({ seesFeatures }) => seesFeatures({ formula: 'item.id' }));
  throw new UserError(
    `${optionName(given)}: ${exposure.name === 'expression' ? 'the formula' : `"${exposure.name}"`} does not look at features, which ${others.map(({ name }) => name).join(', ')} (by user.COLUMN and item.COLUMN) and files of your own do`,
  );
}

function ownExposure({ exposure, set, strength, formula }: SimulationChoices): SimulationConfig['exposure'] {
  if (set !== undefined || strength !== undefined || formula !== undefined)
    throw new UserError(`--set, --strength and --formula go with built-in functions, not with "${exposure}"`);
  return { name: 'own', settings: {} };
}

/** Name and settings of a built-in exposure function, checked. */
function exposureOf(name: string, { set, strength, formula }: SimulationChoices): SimulationConfig['exposure'] {
  if (!exposureFunctions.has(name)) {
    throw new UserError(
      `--exposure: ${unknownName('exposure function', name, exposureFunctions.names)}; or give a .ts or .js file`,
    );
  }
  const definition = exposureFunctions.get(name);
  for (const [setting, short] of Object.entries({ strength, formula })) {
    if (short !== undefined && Object.hasOwn(set ?? {}, setting))
      throw new UserError(`--${setting} and --set ${setting}=... say the same thing twice: give one of them`);
  }
  const given = {
    ...set,
    ...(strength !== undefined && { strength }),
    ...(formula !== undefined && { formula }),
  };
  return { name: definition.name, settings: { ...exposureSettings(definition, given) } };
}
