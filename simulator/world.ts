import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { keyWords, stream, WasmKernels, type WasmTensor } from '../compute/index.js';
import { sharedFloat32 } from '../datasets/interactions.js';
import { type DataManifest, readManifest } from '../datasets/store.js';
import { checkedFile, checkedIfThere, type FileHashes } from '../support/contents.js';
import { readState } from '../support/durable.js';
import { UserError } from '../support/errors.js';
import type { OutputFolder } from '../support/output.js';
import { readArrays, writeArrays } from '../support/tensors.js';
import { type SimulationConfig, simulationSchema } from './config.js';
import { customExposure } from './exposure/custom.js';
import type { ExposureContext, ExposureRows } from './exposure/exposure.js';
import { exposureFunctions, exposureSettings } from './exposure/registry.js';
import type { Factors } from './factors.js';
import { makeNoise, type Noise } from './noise.js';
import { boundsOf, checkSkippable, SkipSampler } from './skip_sampler.js';
import type { RelevanceTruth } from './truth.js';

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
  /** Seconds since 1970 between which exposures are drawn. */
  readonly time: readonly [number, number];
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
  /** Pairs whose probability was capped. */
  readonly capped: number;
}

const BLOCK = 16;

/**
 * The truth behind a simulation (DESIGN decision 8): answers p_rel and p_exp of any pair, and draws exposures and clicks. Each
 * draw belongs to (seed, stage, user, item), so worlds that differ in e(x, z) alone share their draws.
 */
export class World implements RelevanceTruth {
  readonly kernels = new WasmKernels();
  private readonly relevanceItems: WasmTensor;
  private readonly relevanceBias: Float32Array;
  /** [dim, items]. */
  readonly exposureTransposed: WasmTensor;
  private readonly exposureUsers: WasmTensor;
  readonly eps1: Noise;
  readonly eps2: Noise;
  /** e(x, z) of stage two; absent where it is 0, and then `extra` stays so. */
  private rows: ExposureRows | undefined;
  /** [BLOCK, items]: exposure logits, and e(x, z), of the current block of users. */
  private readonly logits: WasmTensor;
  private readonly extra: WasmTensor;
  /** [items]: eps2 and log p_exp of the current user. */
  private readonly noise: WasmTensor;
  private readonly row: WasmTensor;
  /** [items]: columns of what is drawn for the current user. */
  private readonly lists: Record<'items' | 'probability' | 'relevance' | 'clicked' | 'time' | 'part', WasmTensor>;
  private readonly sums: WasmTensor;
  private block = { first: -1, stage: 1 as Stage };
  /** Draws without visiting every item, where the configuration says so. */
  private skip: SkipSampler | undefined;
  private readonly exposureItems: WasmTensor;

  private constructor(readonly state: WorldState) {
    const { kernels } = this;
    const { items, relevance, exposure, config } = state;
    const make = (values: Float32Array, width: number): WasmTensor =>
      kernels.tensor(values, [values.length / width, width]);
    this.relevanceItems = make(relevance.item, relevance.dim);
    this.relevanceBias = relevance.itemBias;
    this.exposureUsers = make(exposure.user, exposure.dim);
    const exposureItems = make(exposure.item, exposure.dim);
    this.exposureItems = exposureItems;
    this.exposureTransposed = transposed(kernels, exposureItems);
    const splitTail = config.sampling === 'skip';
    this.eps1 = makeNoise(kernels, config.eps1, 'eps1', config.seed, this.exposureUsers, exposureItems);
    this.eps2 = makeNoise(kernels, config.eps2, 'eps2', config.seed, this.exposureUsers, exposureItems, splitTail);
    this.logits = kernels.zeros([BLOCK, items]);
    this.extra = kernels.zeros([BLOCK, items]);
    this.noise = kernels.zeros([items]);
    this.row = kernels.zeros([items]);
    this.sums = kernels.zeros([4]);
    this.lists = {
      items: kernels.zeros([items + 16], 'int32'),
      probability: kernels.zeros([items + 16]),
      relevance: kernels.zeros([items]),
      clicked: kernels.zeros([items], 'int32'),
      time: kernels.zeros([items], 'int32'),
      part: kernels.zeros([items], 'int32'),
    };
  }

  get users(): number {
    return this.state.users;
  }

  get items(): number {
    return this.state.items;
  }

