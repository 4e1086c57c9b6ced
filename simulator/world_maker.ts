import { log } from '../compute/math.js';
import type { Features } from '../datasets/features.js';
import { countIds, type Interactions, sharedFloat32 } from '../datasets/interactions.js';
import { UserError } from '../support/errors.js';
import type { Progress } from '../support/progress.js';
import { type Calibration, calibrate } from './calibration.js';
import type { SimulationConfig } from './config.js';
import type { DrawnSums, Draws } from './draws.js';
import {
  type Factors,
  type FactorTraining,
  logCounts,
  logOddsShift,
  scoreParts,
  trainExposure,
  trainRelevance,
  type UnseenPairs,
  weighted,
} from './factors.js';
import type { DrawnBlock } from './tasks.js';
import type { Stage, WorldState } from './world_state.js';

/** What one stage drew. */
export interface StageSummary {
  readonly exposures: number;
  readonly clicks: number;
  /** Share of all pairs that are shown for certain: whose probability of exposure is 1, capped in this stage or in the first. */
  readonly cappedShare: number;
  /** What was added to log p_exp to meet the wished density. */
  readonly constant: number;
}

/** Users whose expectations stand for all, where there are too many pairs to visit. */
const SAMPLED_USERS = 1024;
/** Steps of Newton's method, of which a handful are taken. */
const MOST_STEPS = 40;

/** How many exposures stage two has, beside how many it might have had: all in expectation. */
export interface Volume {
  /** With e = 0: those of stage one. */
  readonly atZero: number;
  /** With e(x, z), if nothing were added to keep their number. */
  readonly alone: number;
  /** As it is. */
  readonly exposures: number;
}

/** What training and the first stage came to. */
export interface MadeWorld {
  readonly world: WorldState;
  readonly volume: Volume;
  /** Absent where the exposure model was not calibrated. */
  readonly calibration?: Calibration | undefined;
  readonly relevanceError: number;
  readonly exposureLoss: number;
  readonly first: StageSummary;
}

/** What the simulator learns from. */
export type RatedInteractions = Interactions & { readonly rating: NonNullable<Interactions['rating']> };

/** What a world is made with. */
export interface WorldMaking {
  readonly config: SimulationConfig;
  /** The user's own exposure function, bundled. */
  readonly source?: string | undefined;
  /** Ids and features, where the exposure function looks at them. */
  readonly features?: Features | undefined;
  readonly draws: Draws;
  readonly progress: Progress;
  /** Called where much memory is no longer used. */
  collect?(): void;
}

/** Makes the world of a simulation: both models and the first stage, of which the second one begins. */
export class WorldMaker {
  private readonly config: SimulationConfig;
  private readonly progress: Progress;

  constructor(
    private readonly data: RatedInteractions,
    private readonly making: WorldMaking,
  ) {
    this.config = making.config;
    this.progress = making.progress;
  }

  /** Trains both models, draws the first stage, and finds out what the second one needs. */
  async make(): Promise<MadeWorld> {
    const { data, config, progress } = this;
    const time = timeSpan(data);
    const { exposuresPerUser } = config;
    if (exposuresPerUser !== undefined && exposuresPerUser >= data.itemIds.length) {
      throw new UserError(
        `--exposures-per-user ${exposuresPerUser} is not below the number of items, ${data.itemIds.length}`,
      );
    }
    const relevance = await trainRelevance(data, this.training('relevance model', config.relevanceModel));
    progress.end(`error ${relevance.error.toFixed(3)} on ratings held out`);
    this.making.collect?.();
    // What sampling did is left in as the authors did, so that there is nothing to calibrate.
    const isCalibrated = config.calibration === 'held-out' && config.correction === 'log-odds';
    const exposure = await trainExposure(data, this.training('exposure model', config.exposureModel), isCalibrated);
    progress.end(`loss ${exposure.loss.toFixed(3)} on pairs held out`);
    const shift = config.correction === 'log-odds' ? logOddsShift(data) : sharedFloat32(data.userIds.length);
    const { calibration, ...probable } = isCalibrated
      ? calibrated(data, exposure, shift)
      : { exposure: exposure.factors, shift };
    this.making.collect?.();
    const start: WorldState = {
      config,
      users: data.userIds.length,
      items: data.itemIds.length,
      relevance: relevance.factors,
      ...probable,
      features: this.making.features,
      firstConstant: 0,
      time,
    };
    const { constant: firstConstant } = await this.solveDensity(start, 1, exposuresPerUser);
    const first = { ...start, firstConstant };
    const clicks = new ClickCollector();
    const firstSums = await this.making.draws.draw(first, 1, (block) => clicks.add(block));
    const clicked = clicks.interactions(data);
    if (clicked.user.length === 0)
      throw new UserError(
        `the first stage drew no click on ${firstSums.exposures} exposures of ${data.userIds.length} users: lower the location of --eps1, raise --exposures-per-user, or give more data`,
      );
    await this.makeRoom();
    const factors = await this.factors(exposure.factors, clicked);
    this.making.collect?.();
    const counts = countIds(clicked.item, first.items);
    const most = counts.reduce((a, b) => Math.max(a, b), 0);
    const popularity = sharedFloat32(first.items);
    counts.forEach((count, item) => {
      popularity[item] = count / most;
    });
    const second = { factors, popularity, constant: 0, source: this.making.source };
    const { constant, volume } = await this.secondVolume({ ...first, second });
    return {
      world: { ...first, second: { ...second, constant } },
      volume,
      calibration,
      relevanceError: relevance.error,
      exposureLoss: exposure.loss,
      first: stageSummary(first, 1, firstSums),
    };
  }

