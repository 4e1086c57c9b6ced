import { keyWords, stream, type WasmKernels, type WasmTensor } from '../compute/index.js';
import { log } from '../compute/math.js';
import type { NoiseSpec } from './config.js';
import type { Noise } from './noise.js';

/** Standard deviations up to which noise is of the body, and beyond which of the tail. */
const EDGE = 3.5;
/** P(Z > 3.5) of the normal distribution. */
const TAIL = 2.3262907903552504e-4;

/**
 * Normal noise of pairs whose upper tail is a class of its own: which items of a user are in it is drawn by jumps, as rarely as the tail has it,
 * and their noise is then normal given that it is beyond the edge; all others are normal given that they are not. The distribution is
 * the normal one, a pair's noise depends on seed, user and item alone, and what is beyond the edge is known without visiting all items.
 */
export class SplitNormal implements Noise {
  private readonly streams;
  private readonly words: readonly [number, number];
  private lastUser = -1;
  private lastTail = new Map<number, number>();

  constructor(
    private readonly kernels: WasmKernels,
    private readonly spec: NoiseSpec,
    name: string,
    seed: number,
    private readonly items: number,
  ) {
    this.words = keyWords(seed);
    this.streams = {
      body: stream(`simulator ${name}`),
      again: stream(`simulator ${name}, again`),
      jumps: stream(`simulator ${name}, jumps to the tail`),
      tail: stream(`simulator ${name}, tail`),
    };
  }

  /** What noise of the body is at most. */
  get bound(): number {
    return this.spec.location + EDGE * this.spec.scale;
  }

  /** The items of a user whose noise is beyond the edge, in order, with it. */
  tail(user: number): ReadonlyMap<number, number> {
    if (this.lastUser === user) return this.lastTail;
    const tail = new Map<number, number>();
    const { location, scale } = this.spec;
    const step = log(1 - TAIL);
    let item = -1;
    for (let draw = 0; ; draw++) {
      item += 1 + Math.floor(log(this.uniform(draw, user, this.streams.jumps, 0)) / step);
      if (item >= this.items) break;
      tail.set(item, location + scale * this.beyond(user, item));
    }
    [this.lastUser, this.lastTail] = [user, tail];
    return tail;
  }

  /** A normal number given that it is beyond the edge (Marsaglia 1964). */
  private beyond(user: number, item: number): number {
    for (let draw = 0; ; draw += 2) {
      const z = Math.sqrt(EDGE * EDGE - 2 * log(this.uniform(item, user, this.streams.tail, draw)));
      if (this.uniform(item, user, this.streams.tail, draw + 1) * z < EDGE) return z;
    }
  }

  private uniform(column: number, row: number, of: number, replicate: number): number {
    const [k0, k1] = this.words;
    return ((this.kernels.raw.wordAt(column, row, of, replicate, k0, k1) >>> 0) + 0.5) / 4294967296;
  }

  row(user: number, out: WasmTensor): void {
    const { location, scale } = this.spec;
    const [k0, k1] = this.words;
    this.kernels.raw.fillNormal(this.items, 0, user, this.streams.body, 0, k0, k1, location, scale, out.address);
    this.correct(user, out, this.items, (place) => place);
  }

  listed(user: number, list: WasmTensor, count: number, out: WasmTensor): void {
    const { location, scale } = this.spec;
    const [k0, k1] = this.words;
    const { raw } = this.kernels;
    raw.normalListed(count, list.address, user, this.streams.body, k0, k1, location, scale, out.address);
    const items = this.kernels.integers(list);
    this.correct(user, out, count, (place) => items[place] as number);
  }

  /** Gives the tail its own numbers, and draws again what is beyond the edge without being of it. */
  private correct(user: number, out: WasmTensor, count: number, itemAt: (place: number) => number): void {
    const tail = this.tail(user);
    const values = this.kernels.floats(out);
    const { bound } = this;
    for (let place = 0; place < count; place++) {
      const own = tail.size > 0 ? tail.get(itemAt(place)) : undefined;
      if (own !== undefined) values[place] = own;
      else if ((values[place] as number) > bound) values[place] = this.again(user, itemAt(place));
    }
  }

  /** A normal number given that it is not beyond the edge, by Box and Muller. */
  private again(user: number, item: number): number {
    const { location, scale } = this.spec;
    for (let draw = 0; ; draw += 2) {
      const radius = Math.sqrt(-2 * log(this.uniform(item, user, this.streams.again, draw)));
      const z = radius * cosineOf(this.uniform(item, user, this.streams.again, draw + 1));
      if (z <= EDGE) return location + scale * z;
    }
  }
}

/** cos(2 pi u) from its series, the same bits on every machine: of quarters of a turn, with twelve terms. */
function cosineOf(u: number): number {
  const turn = u < 0.5 ? u : 1 - u; // cos is even
  const isFar = turn > 0.25;
  const angle = 2 * Math.PI * (isFar ? 0.5 - turn : turn);
  let [term, sum] = [1, 1];
  for (let k = 1; k <= 12; k++) {
    term *= (-angle * angle) / ((2 * k - 1) * (2 * k));
    sum += term;
  }
  return isFar ? -sum : sum;
}
