import { stream, type WasmKernels, type WasmTensor } from '../compute/index.js';
import { UserError } from '../support/errors.js';
import { type Balls, type Blocks, ballsOf, largestIn, makeBlocks } from './blocks.js';
import { curveNumbers } from './calibration.js';
import type { SimulationConfig } from './config.js';
import type { ExposureRows, SparseExposure } from './exposure/exposure.js';
import { exposureFunctions } from './exposure/registry.js';
import type { Noise } from './noise.js';
import { SplitNormal } from './split_noise.js';
import { drawKey, type Stage, type WorldState } from './world_state.js';

/** Users whose products with the blocks' centres are computed together. */
const USERS = 16;
/** Bounds are sums of rounded numbers: this much is added, as in the kernel. */
const MARGIN = 1e-3;

const STREAMS = {
  jumps: { 1: stream('simulator jumps 1'), 2: stream('simulator jumps 2') },
  kept: { 1: stream('simulator kept 1'), 2: stream('simulator kept 2') },
} as const;

/** How many items were written to the lists, and how many of the user's pairs have probability 1. */
export interface SkipDrawn {
  readonly count: number;
  readonly capped: number;
}

/**
 * Draws a user's exposures without visiting every item (`--sampling skip`): bounds over blocks of near items, jumps from candidate to candidate
 * under them, and thinning to the exact probability. The distribution is that of visiting all pairs; the cost grows with what is shown and with
 * how loose the bounds are.
 */
export class SkipSampler {
  private readonly blocks: Blocks;
  private readonly starts: WasmTensor;
  private readonly order: WasmTensor;
  private readonly centres: WasmTensor;
  private readonly radii: WasmTensor;
  private readonly biases: WasmTensor;
  /** [USERS, blocks], rows padded to sixteen bytes. */
  private readonly products: WasmTensor;
  private readonly stride: number;
  private readonly scratch: WasmTensor;
  private readonly extraBounds: WasmTensor;
  private readonly limits: WasmTensor;
  private readonly logits: WasmTensor;
  private readonly noise: WasmTensor;
  private readonly extra: WasmTensor;
  private readonly itemBias: Float32Array;
  /** The numbers of the calibration's curve, where there is one; then bounds on calibrated logits take the place of products, and nothing is added to them. */
  private readonly curve: WasmTensor | undefined;
  private readonly bounded: WasmTensor;
  private readonly nothing: WasmTensor;
  private readonly bounds: ((user: number, out: Float32Array) => void) | undefined;
  private first = -1;
  /** What noise that belongs to items is at most, where it is not in the biases. */
  private mostItemNoise = 0;

  constructor(
    private readonly kernels: WasmKernels,
    private readonly state: WorldState,
    private readonly vectors: { readonly users: WasmTensor; readonly items: WasmTensor },
    private readonly eps2: Noise,
    private readonly sparse: SparseExposure | undefined,
  ) {
    const { exposure, items } = state;
    const own = { dim: exposure.dim, values: exposure.item };
    this.blocks = makeBlocks(items, [own, { dim: 1, values: exposure.itemBias }, ...(sparse?.coordinates ?? [])]);
    const { count, starts, order } = this.blocks;
    const balls: Balls = ballsOf(this.blocks, own);
    this.starts = kernels.tensor(starts);
    this.order = kernels.tensor(order);
    this.stride = Math.ceil(count / 4) * 4;
    this.centres = kernels.tensor(balls.centres, [exposure.dim, count]);
    this.radii = this.padded(balls.radii);
    this.itemBias = exposure.itemBias;
    this.curve = state.curve && kernels.tensor(curveNumbers(state.curve));
    [this.bounded, this.nothing] = [kernels.zeros([this.stride]), kernels.zeros([this.stride])];
    const biases = this.curve ? exposure.itemBias : withNoise(exposure.itemBias, eps2);
    this.biases = this.padded(largestIn(this.blocks, biases));
    if (this.curve) this.mostItemNoise = mostItemNoise(eps2, items);
    this.products = kernels.zeros([USERS, this.stride]);
    this.scratch = kernels.zeros([this.stride]);
    this.extraBounds = kernels.zeros([this.stride]);
    const room = items + 16;
    [this.limits, this.logits, this.noise, this.extra] = [0, 1, 2, 3].map(() => kernels.zeros([room])) as [
      WasmTensor,
      WasmTensor,
      WasmTensor,
      WasmTensor,
    ];
    this.bounds = sparse?.prepare(this.blocks);
  }

