import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { openBackend } from '../compute/index.js';
import type { Features } from '../datasets/features.js';
import { filterInteractions, NO_FILTER } from '../datasets/filter.js';
import { type Interactions, SPLITS, userItems } from '../datasets/interactions.js';
import { labelOf, notesFor } from '../datasets/notes.js';
import { type TableFormat, writeParquetBeside } from '../datasets/parquet_tables.js';
import type { Origin } from '../datasets/prepare.js';
import { writeIds } from '../datasets/store.js';
import type { TableNotes } from '../support/arrow_writer.js';
import { flush, readState, writeDurably } from '../support/durable.js';
import { UserError } from '../support/errors.js';
import { collectWhereLarge } from '../support/garbage.js';
import { hashFile, hashOf } from '../support/hash.js';
import { leftPath, type OutputFolder } from '../support/output.js';
import { truePath } from '../support/paths.js';
import type { Progress } from '../support/progress.js';
import { PROGRAM, programBuild } from '../support/version.js';
import type { Calibration } from './calibration.js';
import type { SimulationConfig } from './config.js';
import { Drawing } from './drawing.js';
import { shardUsers } from './draws.js';
import type { ExposureEffect } from './effect.js';
import { featuresOf, neededFeatures } from './exposure/features.js';
import { checkDrawable } from './gpu_world.js';
import { drawInParts, drawKept, drawPart, missingParts, type PartDrawer } from './parts.js';
import { checkSkippable } from './skip_sampler.js';
import { readWorld, WORLD_FILES, writeWorld } from './world_files.js';
import {
  type MadeWorld,
  type RatedInteractions,
  type StageSummary,
  stageSummary,
  type Volume,
  WorldMaker,
} from './world_maker.js';

export interface SimulationOptions {
  readonly config: SimulationConfig;
  /** The user's own exposure function, bundled by `bundleExposure`. */
  readonly source?: string | undefined;
  /** Of users and items, in the order of the ratings' ids. */
  readonly features?: Partial<Features> | undefined;
  readonly workers?: number | undefined;
  /** Whether to write exposures.arrow, too. */
  readonly exposures?: boolean;
  /** Draw the final clicks in so many parts, and keep each: a run that was stopped goes on from what it left in the folder. */
  readonly parts?: number | undefined;
  /** Leave the parts as they are, in clicks/ and exposures/, instead of joining them. */
  readonly partitioned?: boolean | undefined;
  /** Draws parts elsewhere; goes with `parts`. */
  readonly elsewhere?: ((notes: TableNotes) => PartDrawer) | undefined;
  /** Of tables; Parquet is written beside Arrow. */
  readonly format?: TableFormat | undefined;
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
  /** How many exposures stage two is expected to have, and would have with e = 0, and with e(x, z) alone. */
  readonly volume: Volume;
  /** What e(x, z) did; absent where it is 0. */
  readonly effect?: ExposureEffect;
  /** Absent where the exposure model was not calibrated. */
  readonly calibration?: Calibration;
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
  { config, source, features = {} }: Pick<SimulationOptions, 'config' | 'source' | 'features'>,
): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([programBuild(), config, source ?? null, data.name, data.userIds, data.itemIds]));
  for (const column of [data.user, data.item, data.rating, data.time])
    hash.update(column ? new Uint8Array(column.buffer, column.byteOffset, column.byteLength) : 'none');
  for (const { columns } of Object.values(features))
    for (const { name, kind, values, names } of columns) {
      hash.update(JSON.stringify([name, kind]));
      for (const array of [values, names?.bytes, names?.ends])
        if (array) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    }
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
  return withSimulation(data, origin, options, folder, progress, (simulation) => simulation.run());
}

/**
 * Makes the world of a simulation in parts, and leaves it in the folder: `drawPartsOf` draws from it on any machine that sees the folder, and
 * `simulate` goes on from there.
 */
