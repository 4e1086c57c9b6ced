import { keyWords, stream } from '../compute/index.js';
import type { Features } from '../datasets/features.js';
import type { Curve } from './calibration.js';
import type { SimulationConfig } from './config.js';
import type { Factors } from './factors.js';

/** Factors of users and items, x and z of the paper. */
export interface Embedding {
  readonly dim: number;
  readonly x: Float32Array;
  readonly z: Float32Array;
}

/** Everything that determines the truth of a simulation. Plain data, with arrays in shared memory, so that it passes to workers. */
export interface WorldState {
  readonly config: SimulationConfig;
  readonly users: number;
  readonly items: number;
  readonly relevance: Factors;
  readonly exposure: Factors;
  /** [users] added to the exposure logits. */
  readonly shift: Float32Array;
  /** What calibration makes of shifted logits; absent where they stay as they are. */
  readonly curve?: Curve | undefined;
  /** Added to log p_sim1 to meet the wished density. */
  readonly firstConstant: number;
  /** What stage two adds; absent while only stage one is known. */
  readonly second?: {
    readonly factors: Embedding;
    /** First-stage clicks of each item over those of the most clicked one. */
    readonly popularity: Float32Array;
    /** Added to log p_sim2. */
    readonly constant: number;
    /** The user's own exposure function, bundled. */
    readonly source?: string | undefined;
  };
  /** Original ids and features, where the exposure function looks at them. */
  readonly features?: Features | undefined;
  /** Seconds since 1970 between which exposures are drawn. */
  readonly time: readonly [number, number];
  /** Which of the draws of its final clicks it makes, from 0, the one that lies in its folder; below `MOST_DRAWS`. */
  readonly draw?: number | undefined;
}

/** Draws of the final clicks that a world can make: seeds leave so many bits of a key. */
export const MOST_DRAWS = 2 ** 11;

/** Key words of what is drawn for pairs: another draw has others, and the same world, whose noise is by the seed alone. */
export function drawKey({ config, draw = 0 }: Pick<WorldState, 'config' | 'draw'>): [number, number] {
  const [low, high] = keyWords(config.seed);
  return [low, (high | (draw << 21)) >>> 0];
}

export type Stage = 1 | 2;

/** What was drawn for one user: columns of equal length, items in order. They are views, valid until the world's next call. */
export interface DrawnUser {
  readonly count: number;
  readonly items: Int32Array;
  readonly exposure: Float32Array;
  readonly relevance: Float32Array;
  readonly clicked: Int32Array;
  /** Seconds after the start of the world's time. */
  readonly time: Int32Array;
  /** For the random split: uniform integers in [0, 2^24). */
  readonly part: Int32Array;
  /** Pairs that are shown for certain: probability 1. */
  readonly capped: number;
}

/** Streams of what is drawn for pairs. */
export const STREAMS = {
  exposure: { 1: stream('simulator exposure 1'), 2: stream('simulator exposure 2') },
  outcome: { 1: stream('simulator outcome 1'), 2: stream('simulator outcome 2') },
} as const;