  /** Gives back what workers hold and what is no longer used: training, and writing a large world, need the memory. */
  private async makeRoom(): Promise<void> {
    await this.making.draws.rest();
    this.making.collect?.();
  }

  private training(label: string, model: FactorTraining['model'], advice?: string): FactorTraining {
    const { progress, config } = this;
    progress.begin(`training the ${label}`, model.epochs, true);
    return {
      seed: config.seed,
      dim: config.dim,
      ...{ model, label, advice },
      backend: config.backend,
      onEpoch: ({ epoch }) => progress.update(epoch),
    };
  }

  /** x and z: trained on the first-stage clicks, or those of the first exposure model (step 5). */
  private async factors(
    first: Factors,
    clicked: Interactions,
  ): Promise<{ dim: number; x: Float32Array; z: Float32Array }> {
    const { config, progress } = this;
    if (config.factors === 'kept') return { dim: first.dim, x: first.user, z: first.item };
    const { factors, loss } = await trainExposure(
      clicked,
      this.training(
        'factors of first-stage clicks',
        config.exposureModel,
        'raise --exposures-per-user or lower the location of --eps1 for more clicks, or set --factors kept',
      ),
    );
    progress.end(`loss ${loss.toFixed(3)} on pairs held out`);
    return { dim: factors.dim, x: factors.user, z: factors.item };
  }

  /** The constant of stage two, and how many exposures it has with and without e(x, z). */
  private async secondVolume(state: WorldState): Promise<{ constant: number; volume: Volume }> {
    const { exposure, exposuresPerUser, volume: rule } = this.config;
    const { every, count } = this.sampled(state);
    const { total } = await this.making.draws.expect(state, 1, state.firstConstant, every);
    const atZero = (total * state.users) / count;
    if (exposure.name === 'none') return { constant: 0, volume: { atZero, alone: atZero, exposures: atZero } };
    const wished = exposuresPerUser ?? (rule === 'kept' ? total / count : undefined);
    const { constant, alone, exposures } = await this.solveDensity(state, 2, wished);
    return { constant, volume: { atZero, alone, exposures } };
  }

  /** Users whose expectations are taken: every so many of them, and how many that are. */
  private sampled({ users }: WorldState): { every: number; count: number } {
    const every = this.config.sampling === 'skip' ? Math.max(1, Math.ceil(users / SAMPLED_USERS)) : 1;
    return { every, count: Math.ceil(users / every) };
  }