export async function makeWorldOf(
  data: Interactions,
  origin: Origin,
  options: SimulationOptions & { readonly parts: number },
  folder: OutputFolder,
  progress: Progress,
): Promise<void> {
  await withSimulation(data, origin, options, folder, progress, (simulation) => simulation.begin());
}

async function withSimulation<Result>(
  data: Interactions,
  origin: Origin,
  options: SimulationOptions,
  folder: OutputFolder,
  progress: Progress,
  work: (simulation: Simulation) => Promise<Result>,
): Promise<Result> {
  if (!data.rating)
    throw new UserError(`"${data.name}" has no ratings: the simulator learns relevance from explicit feedback`);
  const repeats = data.user.length - userItems(data).items.length;
  const pairs = repeats > 0 ? filterInteractions(data, NO_FILTER).data : data;
  const drawing = new Drawing(options.workers, progress);
  try {
    const ratings = { ...pairs, rating: pairs.rating ?? data.rating };
    const inputs = simulationInputs(data, options);
    return await work(new Simulation(ratings, repeats, inputs, origin, options, folder, progress, drawing));
  } finally {
    await drawing.close();
  }
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
  volume: z.object({ atZero: z.number(), alone: z.number(), exposures: z.number() }),
  calibration: z.custom<Calibration>((value) => typeof value === 'object').optional(),
  /** Hashes of the world's files. */
  files: z.record(z.string(), z.string()),
  /** What is to be drawn of it. */
  draws: z.object({ parts: z.number().int(), exposures: z.boolean(), label: z.string() }),
});

/** Reads what was made before the final draws. Throws UserError where there is none. */
async function readCheckpoint(partial: string, file: string) {
  const parsed = checkpointSchema.safeParse(readState(file));
  if (!parsed.success) throw new UserError(`"${partial}" holds no world to draw from: is it made yet?`);
  const { files, ...rest } = parsed.data;
  return { ...rest, world: (await readWorld(partial, files)).state };
}

/** Numbers of the parts of a stopped simulation that are not drawn; all of them where it has no world yet. */
export async function partsLeft(out: string, count: number): Promise<number[]> {
  const parsed = checkpointSchema.safeParse(readState(leftPath(out, CHECKPOINT)));
  const all = Array.from({ length: count }, (_, k) => k + 1);
  if (!parsed.success || parsed.data.draws.parts !== count) return all;
  return missingParts((number) => leftPath(out, join('parts', String(number))), { ...parsed.data.draws, count });
}

/** Draws parts, by their numbers, of a world that `makeWorldOf` left; `stop` ends it between two of them. Returns how many were drawn. */
export async function drawPartsOf(
  out: string,
  numbers: readonly number[],
  workers: number | undefined,
  progress: Progress,
  stop?: AbortSignal,
): Promise<number> {
  const { world, draws } = await readCheckpoint(`${truePath(out)}.partial`, leftPath(out, CHECKPOINT));
  const drawing = new Drawing(workers, progress);
  let drawn = 0;
  try {
    for (const number of numbers) {
      if (stop?.aborted) break;
      const path = leftPath(out, join('parts', String(number)));
      const options = { exposures: draws.exposures, count: draws.parts };
      await drawKept(drawing, world, notesFor(draws.label), path, number, options);
      drawn++;
    }
  } finally {
    await drawing.close();
  }
  return drawn;
}

class Simulation {
  private readonly config: SimulationConfig;
  private readonly features: Features | undefined;

  constructor(
    private readonly data: RatedInteractions,
    private readonly repeats: number,
    private readonly inputs: string,
    private readonly origin: Origin,
    private readonly options: SimulationOptions,
    private readonly folder: OutputFolder,
    private readonly progress: Progress,
    private readonly drawing: Drawing,
  ) {
    this.config = options.config;
    // What cannot work is said before anything is trained.
    this.features = neededFeatures(this.config, () => featuresOf(data, options.features));
  }

  private title(of: string): string {
    const { options, config } = this;
    return `${of} simulated, ${options.source === undefined ? config.exposure.name : 'own exposure function'}`;
  }

