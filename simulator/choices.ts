import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { BACKENDS } from '../compute/index.js';
import { optionName, UserError } from '../support/errors.js';
import { unknownName } from '../support/registry.js';
import { PRESETS, parseNoise, SIMULATION_DEFAULTS, type SimulationConfig, simulationSchema } from './config.js';
import { loadExposure } from './exposure/load.js';
import { exposureFunctions, exposureSettings } from './exposure/registry.js';

const { correction, factors, split, sampling } = simulationSchema.shape;

/** How a person says what to simulate: options of the command line, and `simulate:` in a suite's file. What is absent has a default. */
export const choicesSchema = z
  .strictObject({
    exposure: z.string().describe('e(x, z): the name of an exposure function, or a .ts or .js file'),
    set: z.record(z.string(), z.union([z.number(), z.string()])).describe('settings of the exposure function'),
    strength: z.number().describe('strength of the exposure function; short for set: { strength: ... }'),
    formula: z.string().describe('formula of the exposure function "expression"'),
    exposuresPerUser: z.number().positive().describe('mean exposures a user; by default as learned'),
    preset: z.enum(Object.keys(PRESETS) as [string, ...string[]]).describe('the paper, or Saito et al. 2020'),
    eps1: z.string().describe('noise of relevance, KIND:LOCATION,SCALE'),
    eps2: z.string().describe('noise of exposure, KIND:LOCATION,SCALE'),
    power: z.number().positive().describe('exponent of the exposure probability'),
    correction: correction.describe('take the sampling of negatives out of the exposure model, or not'),
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

/**
 * Checks what was chosen and makes the configuration; the user's own function comes as bundled source, its path read from `folder`. Throws
 * UserError naming the option.
 */
export async function simulationOf(
  choices: SimulationChoices,
  folder = '.',
): Promise<{ config: SimulationConfig; source: string | undefined }> {
  const { exposure = 'none', preset = 'paper', eps1, eps2 } = choices;
  for (const name of Object.keys(PRESETS[preset]?.settings ?? {})) {
    if (choices[name as keyof SimulationChoices] !== undefined && !(name === 'exposure' && exposure === 'none'))
      throw new UserError(`--preset ${preset} sets ${optionName(name)} itself: leave out one of them`);
  }
  const isFile = /\.[cm]?[jt]s$/.test(exposure);
  const { seed, dim, correction, power, split, factors, exposuresPerUser, sampling, backend = 'wasm' } = choices;
  const chosen = { seed, dim, correction, power, split, factors, exposuresPerUser, sampling };
  const config: SimulationConfig = {
    ...SIMULATION_DEFAULTS,
    ...PRESETS[preset]?.settings,
    exposure: isFile ? ownExposure(choices) : exposureOf(exposure, choices),
    ...(eps1 !== undefined && { eps1: parseNoise(eps1, 'eps1') }),
    ...(eps2 !== undefined && { eps2: parseNoise(eps2, 'eps2') }),
    ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)),
    ...(backend !== 'wasm' && { backend }),
  };
  const path = isAbsolute(exposure) || folder === '.' ? exposure : join(folder, exposure);
  return { config, source: isFile ? await loadExposure(path, config.dim) : undefined };
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
