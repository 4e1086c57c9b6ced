import { type FeatureLists, featureTable } from '../datasets/features.js';
import { filterInteractions, NO_FILTER } from '../datasets/filter.js';
import { type Interactions, userItems } from '../datasets/interactions.js';
import { UserError } from '../support/errors.js';
import { type Progress, silent } from '../support/progress.js';
import type { Calibration } from './calibration.js';
import { SIMULATION_DEFAULTS, type SimulationConfig } from './config.js';
import { Draws } from './draws.js';
import type { ExposureEffect } from './effect.js';
import type { ExposureOfPair } from './exposure/custom.js';
import { neededFeatures } from './exposure/features.js';
import type { DrawnBlock } from './tasks.js';
import { World } from './world.js';
import { type Volume, WorldMaker } from './world_maker.js';
import type { WorldState } from './world_state.js';

/** Click data with the world behind them. */
export interface SimulatedClicks {
  /** The final clicks, with their split, their truth, and all pairs that were shown. */
  readonly data: Interactions;
  readonly world: World;
  /** How many exposures stage two is expected to have, and would have with e = 0, and with e(x, z) alone. */
  readonly volume: Volume;
  /** What e(x, z) did; absent where it is 0. */
  readonly effect: ExposureEffect | undefined;
  /** Absent where the exposure model was not calibrated. */
  readonly calibration: Calibration | undefined;
}

/** What `simulateInMemory` takes besides ratings and configuration. */
export interface InMemorySimulation {
  /** Added to the logarithm of the probability of a pair: +0.7 doubles it. It uses nothing but its arguments. */
  readonly exposure?: ExposureOfPair;
  /** Columns by name, in the order of the ids, for functions and formulas that look at them. */
  readonly features?: { readonly users?: FeatureLists; readonly items?: FeatureLists };
  readonly progress?: Progress;
}

/**
 * Runs both stages on ratings in memory, in this thread, without a folder, by the paper's settings and those given; the same clicks to the bit as `simulate` writes. `exposure` is added to the
 * log-probability of the pair, as a function that uses nothing but its arguments. Throws UserError for ratings that are none, or clicks that were
 * none.
 */
export async function simulateInMemory(
  ratings: Interactions,
  settings: Partial<SimulationConfig> = {},
  { exposure, features = {}, progress = silent }: InMemorySimulation = {},
): Promise<SimulatedClicks> {
  const config: SimulationConfig = { ...SIMULATION_DEFAULTS, ...settings };
  if (!ratings.rating)
    throw new UserError(`"${ratings.name}" has no ratings: the simulator learns relevance from them`);
  const pairs =
    ratings.user.length > userItems(ratings).items.length ? filterInteractions(ratings, NO_FILTER).data : ratings;
  const rated = { ...pairs, rating: pairs.rating ?? ratings.rating };
  const source = exposure && `export default ${exposure.toString()}`;
  const draws = new Draws(progress);
  const own = source === undefined ? config : { ...config, exposure: { name: 'own', settings: {} } };
  const seen = neededFeatures(own, () => ({
    users: featureTable('user', ratings.userIds, features.users),
    items: featureTable('item', ratings.itemIds, features.items),
  }));
  const making = { config: own, source, features: seen, draws, progress };
  const { world, volume, calibration } = await new WorldMaker(rated, making).make();
  const effect = own.exposure.name === 'none' ? undefined : await draws.effect(world);
  const blocks: DrawnBlock[] = [];
  await draws.draw(world, 2, (block) => {
    blocks.push(block);
  });
  await draws.rest();
  const data = clicksOf(blocks, ratings);
  if (data.user.length === 0)
    throw new UserError(
      'the second stage drew no click: e(x, z) hides everything, make it larger or set exposuresPerUser',
    );
  return { data, world: await World.create(world), volume, effect, calibration };
}

/**
 * Draws the final clicks of a world again: another draw of the same world, whose models are not trained again. `first` are the clicks of its draw 0, whose
 * name and ids it takes. Throws UserError where there is no click.
 */
export async function drawAgain(
  state: WorldState,
  first: Interactions,
  draw: number,
  draws: Draws,
): Promise<{ readonly data: Interactions; readonly state: WorldState }> {
  // A GPU keys noise and draws alike, and another key would be another world: the processor draws.
  const { backend: _, ...config } = state.config;
  const own = { ...state, config, draw };
  const blocks: DrawnBlock[] = [];
  await draws.draw(own, 2, (block) => {
    blocks.push(block);
  });
  const { exposed, ...clicks } = clicksOf(blocks, first);
  if (clicks.user.length === 0) throw new UserError(`draw ${draw + 1} of the clicks of "${first.name}" has none`);
  return { data: { ...clicks, name: first.name, ...(first.exposed && { exposed }) }, state: { ...state, draw } };
}

/** The clicks of drawn blocks, and what was shown. */
function clicksOf(blocks: readonly DrawnBlock[], { name, userIds, itemIds }: Interactions): Interactions {
  const shown = blocks.reduce((sum, { user }) => sum + user.length, 0);
  const exposed = { user: new Int32Array(shown), item: new Int32Array(shown) };
  const clicks = blocks.reduce((sum, { clicked }) => sum + clicked.reduce((count, one) => count + one, 0), 0);
  const [user, item, time] = [new Int32Array(clicks), new Int32Array(clicks), new Float64Array(clicks)];
  const split = new Uint8Array(clicks);
  const truth = { relevance: new Float32Array(clicks), exposure: new Float32Array(clicks) };
  let [at, row] = [0, 0];
  for (const block of blocks) {
    exposed.user.set(block.user, at);
    exposed.item.set(block.item, at);
    at += block.user.length;
    block.clicked.forEach((clicked, e) => {
      if (clicked !== 1) return;
      user[row] = block.user[e] as number;
      item[row] = block.item[e] as number;
      time[row] = block.time[e] as number;
      split[row] = block.split[e] as number;
      truth.relevance[row] = block.relevance[e] as number;
      truth.exposure[row++] = block.exposure[e] as number;
    });
  }
  return { name: `${name} simulated`, userIds, itemIds, user, item, time, split, truth, exposed, rating: undefined };
}
