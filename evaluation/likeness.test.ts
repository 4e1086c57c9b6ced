import { describe, expect, test } from '@jest/globals';
import { stream, WasmKernels } from '../compute/index.js';
import { type UserItems, userItems } from '../datasets/interactions.js';
import { bounded, likenessOf } from './likeness.js';

const [USERS, ITEMS] = [200, 60];

/** Pairs drawn each with its own probability. */
function drawn(probability: (user: number, item: number) => number, seed: number): UserItems {
  const kernels = new WasmKernels();
  const uniform = kernels.zeros([USERS * ITEMS]);
  kernels.drawUniform(uniform, { seed, stream: stream('likeness test') });
  const kept = Array.from(kernels.floats(uniform), (u, pair) => [u, pair] as const).filter(
    ([u, pair]) => u < probability(Math.floor(pair / ITEMS), pair % ITEMS),
  );
  return userItems({
    user: Int32Array.from(kept, ([, pair]) => Math.floor(pair / ITEMS)),
    item: Int32Array.from(kept, ([, pair]) => pair % ITEMS),
    userIds: new Array<string>(USERS).fill(''),
    itemIds: new Array<string>(ITEMS).fill(''),
  });
}

/** Two kinds of users, each with a half of the items; the first items of each are popular. */
const tastes = (user: number, item: number): number => (user % 2 === item % 2 ? 0.6 : 0.05) / (1 + item / 10);
const options = { seed: 1, resamples: 50, costly: 5 };
const of = (likeness: ReturnType<typeof likenessOf>, name: string) => {
  const found = likeness.statistics.find((one) => one.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};

describe('likeness of a world to data', () => {
  const data = drawn(tastes, 1);

  test('of data to themselves it is whole', () => {
    const same = likenessOf(data, data, options);
    for (const { name, data: a, world: b } of same.statistics) if (name !== 'repeated neighbours') expect(b).toEqual(a);
    expect(of(same, 'repeated neighbours').world.value).toBe(1);
  });

  test('another draw of the same tastes is within the intervals, and repeats neighbours as data repeat their own', () => {
    const likeness = likenessOf(data, drawn(tastes, 2), options);
    for (const name of ['density', 'Gini of items', 'share of the top 10% of items']) {
      const { data: a, world: b } = of(likeness, name);
      expect(Math.abs(a.value - b.value)).toBeLessThan(2 * (a.high - a.low));
    }
    const { data: own, world } = of(likeness, 'repeated neighbours');
    expect(world.value).toBeGreaterThan(own.value - 0.1);
  });

  test('clicks that know no tastes show it in spectrum and neighbours, with all counts alike', () => {
    const perItem = Array.from({ length: ITEMS }, (_, item) => (tastes(0, item) + tastes(1, item)) / 2);
    const likeness = likenessOf(
      data,
      drawn((_, item) => perItem[item] as number, 3),
      options,
    );
    // The second singular value is the two kinds of users.
    const [of2, flat2] = [likeness.spectrum.data[1] as number, likeness.spectrum.world[1] as number];
    expect(flat2).toBeLessThan(of2 / 2);
    const again = of(likenessOf(data, drawn(tastes, 2), options), 'repeated neighbours').world;
    expect(of(likeness, 'repeated neighbours').world.high).toBeLessThan(again.low);
    expect(of(likeness, 'Gini of items').world.value).toBeCloseTo(of(likeness, 'Gini of items').data.value, 1);
  });

  test('counts are those of the matrix', () => {
    const { data: density } = of(likenessOf(data, data, options), 'density');
    expect(density.value).toBeCloseTo(data.items.length / (USERS * ITEMS), 12);
    const perUser = Array.from(
      { length: USERS },
      (_, u) => (data.starts[u + 1] as number) - (data.starts[u] as number),
    );
    const mean = perUser.reduce((a, b) => a + b, 0) / USERS;
    const sd = Math.sqrt(perUser.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (USERS - 1));
    // The bootstrap's interval is that of a mean over users.
    expect((density.high - density.low) / 2).toBeCloseTo((1.96 * sd) / Math.sqrt(USERS) / ITEMS, 2);
  });

  test('curves begin at nothing and end at everything; squares of singular values are shares', () => {
    const { popularity, spectrum } = likenessOf(data, data, options);
    expect(popularity.data[0]).toEqual([0, 0]);
    expect(popularity.data.at(-1)).toEqual([1, 1]);
    expect(spectrum.data.reduce((a, b) => a + b, 0)).toBeLessThan(1);
    expect(spectrum.data).toEqual(spectrum.data.toSorted((a, b) => b - a));
  });
});

test('an interval is 1.96 standard deviations on both sides of the value', () => {
  expect(bounded(5, [1, 2, 3])).toEqual({ value: 5, low: 5 - 1.96, high: 5 + 1.96 });
});
