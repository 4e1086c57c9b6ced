import { leaveLastTwoCodes, randomSplitCode } from '../datasets/split.js';
import { workerTask } from '../support/pool.js';
import { type Stage, World, type WorldState } from './world.js';

/** Work on the users from `from` to before `to`. */
export interface SimulationTask {
  readonly state: WorldState;
  /** Tells one state from another, so that a worker keeps its world as long as it serves. */
  readonly version: number;
  readonly stage: Stage;
  readonly from: number;
  readonly to: number;
  readonly work: { readonly kind: 'expect'; readonly constant: number } | { readonly kind: 'draw' };
}

/** Expected exposures, and those of pairs below the cap. */
export interface Expectation {
  readonly total: number;
  readonly free: number;
}

/** What was drawn for a run of users, a row an exposure, in the order of users and items. */
export interface DrawnBlock {
  readonly user: Int32Array;
  readonly item: Int32Array;
  readonly exposure: Float32Array;
  readonly relevance: Float32Array;
  readonly clicked: Uint8Array;
  readonly time: Float64Array;
  /** Split of clicked rows; 0 elsewhere. */
  readonly split: Uint8Array;
  readonly expected: number;
  readonly capped: number;
  /** Users with clicks, but too few to leave two out. */
  readonly shortUsers: number;
}

export type SimulationAnswer = Expectation | DrawnBlock;

let current: { version: number; world: World } | undefined;

async function worldOf(task: SimulationTask): Promise<World> {
  if (current?.version !== task.version) current = { version: task.version, world: await World.create(task.state) };
  return current.world;
}

export async function runTask(task: SimulationTask): Promise<SimulationAnswer> {
  const world = await worldOf(task);
  return task.work.kind === 'expect' ? expect(world, task, task.work.constant) : draw(world, task);
}

function expect(world: World, { from, to, stage }: SimulationTask, constant: number): Expectation {
  let [total, free] = [0, 0];
  for (let user = from; user < to; user++) {
    const one = world.expectedExposures(user, stage, constant);
    total += one.total;
    free += one.free;
  }
  return { total, free };
}

function draw(world: World, { from, to, stage }: SimulationTask): DrawnBlock {
  const users = [];
  for (let user = from; user < to; user++) users.push(world.draw(user, stage));
  const n = users.reduce((sum, { count }) => sum + count, 0);
  const block = {
    user: new Int32Array(n),
    item: new Int32Array(n),
    exposure: new Float32Array(n),
    relevance: new Float32Array(n),
    clicked: new Uint8Array(n),
    time: new Float64Array(n),
    split: new Uint8Array(n),
  };
  const { split: rule } = world.state.config;
  let [at, expected, capped, shortUsers] = [0, 0, 0, 0];
  users.forEach((drawn, k) => {
    const { count } = drawn;
    block.user.fill(from + k, at, at + count);
    block.item.set(drawn.items, at);
    block.exposure.set(drawn.exposure, at);
    block.relevance.set(drawn.relevance, at);
    block.clicked.set(drawn.clicked, at);
    for (let e = 0; e < count; e++) block.time[at + e] = world.state.time[0] + (drawn.time[e] as number);
    const clicks = Array.from({ length: count }, (_, e) => e).filter((e) => drawn.clicked[e] === 1);
    if (rule === 'random') for (const e of clicks) block.split[at + e] = randomSplitCode(drawn.split[e] as number);
    else {
      const codes = leaveLastTwoCodes(clicks.map((e) => drawn.time[e] as number));
      if (codes) clicks.forEach((e, c) => (block.split[at + e] = codes[c] as number));
      else if (clicks.length > 0) shortUsers++;
    }
    at += count;
    expected += drawn.expected;
    capped += drawn.capped;
  });
  return { ...block, expected, capped, shortUsers };
}

export default workerTask(runTask);
