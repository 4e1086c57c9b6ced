import { keyWords } from '../compute/index.js';
import {
  COUNT_EXPOSURES,
  DRAW_EXPOSURES,
  DRAW_OUTCOMES,
  EXPECT_EXPOSURES,
  ITEMS_A_GROUP,
  LIST_EXPOSURES,
  LISTED_EXPOSURES,
  WORDS_A_GROUP,
} from '../compute/webgpu/shaders/exposure.js';
import { startsOf } from '../compute/webgpu/shaders/rows.js';
import type { GpuTensor } from '../compute/webgpu/tensors.js';
import { WebGpuKernels } from '../compute/webgpu/webgpu_kernels.js';
import { UserError } from '../support/errors.js';
import { type Curve, curveNumbers, IDENTITY } from './calibration.js';
import type { SimulationConfig } from './config.js';
import { noiseStream } from './noise.js';
import type { World } from './world.js';
import { type DrawnUser, STREAMS, type Stage } from './world_state.js';

/** Pairs at a time where e(x, z), which the processor computes, is sent for each. */
const PAIRS_SENT = 1 << 22;

/** Throws UserError for a configuration that no GPU can draw. */
export function checkDrawable({ eps1, eps2, sampling }: SimulationConfig): void {
  if (sampling === 'skip')
    throw new UserError(
      '--sampling skip jumps from pair to pair, which is no work for a GPU: leave --backend webgpu out',
    );
  for (const [option, { kind }] of Object.entries({ eps1, eps2 })) {
    if (kind === 'structured')
      throw new UserError(`--${option} structured is computed on the processor alone: leave --backend webgpu out`);
  }
}

/** Biases of items, and behind them the numbers of the calibration. */
function withCurve(biases: Float32Array, curve: Curve): Float32Array {
  const out = new Float32Array(biases.length + 8);
  out.set(biases);
  out.set(curveNumbers(curve), biases.length);
  return out;
}

/** Noise as a GPU takes it: what belongs to users and to items, and normal noise of pairs. */
interface GpuNoise {
  readonly users: GpuTensor;
  readonly items: GpuTensor;
  readonly scale: number;
  readonly stream: number;
}

/**
 * Draws a world's exposures and clicks on a GPU, for `sampling: pairs`: the draws are those of `World.draw`, but for pairs whose probability
 * rounding moves across their word: of probabilities that agree to within a share of 2e-5 (longer sums of factors excepted), no more than that share
 * of the exposures on the average.
 */
export class GpuWorld {
  private readonly users: GpuTensor;
  private readonly itemsTurned: GpuTensor;
  private readonly itemBias: GpuTensor;
  private readonly shift: GpuTensor;
  private readonly relevance: readonly GpuTensor[];
  private readonly eps1: GpuNoise;
  private readonly eps2: GpuNoise;
  private readonly nothing: GpuTensor;

  private constructor(
    private readonly kernels: WebGpuKernels,
    private readonly world: World,
  ) {
    const { users, exposure, relevance, shift, curve = IDENTITY } = world.state;
    this.users = kernels.tensor(exposure.user, [users, exposure.dim]);
    this.itemsTurned = kernels.tensor(world.kernels.floats(world.exposureTransposed));
    this.itemBias = kernels.tensor(withCurve(exposure.itemBias, curve));
    this.shift = kernels.tensor(shift.map((s, user) => s + (exposure.userBias[user] as number)));
    this.relevance = [relevance.user, relevance.item, relevance.userBias, relevance.itemBias].map((values) =>
      kernels.tensor(values),
    );
    this.eps1 = this.noise('eps1');
    this.eps2 = this.noise('eps2');
    this.nothing = kernels.zeros([1]);
  }

  /** Sends a world to the GPU. Throws UserError for one that it cannot draw, BackendUnavailableError where there is none. */
  static async create(world: World): Promise<GpuWorld> {
    checkDrawable(world.state.config);
    return new GpuWorld(await WebGpuKernels.open(), world);
  }

  close(): void {
    this.kernels.close();
  }

  private noise(name: 'eps1' | 'eps2'): GpuNoise {
    const { kernels, world } = this;
    const { users, items, config } = world.state;
    const { kind, location, scale } = config[name];
    const { parts } = world[name];
    const each = (n: number, of: ((k: number) => number) | undefined, otherwise: number): GpuTensor =>
      kernels.tensor(Float32Array.from({ length: n }, (_, k) => (of ? of(k) : otherwise)));
    return {
      users: each(users, parts?.ofUser, location),
      items: each(items, parts?.ofItem, 0),
      scale: kind === 'normal' ? scale : 0,
      stream: noiseStream(name),
    };
  }

  /** e(x, z) of users and every item, where the stage has it. */
  private extra(first: number, count: number, stage: Stage): GpuTensor | undefined {
    const values = stage === 2 ? this.world.extraRows(first, count) : undefined;
    return values && this.kernels.tensor(values);
  }