  /** A world with its exposure function ready. Throws UserError where the function cannot be made. */
  static async create(state: WorldState): Promise<World> {
    const { second, config } = state;
    const world = new World(state);
    if (second?.source !== undefined) world.rows = await customExposure(second.source, world.context());
    else if (second && config.exposure.name !== 'none') {
      const definition = exposureFunctions.get(config.exposure.name);
      world.rows = definition.create(world.context(), exposureSettings(definition, config.exposure.settings) as never);
    }
    if (config.sampling === 'skip') {
      checkSkippable(config);
      const vectors = { users: world.exposureUsers, items: world.exposureItems };
      world.skip = new SkipSampler(world.kernels, state, vectors, world.eps2, boundsOf(world.rows, config));
    }
    return world;
  }

  /** What an exposure function sees; its tensors are made when they are first looked at, since those of many users are large. */
  private context(): ExposureContext {
    const { kernels, state } = this;
    const { users, items, config } = state;
    const second = state.second as NonNullable<WorldState['second']>;
    const { dim, x, z } = second.factors;
    const made: Record<string, WasmTensor> = {};
    const once = (name: string, make: () => WasmTensor): WasmTensor => {
      made[name] ??= make();
      return made[name];
    };
    return {
      ...{ kernels, seed: config.seed, users, items, dim, popularity: second.popularity },
      get x() {
        return once('x', () => kernels.tensor(x, [users, dim]));
      },
      get z() {
        return once('z', () => kernels.tensor(z, [items, dim]));
      },
      get zTransposed() {
        return once('zTransposed', () => transposed(kernels, this.z as WasmTensor));
      },
    };
  }

  /** Computes exposure logits, and e(x, z) for stage two, for the block of users that holds `user`. */
  private prepareBlock(user: number, stage: Stage): void {
    const first = user - (user % BLOCK);
    if (this.block.first === first && this.block.stage >= stage) return;
    const { kernels, state, logits } = this;
    const { exposure, items } = state;
    const count = Math.min(BLOCK, state.users - first);
    const values = kernels.floats(logits);
    for (let r = 0; r < count; r++) values.set(exposure.itemBias, r * items);
    kernels.raw.matmul(
      count,
      items,
      exposure.dim,
      this.exposureUsers.address + first * exposure.dim * 4,
      exposure.dim,
      1,
      this.exposureTransposed.address,
      logits.address,
      false,
    );
    if (stage === 2 && this.rows) {
      this.rows.fill(first, count, this.extra, items);
      if (state.second?.source !== undefined || state.config.exposure.name === 'expression')
        this.refuseNaN(first, count);
    }
    this.block = { first, stage };
  }

  /** Whether stage two adds an e(x, z) that is not 0 everywhere. */
  get hasExtra(): boolean {
    return this.rows !== undefined;
  }

  /** e(x, z) of `count` users from `first` on with every item, where there is one: [count, items]. Throws UserError for a value that is none. */
  extraRows(first: number, count: number): Float32Array | undefined {
    const { items } = this.state;
    if (!this.rows) return undefined;
    const out = new Float32Array(count * items);
    this.block = { first: -1, stage: 1 };
    for (let done = 0; done < count; done += BLOCK) {
      const some = Math.min(BLOCK, count - done);
      this.rows.fill(first + done, some, this.extra, items);
      this.refuseNaN(first + done, some);
      out.set(this.kernels.floats(this.extra).subarray(0, some * items), done * items);
    }
    return out;
  }

  private refuseNaN(first: number, count: number): void {
    const { items } = this.state;
    const values = this.kernels.floats(this.extra);
    for (let k = 0; k < count * items; k++) {
      const value = values[k] as number;
      if (Number.isNaN(value) || value === Number.POSITIVE_INFINITY) {
        throw new UserError(
          `the exposure function returned ${value} for user ${first + Math.floor(k / items)}, item ${k % items}: it must return a number (or -Infinity for never)`,
        );
      }
    }
  }

  /** What the kernels need for log p_exp of a user and every item, with `constant` added in the stage's own step. */
  private rowArguments(user: number, stage: Stage, constant: number) {
    this.prepareBlock(user, stage);
    const { state } = this;
    this.eps2.row(user, this.noise);
    const offset = (user % BLOCK) * state.items * 4;
    const shift = (state.exposure.userBias[user] as number) + (state.shift[user] as number);
    const first = stage === 1 ? constant : state.firstConstant;
    const extra = stage === 2 ? this.extra.address + offset : 0;
    return [
      state.items,
      this.logits.address + offset,
      shift,
      state.config.power,
      this.noise.address,
      first,
      extra,
      constant,
    ] as const;
  }