  private padded(values: Float32Array): WasmTensor {
    const out = this.kernels.zeros([this.stride]);
    this.kernels.floats(out).set(values);
    return out;
  }

  /** Products of a block of users with the centres. */
  private prepare(user: number): void {
    const first = user - (user % USERS);
    if (this.first === first) return;
    const { kernels, state } = this;
    const { dim } = state.exposure;
    const count = Math.min(USERS, state.users - first);
    const [a, b, c] = [this.vectors.users.address + first * dim * 4, this.centres.address, this.products.address];
    kernels.raw.matmulStrided(count, this.blocks.count, dim, a, dim, 1, b, this.blocks.count, c, this.stride, true);
    this.first = first;
  }

  /** Draws, and writes the shown items with their probabilities to the front of the lists, in the order of items. */
  draw(
    user: number,
    stage: Stage,
    constants: { readonly first: number; readonly second: number },
    items: WasmTensor,
    probabilities: WasmTensor,
  ): SkipDrawn {
    this.prepare(user);
    const { kernels, state, eps2 } = this;
    const { raw } = kernels;
    const { exposure, config } = state;
    const [k0, k1] = drawKey(state);
    const shift = (exposure.userBias[user] as number) + (state.shift[user] as number);
    const noisy = noiseBound(eps2, user) + this.mostItemNoise;
    const { curve } = this;
    if (curve) this.boundCalibrated(user, shift, curve);
    const isSecond = stage === 2;
    if (isSecond) this.bounds?.(user, kernels.floats(this.extraBounds));
    const second = isSecond ? constants.second : 0;
    let count = raw.skipCandidates(
      this.blocks.count,
      curve ? this.bounded.address : this.products.address + (user % USERS) * this.stride * 4,
      curve ? this.nothing.address : this.radii.address,
      curve ? this.nothing.address : this.biases.address,
      curve ? 0 : this.norm(user),
      curve ? 0 : shift,
      config.power,
      noisy,
      constants.first,
      isSecond ? this.extraBounds.address : 0,
      second,
      this.starts.address,
      this.order.address,
      this.scratch.address,
      user,
      STREAMS.jumps[stage],
      k0,
      k1,
      items.address,
      this.limits.address,
    );
    count = this.addTail(user, items, count);
    this.fillLogits(user, items, count);
    if (curve) raw.calibrateLogits(count, this.logits.address, shift, curve.address, this.logits.address);
    eps2.listed(user, items, count, this.noise);
    if (isSecond) this.sparse?.listed(user, kernels.integers(items).subarray(0, count), kernels.floats(this.extra));
    const kept = raw.keepCandidates(
      count,
      items.address,
      this.limits.address,
      this.logits.address,
      curve ? 0 : shift,
      config.power,
      this.noise.address,
      constants.first,
      isSecond ? this.extra.address : 0,
      second,
      user,
      STREAMS.kept[stage],
      k0,
      k1,
      probabilities.address,
    );
    sortTogether(kernels.integers(items).subarray(0, kept), kernels.floats(probabilities).subarray(0, kept));
    return { count: kept, capped: raw.lastCappedCandidates() };
  }

  /** Writes what the calibrated logits of each block are at most. */
  private boundCalibrated(user: number, shift: number, curve: WasmTensor): void {
    const { kernels, stride } = this;
    const [radii, biases, out] = [
      kernels.floats(this.radii),
      kernels.floats(this.biases),
      kernels.floats(this.bounded),
    ];
    const products = kernels.floats(this.products).subarray((user % USERS) * stride, ((user % USERS) + 1) * stride);
    const norm = this.norm(user);
    // With the margin that the kernel gives sums of rounded numbers, since a steep curve would stretch what is missing.
    for (let b = 0; b < stride; b++)
      out[b] = (products[b] as number) + norm * (radii[b] as number) + (biases[b] as number) + MARGIN;
    kernels.raw.calibrateLogits(stride, this.bounded.address, shift, curve.address, this.bounded.address);
  }

