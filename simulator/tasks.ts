import { stream } from '../compute/index.js';
import { leaveLastTwoCodes, randomSplitCode, type SplitRule } from '../datasets/split.js';
import { type EffectSums, effectSums } from './effect.js';
import { GpuWorld } from './gpu_world.js';
import { World } from './world.js';
import { type DrawnUser, drawKey, type Stage, type WorldState } from './world_state.js';

/** Work on the users from `from` to before `to`. */
export interface SimulationTask {
  readonly state: WorldState;
  /** Tells one state from another, so that a worker keeps its world as long as it serves. */
  readonly version: number;
  readonly stage: Stage;
  readonly from: number;
  readonly to: number;
  /** `expect` and `effect` look at every so many of the users. */
  readonly work:
    | { readonly kind: 'expect'; readonly constant: number; readonly every: number }
    | { readonly kind: 'effect'; readonly every: number }
    | { readonly kind: 'draw' };
}

/** Expected exposures, and those of pairs below the cap. */
export interface Expectation {
  readonly total: number;
  readonly free: number;
}

/** What was drawn for a run of users, a row an exposure, in the order of users and items. */
export interface DrawnColumns {
  readonly user: Int32Array;
  readonly item: Int32Array;
  readonly exposure: Float32Array;
  readonly relevance: Float32Array;
  readonly clicked: Uint8Array;
  readonly time: Float64Array;
  /** Split of clicked rows; 0 elsewhere. */
  readonly split: Uint8Array;
}

export interface DrawnBlock extends DrawnColumns {
  readonly capped: number;
  /** Users with clicks, but too few to leave two out. */
  readonly shortUsers: number;
  /** Whether times have parts of a second. */
  readonly fine: boolean;
}

export type SimulationAnswer = Expectation | EffectSums | DrawnBlock;

/** A world with its GPU, where the configuration names one. */
interface Place {
  readonly version: number;
  readonly world: World;
  readonly gpu: GpuWorld | undefined;
}

/** Does tasks, one after another, and keeps the world of the last one. */
export class TaskRunner {
  private current: Place | undefined;

  async run(task: SimulationTask): Promise<SimulationAnswer> {
    const { world, gpu } = await this.placeOf(task);
    const { work, from, to, stage } = task;
    if (work.kind === 'expect') return gpu ? gpu.expect(from, to, stage, work.constant) : expect(world, task, work);
    if (work.kind === 'effect') return effectSums(world, from, to, work.every);
    return collect(world, task, gpu ? gpu.draw(from, to, stage) : drawEach(world, task));
  }

  private async placeOf({ version, state }: SimulationTask): Promise<Place> {
    if (this.current?.version === version) return this.current;
    this.rest();
    const world = await World.create(state);
    const gpu = state.config.backend === 'webgpu' ? await GpuWorld.create(world) : undefined;
    this.current = { version, world, gpu };
    return this.current;
  }

  /** Lets the world go. */
  rest(): void {
    this.current?.gpu?.close();
    this.current = undefined;
  }
}

function expect(
  world: World,
  { from, to, stage }: SimulationTask,
  { constant, every }: { readonly constant: number; readonly every: number },
): Expectation {
  let [total, free] = [0, 0];
  for (let user = Math.ceil(from / every) * every; user < to; user += every) {
    const one = world.expectedExposures(user, stage, constant);
    total += one.total;
    free += one.free;
  }
  return { total, free };
}

function* drawEach(world: World, { from, to, stage }: SimulationTask): Generator<DrawnUser> {
  for (let user = from; user < to; user++) yield world.draw(user, stage);
}

/** World times shorter than this many seconds are drawn in microseconds: in whole seconds much would fall together. */
const SHORT_SPAN = 86_400;
const MOMENTS = stream('simulator moments within a second');

/** Joins what was drawn for one user after another. */
async function collect(
  world: World,
  { from }: SimulationTask,
  users: Iterable<DrawnUser> | AsyncIterable<DrawnUser>,
): Promise<DrawnBlock> {
  const { config, time: span } = world.state;
  const [k0, k1] = drawKey(world.state);
  /** When within its second a pair falls, from 0 to below 1, in steps of 2^-20, so that sums with whole seconds are exact. */
  const moment = (user: number, item: number): number =>
    (world.kernels.raw.wordAt(item, user, MOMENTS, 0, k0, k1) >>> 12) / 2 ** 20;
  const fine = span[1] - span[0] < SHORT_SPAN;
  let block = columns(1024);
  let [n, capped, shortUsers] = [0, 0, 0];
  let user = from;
  for await (const drawn of users) {
    const { count } = drawn;
    const own = user++;
    const timeOf = (e: number): number => (drawn.time[e] as number) + moment(own, drawn.items[e] as number);
    if (n + count > block.user.length) block = columns(2 * (n + count), block);
    block.user.fill(own, n, n + count);
    block.item.set(drawn.items, n);
    block.exposure.set(drawn.exposure, n);
    block.relevance.set(drawn.relevance, n);
    block.clicked.set(drawn.clicked, n);
    for (let e = 0; e < count; e++)
      block.time[n + e] = fine ? Math.floor((span[0] + timeOf(e)) * 1e6) / 1e6 : span[0] + (drawn.time[e] as number);
    if (!splitClicks(drawn, config.split, timeOf, block.split.subarray(n, n + count))) shortUsers++;
    n += count;
    capped += drawn.capped;
  }
  return { ...columns(n, block), capped, shortUsers, fine };
}

/** Columns of the given length, holding what fits of `old`. */
function columns(length: number, old?: DrawnColumns): DrawnColumns {
  const copy = <Values extends Int32Array | Float32Array | Float64Array | Uint8Array>(
    out: Values,
    values: Values | undefined,
  ): Values => {
    if (values) out.set(values.subarray(0, length) as never);
    return out;
  };
  return {
    user: copy(new Int32Array(length), old?.user),
    item: copy(new Int32Array(length), old?.item),
    exposure: copy(new Float32Array(length), old?.exposure),
    relevance: copy(new Float32Array(length), old?.relevance),
    clicked: copy(new Uint8Array(length), old?.clicked),
    time: copy(new Float64Array(length), old?.time),
    split: copy(new Uint8Array(length), old?.split),
  };
}

/**
 * Writes the split of a user's clicks to the rows of `out`, by the moments that they fall in, which tell apart what falls in one second; false where
 * there are clicks, but too few to leave two out.
 */
function splitClicks(
  drawn: DrawnUser,
  rule: SplitRule,
  timeOf: (exposure: number) => number,
  out: Uint8Array,
): boolean {
  const clicks: number[] = [];
  for (let e = 0; e < drawn.count; e++) if (drawn.clicked[e] === 1) clicks.push(e);
  if (rule === 'random') {
    for (const e of clicks) out[e] = randomSplitCode((drawn.part[e] as number) / (1 << 24));
    return true;
  }
  const codes = leaveLastTwoCodes(clicks.map(timeOf));
  if (codes) for (let c = 0; c < clicks.length; c++) out[clicks[c] as number] = codes[c] as number;
  return codes !== undefined || clicks.length === 0;
}