  /** Writes log p_exp of the user and every item to `row`. */
  private fillLogs(user: number, stage: Stage, constant: number): void {
    const [items, logits, shift, power, noise, first, extra, second] = this.rowArguments(user, stage, constant);
    this.kernels.raw.logExposure(items, logits, shift, power, noise, first, extra, second, this.row.address);
  }

  /** Writes R^ of (user, items[0 .. count)), the noise not yet subtracted, to `out`; of every item where no list is given. */
  private fillRatings(user: number, list: WasmTensor | undefined, count: number, out: WasmTensor): void {
    const { kernels, state } = this;
    const { raw } = kernels;
    const { relevance } = state;
    const { dim } = relevance;
    kernels.scope(() => {
      const own = kernels.tensor(relevance.user.subarray(user * dim, (user + 1) * dim));
      const vectors = list ? kernels.empty([count, dim]) : this.relevanceItems;
      if (list) raw.gather(count, dim, this.relevanceItems.address, list.address, vectors.address);
      const values = kernels.floats(out);
      const items = list && kernels.integers(list);
      const bias = relevance.userBias[user] as number;
      for (let k = 0; k < count; k++)
        values[k] = bias + (this.relevanceBias[items ? (items[k] as number) : k] as number);
      raw.matmul(count, 1, dim, vectors.address, dim, 1, own.address, out.address, false);
    });
  }

  /** Writes p_rel of (user, items[0 .. count)) to `out`. */
  private fillRelevance(user: number, list: WasmTensor, count: number, out: WasmTensor): void {
    const { kernels } = this;
    kernels.scope(() => {
      const scores = kernels.empty([count]);
      const noise = kernels.empty([count]);
      this.fillRatings(user, list, count, scores);
      this.eps1.listed(user, list, count, noise);
      kernels.raw.sigmoidOfDifference(count, scores.address, noise.address, out.address);
    });
  }

  /** p_exp of the user and every item. */
  exposureRow(user: number, stage: Stage = 2): Float32Array {
    this.fillLogs(user, stage, this.constant(stage));
    const { kernels } = this;
    return kernels.scope(() => kernels.floats(kernels.exp(this.row)).slice());
  }

  /** p_rel of the user and every item. */
  relevanceRow(user: number): Float32Array {
    const { kernels, state } = this;
    return kernels.scope(() => {
      const [scores, noise] = [kernels.empty([state.items]), kernels.empty([state.items])];
      this.fillRatings(user, undefined, state.items, scores);
      this.eps1.row(user, noise);
      const out = this.lists.relevance;
      kernels.raw.sigmoidOfDifference(state.items, scores.address, noise.address, out.address);
      return kernels.floats(out).slice();
    });
  }

  /** p_rel of the user and listed items, in their order. */
  relevanceOf(user: number, items: Int32Array): Float32Array {
    const { kernels } = this;
    return kernels.scope(() => {
      const out = kernels.empty([items.length]);
      this.fillRelevance(user, kernels.tensor(items), items.length, out);
      return kernels.floats(out).slice();
    });
  }

  /**
   * Scores of every item that order them as relevance does without the noise of the pair itself, which nobody could learn from other
   * pairs: the noise of users, of items and of their factors stays.
   */
  learnableRow(user: number): Float32Array {
    const { kernels, state } = this;
    return kernels.scope(() => {
      const scores = kernels.empty([state.items]);
      this.fillRatings(user, undefined, state.items, scores);
      const values = kernels.floats(scores).slice();
      if (this.eps1.isOfPairs) return values;
      const noise = kernels.empty([state.items]);
      this.eps1.row(user, noise);
      const eps1 = kernels.floats(noise);
      return values.map((value, item) => value - (eps1[item] as number));
    });
  }