  private norm(user: number): number {
    const { dim, user: vectors } = this.state.exposure;
    let squared = 0;
    for (let k = user * dim; k < (user + 1) * dim; k++) squared += (vectors[k] as number) ** 2;
    return Math.sqrt(squared) * (1 + 1e-6);
  }

  /** Items whose noise is beyond what the bounds allow for are all visited, once. */
  private addTail(user: number, items: WasmTensor, count: number): number {
    const tail = this.eps2 instanceof SplitNormal ? this.eps2.tail(user) : undefined;
    if (!tail || tail.size === 0) return count;
    const [list, limits] = [this.kernels.integers(items), this.kernels.floats(this.limits)];
    let kept = 0;
    for (let k = 0; k < count; k++) {
      if (tail.has(list[k] as number)) continue;
      list[kept] = list[k] as number;
      limits[kept++] = limits[k] as number;
    }
    for (const item of tail.keys()) {
      list[kept] = item;
      limits[kept++] = 1;
    }
    return kept;
  }

  /** x z + item bias of the listed items. */
  private fillLogits(user: number, items: WasmTensor, count: number): void {
    const { kernels, state, vectors } = this;
    const { dim } = state.exposure;
    kernels.scope(() => {
      const rows = kernels.empty([count, dim]);
      kernels.raw.gather(count, dim, vectors.items.address, items.address, rows.address);
      const [values, list] = [kernels.floats(this.logits), kernels.integers(items)];
      for (let k = 0; k < count; k++) values[k] = this.itemBias[list[k] as number] as number;
      const own = this.vectors.users.address + user * dim * 4;
      kernels.raw.matmul(count, 1, dim, rows.address, dim, 1, own, this.logits.address, false);
    });
  }
}

/** What noise is at most, apart from what is added to items and from the tail. */
function noiseBound(noise: Noise, user: number): number {
  if (noise instanceof SplitNormal) return noise.bound;
  return noise.parts?.ofUser(user) ?? 0;
}

function mostItemNoise({ parts }: Noise, items: number): number {
  let most = parts ? Number.NEGATIVE_INFINITY : 0;
  for (let item = 0; parts && item < items; item++) most = Math.max(most, parts.ofItem(item));
  return most;
}

/** Biases with the noise that belongs to items. */
function withNoise(biases: Float32Array, noise: Noise): Float32Array {
  const { parts } = noise;
  return parts ? biases.map((bias, item) => bias + parts.ofItem(item)) : biases;
}

/** Throws UserError where what was asked for has no bound; a function of the user's is looked at when it is loaded. */
export function checkSkippable({ eps2, exposure, power }: SimulationConfig): void {
  if (eps2.kind === 'structured')
    throw new UserError('--sampling skip cannot bound --eps2 structured: use another noise, or --sampling pairs');
  if (eps2.kind === 'per-item' && power !== 1)
    throw new UserError('--sampling skip with --eps2 per-item needs --power 1: use --sampling pairs');
  if (exposureFunctions.has(exposure.name) && !exposureFunctions.get(exposure.name).isBounded(exposure.settings))
    throw unbounded(exposure.name);
}

function unbounded(name: string): UserError {
  const bounded = exposureFunctions.all.filter(({ isBounded }) => isBounded({ bound: 0 })).map((one) => one.name);
  return new UserError(
    `--sampling skip needs a bound on e(x, z), which "${name}" does not have: use ${bounded.join(', ')} with --set bound=NUMBER, or a function of one pair of your own beside which stands \`export const bound = NUMBER\`; or --sampling pairs`,
  );
}

/** Bounds of an exposure function; undefined where there is none. Throws UserError for a function without. */
export function boundsOf(rows: ExposureRows | undefined, { exposure }: SimulationConfig): SparseExposure | undefined {
  const sparse = rows?.sparse;
  if (rows && !sparse) throw unbounded(exposure.name);
  return sparse;
}

/** Sorts items, and their probabilities with them. */
function sortTogether(items: Int32Array, values: Float32Array): void {
  const order = Array.from(items.keys()).sort((a, b) => (items[a] as number) - (items[b] as number));
  const [i, v] = [items.slice(), values.slice()];
  order.forEach((from, to) => {
    items[to] = i[from] as number;
    values[to] = v[from] as number;
  });
}