  /**
   * The constant that, added to log p_exp, makes the expected exposures a user what was wished for: Newton's method on the
   * logarithm of the expectation, whose slope is the share that is below the cap. With it the exposures expected without a constant, and with it.
   */
  private async solveDensity(
    state: WorldState,
    stage: Stage,
    wished: number | undefined,
  ): Promise<{ constant: number; alone: number; exposures: number }> {
    if (wished === undefined && stage === 1) return { constant: 0, alone: 0, exposures: 0 };
    const { every, count } = this.sampled(state);
    const { exposuresPerUser } = this.config;
    const target = (wished ?? 0) * count;
    let [constant, alone, exposures] = [0, 0, 0];
    // Constants that are known to give too few, and too many.
    let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    this.progress.begin(`density of stage ${stage}`, MOST_STEPS);
    for (let step = 0; step < MOST_STEPS; step++) {
      const { total, free } = await this.making.draws.expect(state, stage, constant, every);
      this.progress.update(step + 1);
      exposures = (total * state.users) / count;
      if (step === 0) alone = exposures;
      if (wished === undefined || Math.abs(total / target - 1) < 1e-4) break;
      if (total > target) high = Math.min(high, constant);
      else low = Math.max(low, constant);
      // Where every pair is over the cap, or none is shown, there is no slope to go by.
      if (free > 0) constant += log(target / total) / Math.max(free / total, 0.1);
      else if (total > target) constant = low > Number.NEGATIVE_INFINITY ? (low + high) / 2 : constant - 2 ** step;
      else if (high < Number.POSITIVE_INFINITY) constant = (low + high) / 2;
      else
        throw new UserError(
          `${exposuresPerUser === undefined ? `the ${Math.round(wished * state.users).toLocaleString('en')} exposures of e = 0` : `--exposures-per-user ${exposuresPerUser}`} cannot be met: e(x, z) leaves too few items that may be shown; make it larger, or say --volume free`,
        );
    }
    const from = every > 1 ? `, from ${count.toLocaleString('en')} users` : '';
    this.progress.end(`constant ${constant.toFixed(3)}${from}`);
    return { constant, alone, exposures };
  }
}

/** The exposure model of a world, calibrated on the pairs that its training did not see. */
function calibrated(
  data: Interactions,
  { factors, unseen }: { readonly factors: Factors; readonly unseen: UnseenPairs },
  shift: Float32Array,
): Pick<WorldState, 'exposure' | 'shift' | 'curve'> & { readonly calibration: Calibration } {
  const counts = logCounts(data, unseen);
  const { labels, weight } = unseen;
  const calibration = calibrate({ ...scoreParts(factors, shift, counts, unseen), labels, weight });
  const { form, weights, curve } = calibration;
  if (form === 'none') return { exposure: factors, shift, calibration };
  const scaled = weighted(factors, shift, counts, weights);
  return { exposure: scaled.factors, shift: scaled.shift, curve, calibration };
}

/** How many exposures there are, in words. */
export function describeVolume({ atZero, alone, exposures }: Volume): string {
  const number = (n: number): string => Math.round(n).toLocaleString('en');
  const isFree = Math.abs(exposures / alone - 1) < 1e-3;
  return `exposures expected: ${number(exposures)}; ${number(atZero)} with e = 0${isFree ? ', and as many as e(x, z) makes' : `, ${number(alone)} with e(x, z) alone (--volume free)`}`;
}

export function stageSummary(state: WorldState, stage: Stage, { exposures, clicks, capped }: DrawnSums): StageSummary {
  return {
    exposures,
    clicks,
    cappedShare: capped / (state.users * state.items),
    constant: stage === 1 ? state.firstConstant : (state.second?.constant ?? 0),
  };
}

/** First and last second of the ratings; the year 2019 where they have no times. */
function timeSpan(data: Interactions): [number, number] {
  const { time } = data;
  if (!time) return [1546300800, 1577836800];
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const t of time) {
    from = Math.min(from, t);
    to = Math.max(to, t);
  }
  if (to - from > 2 ** 31) {
    throw new UserError(
      `the times of "${data.name}" span ${Math.round((to - from) / 31557600)} years: expected seconds since 1970, are these milliseconds?`,
    );
  }
  return [Math.floor(from), Math.floor(to) + 1];
}

/** Keeps who clicked what in the first stage. */
class ClickCollector {
  private readonly users: Int32Array[] = [];
  private readonly items: Int32Array[] = [];

  add(block: DrawnBlock): void {
    const clicked = (column: Int32Array): Int32Array => column.filter((_, row) => block.clicked[row] === 1);
    this.users.push(clicked(block.user));
    this.items.push(clicked(block.item));
  }

  interactions({ userIds, itemIds }: Interactions): Interactions {
    const join = (parts: Int32Array[]): Int32Array => {
      const out = new Int32Array(parts.reduce((n, part) => n + part.length, 0));
      let at = 0;
      for (const part of parts) {
        out.set(part, at);
        at += part.length;
      }
      return out;
    };
    const none = { rating: undefined, time: undefined, split: undefined };
    return { name: 'first-stage clicks', userIds, itemIds, user: join(this.users), item: join(this.items), ...none };
  }
}