  /** p_rel and p_exp of pairs given as two columns of ids. Throws RangeError for an id outside the world. */
  probabilities(
    users: ArrayLike<number>,
    items: ArrayLike<number>,
  ): { relevance: Float32Array; exposure: Float32Array } {
    const relevance = new Float32Array(users.length);
    const exposure = new Float32Array(users.length);
    const order = Array.from({ length: users.length }, (_, k) => k).sort(
      (a, b) => (users[a] as number) - (users[b] as number),
    );
    let current = -1;
    let rows: [Float32Array, Float32Array] = [relevance, exposure];
    for (const k of order) {
      const [user, item] = [users[k] as number, items[k] as number];
      if (!(user >= 0 && user < this.state.users && item >= 0 && item < this.state.items)) {
        throw new RangeError(
          `no pair (${user}, ${item}) in a world of ${this.state.users} users and ${this.state.items} items`,
        );
      }
      if (user !== current) rows = [this.relevanceRow(user), this.exposureRow(user)];
      current = user;
      relevance[k] = rows[0][item] as number;
      exposure[k] = rows[1][item] as number;
    }
    return { relevance, exposure };
  }

  /** The constant that a stage adds to log p_exp. */
  constant(stage: Stage): number {
    return stage === 1 ? this.state.firstConstant : (this.state.second?.constant ?? 0);
  }

  /** Expected exposures of a user if the stage's constant were another: all of them, and those below the cap. */
  expectedExposures(user: number, stage: Stage, constant: number): { total: number; free: number } {
    this.fillLogs(user, stage, constant);
    this.kernels.raw.expectedCount(this.state.items, this.row.address, this.sums.address);
    return { total: this.kernels.double(this.sums, 0), free: this.kernels.double(this.sums, 1) };
  }

  /** Draws the exposures of a user by visiting every item. */
  private drawPairs(user: number, stage: Stage): { count: number; capped: number } {
    const { kernels, lists, state } = this;
    const { raw } = kernels;
    const [k0, k1] = keyWords(state.config.seed);
    const [n, logits, shift, power, noise, first, extra, second] = this.rowArguments(user, stage, this.constant(stage));
    const count = raw.drawExposures(
      n,
      logits,
      shift,
      power,
      noise,
      first,
      extra,
      second,
      user,
      STREAMS.exposure[stage],
      k0,
      k1,
      lists.items.address,
      lists.probability.address,
      this.row.address,
    );
    return { count, capped: raw.lastCapped() };
  }

  /** Draws a user's exposures, clicks and times. */
  draw(user: number, stage: Stage): DrawnUser {
    const { kernels, lists, state } = this;
    const { raw } = kernels;
    const [k0, k1] = keyWords(state.config.seed);
    const { items, probability, relevance, clicked, time, part } = lists;
    const { count, capped } = this.skip
      ? this.skip.draw(user, stage, { first: state.firstConstant, second: this.constant(stage) }, items, probability)
      : this.drawPairs(user, stage);
    this.fillRelevance(user, items, count, relevance);
    const span = state.time[1] - state.time[0];
    raw.drawOutcomes(
      count,
      items.address,
      relevance.address,
      user,
      STREAMS.outcome[stage],
      k0,
      k1,
      span,
      clicked.address,
      time.address,
      part.address,
    );
    return {
      count,
      items: kernels.integers(items).subarray(0, count),
      exposure: kernels.floats(probability).subarray(0, count),
      relevance: kernels.floats(relevance).subarray(0, count),
      clicked: kernels.integers(clicked).subarray(0, count),
      time: kernels.integers(time).subarray(0, count),
      part: kernels.integers(part).subarray(0, count),
      capped,
    };
  }
}

/** Streams of what is drawn for pairs. */
export const STREAMS = {
  exposure: { 1: stream('simulator exposure 1'), 2: stream('simulator exposure 2') },
  outcome: { 1: stream('simulator outcome 1'), 2: stream('simulator outcome 2') },
} as const;

function transposed(kernels: WasmKernels, matrix: WasmTensor): WasmTensor {
  const [rows, columns] = matrix.shape as [number, number];
  const out = kernels.zeros([columns, rows]);
  kernels.raw.transpose(rows, columns, matrix.address, out.address);
  return out;
}

const worldSchema = z.object({
  config: simulationSchema,
  users: z.number().int(),
  items: z.number().int(),
  firstConstant: z.number(),
  secondConstant: z.number(),
  time: z.tuple([z.number(), z.number()]),
});

