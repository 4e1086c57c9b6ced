import { keyWords, type Tensor, type WasmKernels } from '../compute/index.js';
import type { NoiseSpec } from './config.js';
import { RandomNetwork } from './network.js';
import { type Noise, noiseStream } from './noise.js';
import { SplitNormal } from './split_noise.js';

/**
 * Makes one. `name` keeps the draws of eps1 and eps2 apart; x and z are what structured noise looks at. `splitTail` makes the tail of normal
 * noise a class of its own.
 */
export function makeNoise(
  kernels: WasmKernels,
  spec: NoiseSpec,
  name: string,
  seed: number,
  x: Tensor,
  z: Tensor,
  splitTail = false,
): Noise {
  const { location, scale } = spec;
  const [users, items] = [x.shape[0] as number, z.shape[0] as number];
  const key = { seed, stream: noiseStream(name) };
  const [k0, k1] = keyWords(seed);
  const drawn = (count: number): Float32Array =>
    kernels.scope(() => {
      const out = kernels.zeros([count]);
      kernels.drawNormal(out, key, location, scale);
      return kernels.floats(out).slice();
    });
  const each = (ofUser: (user: number) => number, ofItem: (item: number) => number): Noise => ({
    parts: { ofUser, ofItem },
    row(user, out) {
      const to = kernels.floats(out);
      for (let item = 0; item < items; item++) to[item] = ofUser(user) + ofItem(item);
    },
    listed(user, list, count, out) {
      const [from, to] = [kernels.integers(list), kernels.floats(out)];
      for (let k = 0; k < count; k++) to[k] = ofUser(user) + ofItem(from[k] as number);
    },
  });
  switch (spec.kind) {
    case 'constant':
      return each(
        () => location,
        () => 0,
      );
    case 'per-user': {
      const values = drawn(users);
      return each(
        (user) => values[user] as number,
        () => 0,
      );
    }
    case 'per-item': {
      const values = drawn(items);
      return each(
        () => 0,
        (item) => values[item] as number,
      );
    }
    case 'normal':
      if (splitTail) return new SplitNormal(kernels, spec, name, seed, items);
      return {
        isOfPairs: true,
        row: (user, out) => kernels.raw.fillNormal(items, 0, user, key.stream, 0, k0, k1, location, scale, out.address),
        listed: (user, list, count, out) =>
          kernels.raw.normalListed(count, list.address, user, key.stream, k0, k1, location, scale, out.address),
      };
    case 'structured': {
      const network = new RandomNetwork(kernels, name, seed, x, z);
      const all = kernels.tensor(Int32Array.from({ length: items }, (_, item) => item));
      const fill = (user: number, list: Tensor, count: number, out: Tensor): void => {
        network.listed(user, list, out);
        const to = kernels.floats(out);
        for (let k = 0; k < count; k++) to[k] = location + scale * (to[k] as number);
      };
      return {
        row: (user, out) => fill(user, all, items, out),
        listed(user, list, count, out) {
          kernels.scope(() => fill(user, kernels.tensor(kernels.integers(list).slice(0, count)), count, out));
        },
      };
    }
  }
}
