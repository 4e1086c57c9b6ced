import { log } from '../compute/math.js';
import { countIds, type Interactions, SPLITS, sharedFloat32 } from '../datasets/interactions.js';
import type { Origin } from '../datasets/prepare.js';
import { writeIds } from '../datasets/store.js';
import { type Columns, TableWriter } from '../support/arrow.js';
import { UserError } from '../support/errors.js';
import type { OutputFolder } from '../support/output.js';
import { WorkerPool } from '../support/pool.js';
import type { Progress } from '../support/progress.js';
import { PROGRAM } from '../support/version.js';
import type { SimulationConfig } from './config.js';
import { type Factors, type FactorTraining, logOddsShift, trainExposure, trainRelevance } from './factors.js';
import type { DrawnBlock, Expectation, SimulationAnswer, SimulationTask } from './worker.js';
import { type Stage, type WorldState, writeWorld } from './world.js';

export interface SimulationOptions {
  readonly config: SimulationConfig;
  /** The user's own exposure function, bundled by `bundleExposure`. */
  readonly source?: string | undefined;
  readonly workers?: number | undefined;
  /** Whether to write exposures.arrow, too. */
  readonly exposures?: boolean;
}

/** What one stage drew. */
export interface StageSummary {
  readonly exposures: number;
  readonly clicks: number;
  /** Share of all pairs whose probability of exposure was capped at 1. */
  readonly cappedShare: number;
  /** What was added to log p_exp to meet the wished density. */
  readonly constant: number;
}

export interface SimulationSummary {
  readonly users: number;
  readonly items: number;
  /** Root mean squared error of the relevance model on ratings held out. */
  readonly relevanceError: number;
  /** Cross-entropy of the exposure model on pairs held out. */
  readonly exposureLoss: number;
  readonly first: StageSummary;
  readonly second: StageSummary;
  readonly splits: Readonly<Record<string, number>>;
  /** Users whose clicks are too few to leave two out; all of them are for training. */
  readonly shortUsers: number;
}

/** Pairs a task covers, about; fixed, so that record batches do not depend on the number of workers. */
const PAIRS_A_TASK = 2_000_000;
/** Where pairs are skipped, a task has so many users, and expectations are those of about so many, evenly chosen. */
const USERS_A_TASK = 2048;
const SAMPLED_USERS = 1024;

/** Runs both stages on explicit ratings and writes the simulated folder (DESIGN, "Files that users see"). */
export async function simulate(
  data: Interactions,
  origin: Origin,
  options: SimulationOptions,
  folder: OutputFolder,
  progress: Progress,
): Promise<SimulationSummary> {
  if (!data.rating)
    throw new UserError(`"${data.name}" has no ratings: the simulator learns relevance from explicit feedback`);
  const pool = new WorkerPool<SimulationTask, SimulationAnswer>(
    new URL('./worker.js', import.meta.url),
    options.workers,
  );
  try {
    return await new Simulation({ ...data, rating: data.rating }, origin, options, folder, progress, pool).run();
  } finally {
    await pool.close();
  }
}

class Simulation {
  private version = 0;
  private readonly config: SimulationConfig;

  constructor(
    private readonly data: Interactions & { readonly rating: Float32Array },
    private readonly origin: Origin,
    private readonly options: SimulationOptions,
    private readonly folder: OutputFolder,
    private readonly progress: Progress,
    private readonly pool: WorkerPool<SimulationTask, SimulationAnswer>,
  ) {
    this.config = options.config;
  }

  async run(): Promise<SimulationSummary> {
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
    const exposure = await trainExposure(data, this.training('exposure model', config.exposureModel));
    progress.end(`loss ${exposure.loss.toFixed(3)} on pairs held out`);
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
    const firstSummary = await this.draw(first, 1, (block) => clicks.add(block));
    const clicked = clicks.interactions(data);
    if (clicked.user.length === 0)
      throw new UserError('the first stage drew no click: lower the location of --eps1, or raise --exposures-per-user');
    const factors = await this.factors(exposure.factors, clicked);
    const counts = countIds(clicked.item, first.items);
    const most = counts.reduce((a, b) => Math.max(a, b), 0);
    const popularity = sharedFloat32(first.items);
    counts.forEach((count, item) => {
      popularity[item] = count / most;
    });
    const second = { factors, popularity, constant: 0, source: this.options.source };
    const constant = await this.solveDensity({ ...first, second }, 2);
    const world: WorldState = { ...first, second: { ...second, constant } };
    const writer = new ResultWriter(this.folder, this.options.exposures ?? false);
    const secondSummary = await this.draw(world, 2, (block) => writer.add(block));
    await writer.close();
    if (secondSummary.cappedShare === 1) {
      throw new UserError(
        'e(x, z) takes every pair over the cap, so that all are shown to all: make it smaller, or set --exposures-per-user',
      );
    }
    if (secondSummary.clicks === 0)
      throw new UserError(
        'the second stage drew no click: e(x, z) hides everything, make it larger or set --exposures-per-user',
      );
    await writeIds(this.folder, data);
    writeWorld(this.folder, world);
    const summary: SimulationSummary = {
      users: world.users,
      items: world.items,
      relevanceError: relevance.error,
      exposureLoss: exposure.loss,
      first: firstSummary,
      second: secondSummary,
      splits: Object.fromEntries(SPLITS.map((name, code) => [name, writer.splits[code] as number])),
      shortUsers: writer.shortUsers,
    };
    const { name } = data;
    this.folder.writeJson('manifest.json', {
      kind: 'simulated',
      name: `${name} simulated, ${this.options.source === undefined ? config.exposure.name : 'own exposure function'}`,
      program: PROGRAM,
      origin: this.origin,
      config,
      summary,
      files: await this.folder.hashes(),
    });
    return summary;
  }