/** Writes world.arrow (factors), world.json (settings) and, for a function of the user's, exposure.mjs. */
export async function writeWorld(folder: OutputFolder, state: WorldState): Promise<void> {
  const { relevance, exposure, second, users, items } = state;
  if (!second) throw new Error('a world is complete after stage two');
  const factors = (name: string, { user, item, userBias, itemBias, dim }: Factors) => ({
    [`${name} user`]: { shape: [users, dim], values: user },
    [`${name} item`]: { shape: [items, dim], values: item },
    [`${name} user bias`]: { shape: [users], values: userBias },
    [`${name} item bias`]: { shape: [items], values: itemBias },
  });
  const { x, z: zed, dim } = second.factors;
  await writeArrays(folder.file('world.arrow'), {
    ...factors('relevance', relevance),
    ...factors('exposure', exposure),
    'exposure shift': { shape: [users], values: state.shift },
    x: { shape: [users, dim], values: x },
    z: { shape: [items, dim], values: zed },
    popularity: { shape: [items], values: second.popularity },
  });
  const { config, firstConstant, time } = state;
  folder.writeJson('world.json', { config, users, items, firstConstant, secondConstant: second.constant, time });
  if (second.source !== undefined) folder.write('exposure.mjs', second.source);
}

/** Files of a world; the last one is that of a function of the user's. */
export const WORLD_FILES = ['world.json', 'world.arrow', 'exposure.mjs'] as const;

/** What a simulated folder's manifest says that its world must be. */
const simulatedSchema = z.looseObject({
  config: z.looseObject({}),
  summary: z.looseObject({ users: z.number(), items: z.number() }),
});

/**
 * Loads the world of a simulated folder, its files held against `files`, by default what the manifest lists. Throws UserError where there is none, a
 * file was changed, or the world is not that of the folder's clicks.
 */
export async function readWorld(path: string, files?: FileHashes): Promise<World> {
  const file = join(path, 'world.json');
  if (!existsSync(file)) throw new UserError(`"${path}" holds no world: name a folder made by "expobench simulate"`);
  const manifest = files ? undefined : readManifest(path);
  const hashes = files ?? (manifest as DataManifest).files;
  const said = readState(await checkedFile(path, 'world.json', hashes));
  const parsed = worldSchema.safeParse(said);
  if (!parsed.success) throw new UserError(`"${file}" is not a world of this version: make the simulation again`);
  const settings = parsed.data;
  if (manifest) refuseAnother(file, said as object, manifest);
  const arrays = await readArrays(await checkedFile(path, 'world.arrow', hashes));
  const bundled = await checkedIfThere(path, 'exposure.mjs', hashes);
  if ((bundled !== undefined) !== (settings.config.exposure.name === 'own'))
    throw new UserError(
      `"${path}" ${bundled === undefined ? 'lacks exposure.mjs, the exposure function of its world' : 'has an exposure.mjs that its world does not use'}: make the simulation again`,
    );
  const shared = (name: string): Float32Array => {
    const values = arrays[name]?.values;
    if (!values) throw new UserError(`"${join(path, 'world.arrow')}" lacks "${name}": make the simulation again`);
    const out = sharedFloat32(values.length);
    out.set(values);
    return out;
  };
  const factors = (name: string): Factors => ({
    dim: arrays[`${name} user`]?.shape[1] ?? 0,
    user: shared(`${name} user`),
    item: shared(`${name} item`),
    userBias: shared(`${name} user bias`),
    itemBias: shared(`${name} item bias`),
  });
  return World.create({
    config: settings.config,
    users: settings.users,
    items: settings.items,
    relevance: factors('relevance'),
    exposure: factors('exposure'),
    shift: shared('exposure shift'),
    firstConstant: settings.firstConstant,
    second: {
      factors: { dim: arrays['x']?.shape[1] ?? 0, x: shared('x'), z: shared('z') },
      popularity: shared('popularity'),
      constant: settings.secondConstant,
      source: bundled === undefined ? undefined : readFileSync(bundled, 'utf8'),
    },
    time: settings.time,
  });
}

/** Throws UserError where a world is not that of the clicks beside it, by what their manifest says. */
function refuseAnother(file: string, world: object, manifest: DataManifest): void {
  const said = simulatedSchema.safeParse(manifest).data;
  const { config, users, items } = world as Pick<WorldState, 'config' | 'users' | 'items'>;
  const isSame =
    said && isDeepStrictEqual(config, said.config) && users === said.summary.users && items === said.summary.items;
  if (!isSame)
    throw new UserError(
      `"${file}" is not the world of the clicks beside it, by their manifest: make the simulation again`,
    );
}
