import { log } from '../compute/math.js';
import { countIds, type Interactions, sharedFloat32 } from '../datasets/interactions.js';
import { UserError } from '../support/errors.js';
import type { Progress } from '../support/progress.js';
import type { SimulationConfig } from './config.js';
import type { DrawnSums, Draws } from './draws.js';
import { type Factors, type FactorTraining, logOddsShift, trainExposure, trainRelevance } from './factors.js';
import type { DrawnBlock } from './tasks.js';
import type { Stage, WorldState } from './world_state.js';

/** What one stage drew. */
export interface StageSummary {
  readonly exposures: number;
  readonly clicks: number;
  /** Share of all pairs whose probability of exposure was capped at 1. */
  readonly cappedShare: number;
  /** What was added to log p_exp to meet the wished density. */
  readonly constant: number;
}

/** Users whose expectations stand for all, where there are too many pairs to visit. */
const SAMPLED_USERS = 1024;

/** What training and the first stage came to. */
export interface MadeWorld {
  readonly world: WorldState;
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
    const exposure = await trainExposure(data, this.training('exposure model', config.exposureModel));
    progress.end(`loss ${exposure.loss.toFixed(3)} on pairs held out`);
    this.making.collect?.();
    const start: WorldState = {
      config,
      users: data.userIds.length,
      items: data.itemIds.length,
      relevance: relevance.factors,
      exposure: exposure.factors,
      shift: config.correction === 'log-odds' ? logOddsShift(data) : sharedFloat32(data.userIds.length),
      firstConstant: 0,
      time,
    };
    const firstConstant = await this.solveDensity(start, 1);
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
    const constant = await this.solveDensity({ ...first, second }, 2);
    return {
      world: { ...first, second: { ...second, constant } },
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

  /**
   * The constant that, added to log p_exp, makes the expected exposures a user what was asked for: Newton's method on the
   * logarithm of the expectation, whose slope is the share that is below the cap.
   */
  private async solveDensity(state: WorldState, stage: Stage): Promise<number> {
    const { exposuresPerUser } = this.config;
    if (exposuresPerUser === undefined) return 0;
    const every = this.config.sampling === 'skip' ? Math.max(1, Math.ceil(state.users / SAMPLED_USERS)) : 1;
    const sampled = Math.ceil(state.users / every);
    const wished = exposuresPerUser * sampled;
    let constant = 0;
    this.progress.begin(`density of stage ${stage}`, 20);
    for (let step = 0; step < 20; step++) {
      const { total, free } = await this.making.draws.expect(state, stage, constant, every);
      this.progress.update(step + 1);
      if (Math.abs(total / wished - 1) < 1e-4) break;
      if (free === 0)
        throw new UserError(
          `--exposures-per-user ${exposuresPerUser} cannot be met: e(x, z) leaves too few items that may be shown`,
        );
      constant += log(wished / total) / Math.max(free / total, 0.1);
    }
    const from = every > 1 ? `, from ${sampled.toLocaleString('en')} users` : '';
    this.progress.end(`constant ${constant.toFixed(3)}${from}`);
    return constant;
  }
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