  private get notes(): TableNotes {
    return notesFor(this.title(labelOf(this.data.name)));
  }

  /** What comes before the final draws. What cannot work is said before anything is trained. */
  async begin(): Promise<MadeWorld & { readonly device: string }> {
    const { data, config, options } = this;
    const { parts } = options;
    if (config.sampling === 'skip') checkSkippable(config);
    if (config.backend === 'webgpu') checkDrawable(config);
    const kernels = await openBackend(config.backend);
    const { device } = kernels;
    kernels.close();
    if (parts !== undefined)
      shardUsers({ config, users: data.userIds.length, items: data.itemIds.length }, 1, parts, 'parts');
    return { ...(await this.takeOrMake()), device };
  }

  async run(): Promise<SimulationSummary> {
    const { data, config, folder, options, drawing, notes } = this;
    const { exposures = false, parts, partitioned = false, elsewhere } = options;
    const { world, relevanceError, exposureLoss, first, volume, calibration, device } = await this.begin();
    const effect = config.exposure.name === 'none' ? undefined : await drawing.effect(world);
    const drawn = await (parts === undefined
      ? drawPart(drawing, world, notes, folder.partial, exposures)
      : drawInParts(drawing, world, notes, folder, {
          ...{ exposures, count: parts, partitioned },
          elsewhere: elsewhere?.(notes),
        }));
    const second = stageSummary(world, 2, drawn);
    if (second.cappedShare === 1) {
      throw new UserError(
        'every pair is shown for certain, so that all are shown to all: make e(x, z) or eps2 smaller, or set --exposures-per-user',
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
      ...{ users: world.users, items: world.items, relevanceError, exposureLoss, first, second, volume },
      ...(effect && { effect }),
      ...(calibration && { calibration }),
      splits: Object.fromEntries(SPLITS.map((name, code) => [name, drawn.splits[code] as number])),
      shortUsers: drawn.shortUsers,
      ...(this.repeats > 0 && { repeats: this.repeats }),
      ...(config.backend && { device }),
    };
    if (options.format === 'parquet') await writeParquetBeside(folder);
    await writeManifest(folder, {
      name: this.title(data.name),
      inputs: this.inputs,
      origin: this.origin,
      config,
      summary,
    });
    return summary;
  }

  /** The world that a stopped run of the same simulation made, or one made now. */
  private async takeOrMake(): Promise<MadeWorld> {
    const { folder, options, config, inputs } = this;
    const { parts, exposures = false, partitioned = false, format = 'arrow' } = options;
    if (parts === undefined) return this.make();
    const run = hashOf({ inputs, parts, exposures, partitioned, format });
    folder.claim({ kind: 'a simulation in parts', run });
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
    const draws = { parts, exposures, label: this.title(labelOf(this.data.name)) };
    writeDurably(folder.state(CHECKPOINT), JSON.stringify({ ...rest, files, draws }));
    return { world, ...rest };
  }

  /** What a stopped run came to before it drew the final clicks; undefined where there is none, or it is damaged. */
  private async checkpoint(): Promise<MadeWorld | undefined> {
    const { folder } = this;
    const path = folder.state(CHECKPOINT);
    if (!existsSync(path)) return undefined;
    try {
      return await readCheckpoint(folder.partial, path);
    } catch {
      return undefined;
    }
  }

  /** Gives back what workers hold and what is no longer used: training, and writing a large world, need the memory. */
  private async makeRoom(): Promise<void> {
    await this.drawing.rest();
    collectWhereLarge();
  }

  /** Trains both models, draws the first stage, and finds out what the second one needs. */
  private make(): Promise<MadeWorld> {
    const { data, config, options, drawing, progress } = this;
    const { source } = options;
    const { features } = this;
    return new WorldMaker(data, {
      config,
      source,
      features,
      draws: drawing,
      progress,
      collect: collectWhereLarge,
    }).make();
  }
}

/** Where a simulation in parts keeps what it came to before the final draws. */
const CHECKPOINT = 'checkpoint.json';

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
