import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { openBackend } from '../compute/index.js';
import { log } from '../compute/math.js';
import { filterInteractions, NO_FILTER } from '../datasets/filter.js';
import { countIds, type Interactions, SPLITS, sharedFloat32, userItems } from '../datasets/interactions.js';
import { labelOf, notesFor } from '../datasets/notes.js';
import type { Origin } from '../datasets/prepare.js';
import { writeIds } from '../datasets/store.js';
import { flush, writeDurably } from '../support/durable.js';
import { UserError } from '../support/errors.js';
import { collectWhereLarge } from '../support/garbage.js';
import { hashFile, hashOf } from '../support/hash.js';
import type { OutputFolder } from '../support/output.js';
import type { Progress } from '../support/progress.js';
import { PROGRAM, programBuild } from '../support/version.js';
import type { SimulationConfig } from './config.js';
import { Drawing, type DrawnSums, shardUsers } from './drawing.js';
import { type Factors, type FactorTraining, logOddsShift, trainExposure, trainRelevance } from './factors.js';
import { checkDrawable } from './gpu_world.js';
import { drawInParts, drawPart } from './parts.js';
import { checkSkippable } from './skip_sampler.js';
import type { DrawnBlock } from './worker.js';
import { readWorld, WORLD_FILES, writeWorld } from './world_files.js';
import type { Stage, WorldState } from './world_state.js';

export interface SimulationOptions {
  readonly config: SimulationConfig;
  /** The user's own exposure function, bundled by `bundleExposure`. */
  readonly source?: string | undefined;
  readonly workers?: number | undefined;
  /** Whether to write exposures.arrow, too. */
  readonly exposures?: boolean;
  /** Draw the final clicks in so many parts, and keep each: a run that was stopped goes on from what it left in the folder. */
  readonly parts?: number | undefined;
  /** Leave the parts as they are, in clicks/ and exposures/, instead of joining them. */
  readonly partitioned?: boolean | undefined;
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
  /** Ratings that were left out, since the same user had rated the same item before; absent where there were none. */
  readonly repeats?: number;
  /** What computed, where it was not the default backend. */
  readonly device?: string;
}

/**
 * Hash of everything that the simulated data depend on: ratings, configuration, the user's own function, this program. It stands as `inputs` in their
 * manifest.
 */
export function simulationInputs(
  data: Interactions,
  { config, source }: Pick<SimulationOptions, 'config' | 'source'>,
): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([programBuild(), config, source ?? null, data.name, data.userIds, data.itemIds]));
  for (const column of [data.user, data.item, data.rating, data.time])
    hash.update(column ? new Uint8Array(column.buffer, column.byteOffset, column.byteLength) : 'none');
  return hash.digest('hex');
}

/**
 * Runs both stages on explicit ratings and writes the simulated folder. Of several ratings that one user gave one
 * item the first counts: people come across pairs, and records would count some of them as several.
 */
export async function simulate(
  data: Interactions,
  origin: Origin,
  options: SimulationOptions,
  folder: OutputFolder,
  progress: Progress,
): Promise<SimulationSummary> {
  if (!data.rating)
    throw new UserError(`"${data.name}" has no ratings: the simulator learns relevance from explicit feedback`);
  const repeats = data.user.length - userItems(data).items.length;
  const pairs = repeats > 0 ? filterInteractions(data, NO_FILTER).data : data;
  const drawing = new Drawing(options.workers, progress);
  try {
    const ratings = { ...pairs, rating: pairs.rating ?? data.rating };
    return await new Simulation(
      ratings,
      repeats,
      simulationInputs(data, options),
      origin,
      options,
      folder,
      progress,
      drawing,
    ).run();
  } finally {
    await drawing.close();
  }
}

/** Users whose expectations stand for all, where there are too many pairs to visit. */
const SAMPLED_USERS = 1024;

/** What training and the first stage came to. */
interface MadeWorld {
  readonly world: WorldState;
  readonly relevanceError: number;
  readonly exposureLoss: number;
  readonly first: StageSummary;
}

const stageSchema = z.object({
  exposures: z.number(),
  clicks: z.number(),
  cappedShare: z.number(),
  constant: z.number(),
});

const checkpointSchema = z.object({
  relevanceError: z.number(),
  exposureLoss: z.number(),
  first: stageSchema,
  /** Hashes of the world's files. */
  files: z.record(z.string(), z.string()),
});

class Simulation {
  private readonly config: SimulationConfig;

  constructor(
    private readonly data: Interactions & { readonly rating: NonNullable<Interactions['rating']> },
    private readonly repeats: number,
    private readonly inputs: string,
    private readonly origin: Origin,
    private readonly options: SimulationOptions,
    private readonly folder: OutputFolder,
    private readonly progress: Progress,
    private readonly drawing: Drawing,
  ) {
    this.config = options.config;
  }

