import { UserError } from '../support/errors.js';
import type { Progress } from '../support/progress.js';
import {
  addEffect,
  type EffectSums,
  type ExposureEffect,
  effectOf,
  effectStep,
  effectUsers,
  noEffect,
} from './effect.js';
import { type DrawnBlock, type Expectation, type SimulationAnswer, type SimulationTask, TaskRunner } from './tasks.js';
import type { Stage, WorldState } from './world_state.js';

/** Pairs a task covers, about; fixed, so that record batches do not depend on the number of workers. */
const PAIRS_A_TASK = 2_000_000;
/** On a GPU, which is asked and waited for once a task. */
const PAIRS_A_GPU_TASK = 16_000_000;
/** Where pairs are skipped, a task has so many users. */
const USERS_A_TASK = 2048;

/** Users from the first to before the second. */
export type UserRange = readonly [from: number, to: number];

/** What was drawn of some users. */
export interface DrawnSums {
  readonly exposures: number;
  readonly clicks: number;
  /** Pairs that are shown for certain: probability 1. */
  readonly capped: number;
}

/** What says how users are divided. */
type Divided = Pick<WorldState, 'config' | 'users' | 'items'>;

const pairsOfTask = ({ backend }: Divided['config']): number =>
  backend === 'webgpu' ? PAIRS_A_GPU_TASK : PAIRS_A_TASK;

/** Users whose draws are one task, and one batch of a table. */
function usersOfTask({ config, items }: Divided): number {
  if (config.sampling === 'skip') return USERS_A_TASK;
  return Math.max(16, Math.floor(pairsOfTask(config) / items / 16) * 16);
}

/** The users of the index-th of `of` shards, from 1: whole tasks, so that shards joined are what the whole is. Throws UserError for too many. */
export function shardUsers(state: Divided, index: number, of: number, what = 'shards'): UserRange {
  const step = usersOfTask(state);
  const tasks = Math.ceil(state.users / step);
  if (of > tasks)
    throw new UserError(
      `${of} ${what} are too many: ${state.users.toLocaleString('en')} users are drawn in ${tasks} runs of ${step}, which are not divided`,
    );
  const place = (k: number): number => Math.min(state.users, Math.floor((k * tasks) / of) * step);
  return [place(index - 1), place(index)];
}

/** Draws from a world, one run of users after another, in this thread. */
export class Draws {
  protected readonly here = new TaskRunner();
  private version = 0;

  constructor(private readonly progress: Progress) {}

  /** Lets go of the worlds that are held; the next draw makes them anew. */
  async rest(): Promise<void> {
    this.here.rest();
  }

  /** Does the tasks, and hands over what they come to in their order. */
  protected async work(
    tasks: readonly SimulationTask[],
    take: (answer: SimulationAnswer) => void | Promise<void>,
  ): Promise<void> {
    for (const task of tasks) await take(await this.here.run(task));
  }

  private tasks(
    state: WorldState,
    stage: Stage,
    work: SimulationTask['work'],
    [first, end]: UserRange,
    step: number,
  ): SimulationTask[] {
    const version = ++this.version;
    const tasks: SimulationTask[] = [];
    for (let from = first; from < end; from += step) {
      tasks.push({ state, version, stage, work, from, to: Math.min(from + step, end) });
    }
    return tasks;
  }

  /** Expected exposures of every so many users, if the stage's constant were another. */
  async expect(state: WorldState, stage: Stage, constant: number, every: number): Promise<Expectation> {
    let [total, free] = [0, 0];
    const step = every * Math.max(16, Math.floor(pairsOfTask(state.config) / state.items / 16) * 16);
    const tasks = this.tasks(state, stage, { kind: 'expect', constant, every }, [0, state.users], step);
    await this.work(tasks, (answer) => {
      const { total: t, free: f } = answer as Expectation;
      total += t;
      free += f;
    });
    return { total, free };
  }

  /** What e(x, z) did to expected exposures, from a sample of users. */
  async effect(state: WorldState): Promise<ExposureEffect> {
    const every = effectStep(state.users, state.items);
    const step = effectUsers(every, PAIRS_A_TASK, state.items);
    let sums = noEffect(state.items);
    await this.work(this.tasks(state, 2, { kind: 'effect', every }, [0, state.users], step), (answer) => {
      sums = addEffect(sums, answer as EffectSums);
    });
    return effectOf(sums, (state.second as NonNullable<WorldState['second']>).popularity);
  }

  /** Draws a stage for some users, in their order. */
  async draw(
    state: WorldState,
    stage: Stage,
    take: (block: DrawnBlock) => void | Promise<void>,
    users: UserRange = [0, state.users],
    label = `drawing stage ${stage}`,
  ): Promise<DrawnSums> {
    let [exposures, clicks, capped, done] = [0, 0, 0, 0];
    const step = usersOfTask(state);
    this.progress.begin(label, users[1] - users[0]);
    await this.work(this.tasks(state, stage, { kind: 'draw' }, users, step), async (answer) => {
      const block = answer as DrawnBlock;
      exposures += block.user.length;
      for (const click of block.clicked) clicks += click;
      capped += block.capped;
      await take(block);
      done = Math.min(done + step, users[1] - users[0]);
      this.progress.update(done);
    });
    this.progress.end(`${clicks.toLocaleString('en')} clicks on ${exposures.toLocaleString('en')} exposures`);
    return { exposures, clicks, capped };
  }
}
