import { WasmKernels, type WasmTensor } from '../compute/index.js';
import { UserError } from '../support/errors.js';
import { curveNumbers } from './calibration.js';
import { customExposure } from './exposure/custom.js';
import type { ExposureContext, ExposureRows } from './exposure/exposure.js';
import { readersOf } from './exposure/features.js';
import { exposureFunctions, exposureSettings } from './exposure/registry.js';
import { makeNoise } from './make_noise.js';
import type { Noise } from './noise.js';
import { boundsOf, checkSkippable, SkipSampler } from './skip_sampler.js';
import type { RelevanceTruth } from './truth.js';
import { type DrawnUser, drawKey, STREAMS, type Stage, type WorldState } from './world_state.js';

const BLOCK = 16;

/**
 * The truth behind a simulation : answers p_rel and p_exp of any pair, and draws exposures and clicks. Each
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
  /** The numbers of the calibration's curve, where there is one, and [items]: calibrated logits of the current user. */
  private readonly curve: WasmTensor | undefined;
  private readonly calibrated: WasmTensor;
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
    this.curve = state.curve && kernels.tensor(curveNumbers(state.curve));
    this.calibrated = kernels.zeros([items]);
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
      ...{ kernels, seed: config.seed, users, items, dim, share: second.popularity, variables: config.variables },
      features: state.features && readersOf(state.features),
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

  /** What is added to the exposure logits of a user. */
  private shiftOf(user: number): number {
    return (this.state.exposure.userBias[user] as number) + (this.state.shift[user] as number);
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
    const { curve, calibrated } = this;
    const logits = this.logits.address + offset;
    if (curve)
      this.kernels.raw.calibrateLogits(state.items, logits, this.shiftOf(user), curve.address, calibrated.address);
    const first = stage === 1 ? constant : state.firstConstant;
    const extra = stage === 2 ? this.extra.address + offset : 0;
    return {
      items: state.items,
      logits: curve ? calibrated.address : logits,
      shift: curve ? 0 : this.shiftOf(user),
      power: state.config.power,
      noise: this.noise.address,
      first,
      extra,
      second: constant,
    };
  }

  /** Writes log p_exp of the user and every item to `row`. */
  private fillLogs(user: number, stage: Stage, constant: number): void {
    const { items, logits, shift, power, noise, first, extra, second } = this.rowArguments(user, stage, constant);
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
    const [k0, k1] = drawKey(state);
    const row = this.rowArguments(user, stage, this.constant(stage));
    const count = raw.drawExposures(
      row.items,
      row.logits,
      row.shift,
      row.power,
      row.noise,
      row.first,
      row.extra,
      row.second,
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
    const [k0, k1] = drawKey(state);
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

function transposed(kernels: WasmKernels, matrix: WasmTensor): WasmTensor {
  const [rows, columns] = matrix.shape as [number, number];
  const out = kernels.zeros([columns, rows]);
  kernels.raw.transpose(rows, columns, matrix.address, out.address);
  return out;
}