  /** What `log_p` of the shaders takes, for `count` users from `first` on. */
  private arguments(first: number, count: number, stage: Stage, constant: number, extra: GpuTensor | undefined) {
    const { items, exposure, config, firstConstant } = this.world.state;
    const { users, itemsTurned, itemBias, shift, eps2 } = this;
    return {
      tensors: [users, itemsTurned, itemBias, shift, eps2.users, eps2.items, extra ?? this.nothing],
      numbers: [
        ...[first, count, items, exposure.dim, config.power, eps2.scale],
        ...[stage === 1 ? constant : firstConstant, constant, stage === 1 ? 0 : extra ? 2 : 1, eps2.stream],
        ...[STREAMS.exposure[stage], 0, ...keyWords(config.seed)],
      ],
    };
  }

  /** Runs of users that are worked on together. */
  private *runs(from: number, to: number, stage: Stage): Generator<[first: number, count: number]> {
    const step =
      stage === 2 && this.world.hasExtra ? Math.max(1, Math.floor(PAIRS_SENT / this.world.state.items)) : to - from;
    for (let first = from; first < to; first += step) yield [first, Math.min(step, to - first)];
  }

  /** Expected exposures of users if the stage's constant were another: all of them, and those below the cap. */
  async expect(from: number, to: number, stage: Stage, constant: number): Promise<{ total: number; free: number }> {
    const { kernels } = this;
    let [total, free] = [0, 0];
    for (const [first, count] of this.runs(from, to, stage)) {
      const read = kernels.scope(() => {
        const { tensors, numbers } = this.arguments(first, count, stage, constant, this.extra(first, count, stage));
        const out = kernels.empty([count, 2]);
        kernels.queue.run(EXPECT_EXPOSURES, [...tensors, out], numbers, count);
        return kernels.read(out);
      });
      (await read).forEach((value, k) => {
        if (k % 2 === 0) total += value;
        else free += value;
      });
    }
    return { total, free };
  }

  /** What `World.draw` gives for each user in turn. */
  async *draw(from: number, to: number, stage: Stage): AsyncGenerator<DrawnUser> {
    for (const [first, count] of this.runs(from, to, stage)) yield* this.drawRun(first, count, stage);
  }

  private async *drawRun(first: number, count: number, stage: Stage): AsyncGenerator<DrawnUser> {
    const { kernels, world } = this;
    const { queue } = kernels;
    const { items } = world.state;
    const blocks = Math.ceil(items / ITEMS_A_GROUP);
    const words = blocks * WORDS_A_GROUP;
    const made: GpuTensor[] = [];
    const lasting = (size: number): GpuTensor => {
      const tensor = kernels.empty([size], 'int32');
      made.push(tensor);
      return tensor;
    };
    // Made outside of a scope, since what was drawn is counted, and waited for, before it can be listed.
    const extra = this.extra(first, count, stage);
    if (extra) made.push(extra);
    const { tensors, numbers } = this.arguments(first, count, stage, world.constant(stage), extra);
    const [masks, beforeWord, starts] = [lasting(count * words), lasting(count * words), lasting(count + 1)];
    const capped = lasting(1);
    kernels.fill(capped, 0);
    kernels.scope(() => {
      const counts = kernels.empty([count], 'int32');
      const cursor = kernels.empty([count], 'int32');
      queue.run(DRAW_EXPOSURES, [...tensors, masks, capped], numbers, count * blocks);
      queue.run(COUNT_EXPOSURES, [masks, beforeWord, counts], [count, words], count);
      queue.run(startsOf(kernels.gpu.workgroup), [counts, counts, starts, cursor], [count, 0], 1);
    });
    const [begins, over] = (await Promise.all([kernels.read(starts), kernels.read(capped)])) as [
      Int32Array,
      Int32Array,
    ];
    const n = begins[count] as number;
    const [exposures, outcomes] = kernels.scope(() => {
      const [users, list] = [kernels.empty([n], 'int32'), kernels.empty([n], 'int32')];
      queue.runEach(LIST_EXPOSURES, [masks, beforeWord, starts, users, list], count * words, words, first);
      const probabilities = kernels.empty([n]);
      queue.runEach(LISTED_EXPOSURES, [...tensors, users, list, probabilities], n, ...numbers);
      const drawn = kernels.empty([5, n], 'int32');
      const { relevance, config, time } = world.state;
      const operands = [...this.relevance, this.eps1.users, this.eps1.items, users, list, drawn] as GpuTensor[];
      queue.runEach(
        DRAW_OUTCOMES,
        operands,
        n,
        ...[relevance.dim, this.eps1.scale, this.eps1.stream, time[1] - time[0]],
        ...[STREAMS.outcome[stage], 0, ...keyWords(config.seed)],
      );
      return [kernels.read(probabilities), kernels.read(drawn)];
    }) as [Promise<Float32Array>, Promise<Int32Array>];
    for (const tensor of made) kernels.free(tensor);
    const [exposure, drawn] = [await exposures, await outcomes];
    const relevances = new Float32Array(drawn.buffer, drawn.byteOffset, n);
    for (let r = 0; r < count; r++) {
      const [at, end] = [begins[r] as number, begins[r + 1] as number];
      const part = (k: number): Int32Array => drawn.subarray(k * n + at, k * n + end);
      yield {
        count: end - at,
        items: part(4),
        exposure: exposure.subarray(at, end),
        relevance: relevances.subarray(at, end),
        clicked: part(1),
        time: part(2),
        part: part(3),
        // Counted for all of them together.
        capped: r === 0 ? (over[0] as number) : 0,
      };
    }
  }
}
