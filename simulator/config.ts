import { z } from 'zod';
import { UserError } from '../support/errors.js';
import { numberOf } from '../support/numbers.js';

/** How a perturbation from unobserved factors is drawn (paper, A.6.3). */
export const NOISE_KINDS = ['constant', 'normal', 'per-user', 'per-item', 'structured'] as const;

export const noiseSchema = z.object({
  kind: z.enum(NOISE_KINDS),
  location: z.number(),
  scale: z.number().nonnegative(),
});

/** `normal` draws for each pair; `structured` is a random three-layer ReLU network over the factors. */
export type NoiseSpec = z.infer<typeof noiseSchema>;

/** Reads "normal:4,0.5" or "constant:3"; numbers that are left out are the default's. Throws UserError naming the option. */
export function parseNoise(text: string, option: 'eps1' | 'eps2'): NoiseSpec {
  const [kind = '', numbers = ''] = text.split(':');
  const parts = text.endsWith(':') ? [Number.NaN] : numbers === '' ? [] : numbers.split(',').map(numberOf);
  const usual = SIMULATION_DEFAULTS[option];
  const [location = usual.location, scale = kind === 'constant' ? 0 : usual.scale] = parts;
  const parsed = noiseSchema.safeParse({ kind, location, scale });
  if (!parsed.success || parts.length > 2 || (kind === 'constant' && parts.length > 1)) {
    throw new UserError(
      `--${option} "${text}" is not understood: write constant:LOCATION, or normal, per-user, per-item or structured, each with ` +
        ':LOCATION,SCALE (scale at least 0), e.g. normal:4,0.5',
    );
  }
  return parsed.data;
}

/** "normal:4,0.5" for a spec: what `parseNoise` reads. */
export function noiseText(noise: NoiseSpec): string {
  return noise.kind === 'constant' ? `constant:${noise.location}` : `${noise.kind}:${noise.location},${noise.scale}`;
}

const factorModelSchema = z.object({
  rate: z.number().positive(),
  l2: z.number().nonnegative(),
  epochs: z.number().int().positive(),
});

/** Settings of one matrix factorization of the simulator. */
export type FactorSettings = z.infer<typeof factorModelSchema>;

export const simulationSchema = z.object({
  seed: z.number().int().nonnegative(),
  /** Width of all factors. */
  dim: z.number().int().positive(),
  relevanceModel: factorModelSchema,
  exposureModel: factorModelSchema,
  /** `log-odds` takes the sampling of negatives out of the exposure model; `none` leaves it, as the authors did. */
  correction: z.enum(['log-odds', 'none']),
  /**
   * Whether the exposure model is calibrated on pairs that its training did not see. Absent from worlds of 0.5.0, which had none.
   */
  calibration: z.enum(['held-out', 'none']).default('none'),
  /** Exponent of the exposure probability. */
  power: z.number().positive(),
  eps1: noiseSchema,
  eps2: noiseSchema,
  /** Wished mean of exposures a user, in stage one, and in stage two where that keeps it; absent: as they come. */
  exposuresPerUser: z.number().positive().optional(),
  /** Whether x and z are trained anew on the first-stage clicks, or the first exposure factors are kept. */
  factors: z.enum(['retrained', 'kept']),
  exposure: z.object({ name: z.string(), settings: z.record(z.string(), z.union([z.number(), z.string()])) }),
  /**
   * What exposure functions see: `standard` variables (popularity as log(popularity / mean), x . z with root mean square 1), or `raw` ones, as worlds
   * of 0.5.0 had them (popularity as a share, and a floor of a tenth of an even share in the function of that name).
   */
  variables: z.enum(['standard', 'raw']).default('raw'),
  /** Whether stage two keeps as many exposures as it would have with e = 0, or as many as e(x, z) makes. */
  volume: z.enum(['kept', 'free']).default('free'),
  split: z.enum(['leave-last-two', 'random']),
  /**
   * How exposures are drawn: `pairs` visits every pair; `skip` jumps from candidate to candidate under bounds, for the same distribution at a cost
   * that grows with what is shown.
   */
  sampling: z.enum(['pairs', 'skip']).default('pairs'),
  /** What trains the factors and, where it is a GPU by WebGPU, draws; absent: the processor. */
  backend: z.enum(['webgpu', 'tensorflow']).optional(),
});

/** Everything that a simulation depends on, besides the ratings. */
export type SimulationConfig = z.infer<typeof simulationSchema>;

export const SIMULATION_DEFAULTS: SimulationConfig = {
  seed: 1,
  dim: 32,
  relevanceModel: { rate: 0.005, l2: 0.02, epochs: 100 },
  exposureModel: { rate: 0.005, l2: 0.001, epochs: 100 },
  correction: 'log-odds',
  calibration: 'held-out',
  power: 1,
  eps1: { kind: 'normal', location: 4, scale: 0.5 },
  eps2: { kind: 'normal', location: 0, scale: 0.5 },
  factors: 'retrained',
  exposure: { name: 'none', settings: {} },
  variables: 'standard',
  volume: 'kept',
  split: 'leave-last-two',
  sampling: 'pairs',
};

/** What worlds were in 0.5.0. */
const FIRST = { calibration: 'none', variables: 'raw', volume: 'free' } as const;

const SAITO = {
  eps1: { kind: 'constant', location: 5, scale: 0 },
  eps2: { kind: 'constant', location: 0, scale: 0 },
  factors: 'kept',
  exposure: { name: 'none', settings: {} },
} as const;

/** A named group of settings. */
interface Preset {
  readonly summary: string;
  readonly settings: Partial<SimulationConfig>;
}

const PAPER: Preset = { summary: 'the two stages of the paper with its defaults', settings: {} };
const SAITO_ET_AL: Preset = {
  summary: 'Saito et al. 2020 (WSDM): relevance sigmoid(R - 5), exposure (logistic MF)^power, no noise, no e(x, z)',
  settings: SAITO,
};

/** Named groups of settings. A number keeps what worlds were when it was given: 1 is 0.5.0; a name without one is the newest. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  paper: PAPER,
  'paper-2': PAPER,
  'paper-1': { summary: 'the same, as 0.5.0 made it: not calibrated, raw variables, volume free', settings: FIRST },
  saito: SAITO_ET_AL,
  'saito-2': SAITO_ET_AL,
  'saito-1': { summary: 'the same, as 0.5.0 made it', settings: { ...SAITO, ...FIRST } },
};