  async run(): Promise<SimulationSummary> {
    const { data, config, folder, options, drawing } = this;
    const title = (of: string): string =>
      `${of} simulated, ${options.source === undefined ? config.exposure.name : 'own exposure function'}`;
    const notes = notesFor(title(labelOf(data.name)));
    const { exposures = false, parts } = options;
    // What cannot work is said before anything is trained.
    if (config.sampling === 'skip') checkSkippable(config);
    if (config.backend === 'webgpu') checkDrawable(config);
    const kernels = await openBackend(config.backend);
    const { device } = kernels;
    kernels.close();
    if (parts !== undefined)
      shardUsers({ config, users: data.userIds.length, items: data.itemIds.length }, 1, parts, 'parts');
    const { world, relevanceError, exposureLoss, first } = await this.takeOrMake();
    const drawn = await (parts === undefined
      ? drawPart(drawing, world, notes, folder.partial, exposures)
      : drawInParts(drawing, world, notes, folder, exposures, parts, options.partitioned ?? false));
    const second = stageSummary(world, 2, drawn);
    if (second.cappedShare === 1) {
      throw new UserError(
        'e(x, z) takes every pair over the cap, so that all are shown to all: make it smaller, or set --exposures-per-user',
      );
    }
    if (second.clicks === 0)
      throw new UserError(
        'the second stage drew no click: e(x, z) hides everything, make it larger or set --exposures-per-user',
      );
    await this.makeRoom();
    await writeIds(folder, data, notes);
    if (parts === undefined) await writeWorld(folder, world);
    const summary: SimulationSummary = {
      ...{ users: world.users, items: world.items, relevanceError, exposureLoss, first, second },
      splits: Object.fromEntries(SPLITS.map((name, code) => [name, drawn.splits[code] as number])),
      shortUsers: drawn.shortUsers,
      ...(this.repeats > 0 && { repeats: this.repeats }),
      ...(config.backend && { device }),
    };
    await writeManifest(folder, { name: title(data.name), inputs: this.inputs, origin: this.origin, config, summary });
    return summary;
  }

  /** The world that a stopped run of the same simulation made, or one made now. */
  private async takeOrMake(): Promise<MadeWorld> {
    const { folder, options, config, inputs } = this;
    const { parts, exposures = false, partitioned = false } = options;
    if (parts === undefined) return this.make();
    folder.claim({ kind: 'a simulation in parts', run: hashOf({ inputs, parts, exposures, partitioned }) });
    const left = await this.checkpoint();
    if (left) return { ...left, world: { ...left.world, config } };
    const { world, ...rest } = await this.make();
    await this.makeRoom();
    await writeWorld(folder, world);
    const files: Record<string, string> = {};
    for (const name of WORLD_FILES) {
      const path = folder.file(name);
      if (!existsSync(path)) continue;
      flush(path);
      files[name] = await hashFile(path);
    }
    writeDurably(folder.state(CHECKPOINT), JSON.stringify({ ...rest, files }));
    return { world, ...rest };
  }

  /** What a stopped run came to before it drew the final clicks; undefined where there is none, or it is damaged. */
  private async checkpoint(): Promise<MadeWorld | undefined> {
    const { folder } = this;
    const path = folder.state(CHECKPOINT);
    if (!existsSync(path)) return undefined;
    try {
      const { files, ...rest } = checkpointSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
      return { ...rest, world: (await readWorld(folder.partial, files)).state };
    } catch {
      return undefined;
    }
  }

  /** Trains both models, draws the first stage, and finds out what the second one needs. */
  private async make(): Promise<MadeWorld> {
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
    collectWhereLarge();
    const exposure = await trainExposure(data, this.training('exposure model', config.exposureModel));
    progress.end(`loss ${exposure.loss.toFixed(3)} on pairs held out`);
    collectWhereLarge();
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
    const firstSums = await this.drawing.draw(first, 1, (block) => clicks.add(block));
    const clicked = clicks.interactions(data);
    if (clicked.user.length === 0)
      throw new UserError(
        `the first stage drew no click on ${firstSums.exposures} exposures of ${data.userIds.length} users: lower the location of --eps1, raise --exposures-per-user, or give more data`,
      );
    await this.makeRoom();
    const factors = await this.factors(exposure.factors, clicked);
    collectWhereLarge();
    const counts = countIds(clicked.item, first.items);
    const most = counts.reduce((a, b) => Math.max(a, b), 0);
    const popularity = sharedFloat32(first.items);
    counts.forEach((count, item) => {
      popularity[item] = count / most;
    });
    const second = { factors, popularity, constant: 0, source: this.options.source };
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
    await this.drawing.rest();
    collectWhereLarge();
  }

  private training(label: string, model: FactorTraining['model'], advice?: string): FactorTraining {
    const { progress, config } = this;
    progress.begin(`training the ${label}`, model.epochs);
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
      const { total, free } = await this.drawing.expect(state, stage, constant, every);
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

/** Where a simulation in parts keeps what it came to before the final draws. */
const CHECKPOINT = 'checkpoint.json';

function stageSummary(state: WorldState, stage: Stage, { exposures, clicks, capped }: DrawnSums): StageSummary {
  return {
    exposures,
    clicks,
    cappedShare: capped / (state.users * state.items),
    constant: stage === 1 ? state.firstConstant : (state.second?.constant ?? 0),
  };
}

/** Writes manifest.json of a simulated folder, with the hash of every other file. */
export async function writeManifest(
  folder: OutputFolder,
  what: {
    readonly name: string;
    readonly inputs: unknown;
    readonly origin: unknown;
    readonly config: SimulationConfig;
    readonly summary: SimulationSummary;
  },
): Promise<void> {
  const { name, inputs, origin, config, summary } = what;
  const files = await folder.hashes();
  const manifest = { kind: 'simulated', name, program: PROGRAM, inputs, origin, config, summary, files };
  folder.writeJson('manifest.json', manifest);
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