  private training(label: string, model: FactorTraining['model']): FactorTraining {
    const { progress, config } = this;
    progress.begin(`training the ${label}`, model.epochs);
    return {
      seed: config.seed,
      dim: config.dim,
      model,
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
      this.training('factors of first-stage clicks', config.exposureModel),
    );
    progress.end(`loss ${loss.toFixed(3)} on pairs held out`);
    return { dim: factors.dim, x: factors.user, z: factors.item };
  }

  private *tasks(state: WorldState, stage: Stage, work: SimulationTask['work']): Generator<SimulationTask> {
    const version = ++this.version;
    const isDrawn = work.kind === 'draw' && state.config.sampling === 'skip';
    const every = work.kind === 'expect' ? work.every : 1;
    const step = isDrawn ? USERS_A_TASK : every * Math.max(16, Math.floor(PAIRS_A_TASK / state.items / 16) * 16);
    for (let from = 0; from < state.users; from += step) {
      yield { state, version, stage, work, from, to: Math.min(from + step, state.users) };
    }
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
      let [total, free] = [0, 0];
      await this.pool.runInOrder(this.tasks(state, stage, { kind: 'expect', constant, every }), (answer) => {
        const { total: t, free: f } = answer as Expectation;
        total += t;
        free += f;
      });
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

  private async draw(
    state: WorldState,
    stage: Stage,
    take: (block: DrawnBlock) => void | Promise<void>,
  ): Promise<StageSummary> {
    let [exposures, clicks, capped] = [0, 0, 0];
    this.progress.begin(`drawing stage ${stage}`, state.users);
    let done = 0;
    await this.pool.runInOrder(this.tasks(state, stage, { kind: 'draw' }), async (answer) => {
      const block = answer as DrawnBlock;
      exposures += block.user.length;
      for (const click of block.clicked) clicks += click;
      capped += block.capped;
      await take(block);
      done = (block.user.at(-1) ?? done) + 1;
      this.progress.update(done);
    });
    this.progress.end(`${clicks.toLocaleString('en')} clicks on ${exposures.toLocaleString('en')} exposures`);
    return {
      exposures,
      clicks,
      cappedShare: capped / (state.users * state.items),
      constant: stage === 1 ? state.firstConstant : (state.second?.constant ?? 0),
    };
  }
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

/** Streams final clicks, and exposures where asked, to Arrow files. */
class ResultWriter {
  readonly splits = [0, 0, 0];
  shortUsers = 0;
  private readonly clicks: TableWriter;
  private readonly exposures: TableWriter | undefined;

  constructor(folder: OutputFolder, exposures: boolean) {
    this.clicks = new TableWriter(folder.file('clicks.arrow'));
    this.exposures = exposures ? new TableWriter(folder.file('exposures.arrow')) : undefined;
  }

  async add(block: DrawnBlock): Promise<void> {
    this.shortUsers += block.shortUsers;
    block.split.forEach((code, row) => {
      if (block.clicked[row] === 1) (this.splits[code] as number)++;
    });
    const columns = (keep: (row: number) => boolean): Columns => ({
      user: { kind: 'int32', values: block.user.filter((_, row) => keep(row)) },
      item: { kind: 'int32', values: block.item.filter((_, row) => keep(row)) },
      time: { kind: 'seconds', values: block.time.filter((_, row) => keep(row)) },
      p_relevance: { kind: 'float32', values: block.relevance.filter((_, row) => keep(row)) },
      p_exposure: { kind: 'float32', values: block.exposure.filter((_, row) => keep(row)) },
    });
    const isClick = (row: number): boolean => block.clicked[row] === 1;
    await this.clicks.append({
      ...columns(isClick),
      split: { kind: 'names', values: block.split.filter((_, row) => isClick(row)), names: SPLITS },
    });
    await this.exposures?.append({
      ...columns(() => true),
      clicked: { kind: 'int32', values: Int32Array.from(block.clicked) },
    });
  }

  async close(): Promise<void> {
    await this.clicks.close();
    await this.exposures?.close();
  }
}
