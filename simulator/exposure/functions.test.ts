import { describe, expect, test } from '@jest/globals';
import { WasmKernels } from '../../compute/index.js';
import { featureTable } from '../../datasets/features.js';
import { makeBlocks } from '../blocks.js';
import type { ExposureContext, ExposureRows } from './exposure.js';
import { readersOf } from './features.js';
import { exposureFunctions, exposureSettings } from './registry.js';
import { logPopularity, pairVariables } from './variables.js';

const [USERS, ITEMS, DIM] = [2, 4, 2];
const DAY = 86_400_000;
/** First-stage clicks 10, 5, 1 and 0: 4 on the average. */
const SHARE = Float32Array.of(1, 0.5, 0.1, 0);

const features = readersOf({
  users: featureTable('user', ['ann', 'bob'], { paying: [true, false], plan: ['gold', 'free'] }),
  items: featureTable('item', ['a', 'b', 'c', 'd'], {
    genres: ['Drama', 'Comedy|Drama', 'Comedy', 'Melodrama'],
    released: [0, 1, 2, 5].map((day) => new Date(day * DAY)),
    year: [1990, 1995, 2000, null],
  }),
});

function contextOf(variables: ExposureContext['variables'] = 'standard'): ExposureContext {
  const kernels = new WasmKernels();
  const x = kernels.tensor(Float32Array.of(1, 0, 3, 4), [USERS, DIM]);
  const z = kernels.tensor(Float32Array.of(1, 0, 0, 1, 2, 2, 0, 0), [ITEMS, DIM]);
  const zTransposed = kernels.tensor(Float32Array.of(1, 0, 2, 0, 0, 1, 2, 0), [DIM, ITEMS]);
  const sizes = { users: USERS, items: ITEMS, dim: DIM, seed: 1 };
  return { kernels, ...sizes, x, z, zTransposed, share: SHARE, variables, features };
}

function rowsOf(context: ExposureContext, name: string, settings: Record<string, number | string>): ExposureRows {
  const definition = exposureFunctions.get(name);
  const all = exposureSettings(definition, settings);
  definition.check(all as never, { dim: DIM, features });
  return definition.create(context, all as never);
}

/** e of every user and item. */
function valuesOf(name: string, settings: Record<string, number | string>, variables?: ExposureContext['variables']) {
  const context = contextOf(variables);
  const out = context.kernels.zeros([USERS, ITEMS]);
  rowsOf(context, name, settings).fill(0, USERS, out, ITEMS);
  const values = context.kernels.floats(out);
  return [Array.from(values.subarray(0, ITEMS)), Array.from(values.subarray(ITEMS, 2 * ITEMS))];
}

const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));
const { log, sqrt } = Math;

test('popularity is log(popularity / mean), with a floor of a tenth of the mean; in worlds of 0.5.0 of a tenth of an even share', () => {
  expect(Array.from(logPopularity(contextOf()))).toEqual(near([log(2.5), log(1.25), log(0.25), log(0.1)]));
  expect(Array.from(logPopularity(contextOf('raw')))).toEqual(near([log(2.5), log(1.25), log(0.25), log(1 / 40)]));
  expect(valuesOf('popularity', { strength: 0.5 })[1]).toEqual(
    near([log(2.5) / 2, log(1.25) / 2, log(0.25) / 2, log(0.1) / 2]),
  );
});

test('variables of formulas are those of the functions built in: x . z has root mean square 1, and the lengths of x and z', () => {
  // x . z is 1, 0, 2, 0 for the first user and 3, 4, 14, 0 for the second; its mean square 226 / 8.
  const scale = sqrt(226 / 8);
  const dots = [1, 0, 2, 0, 3, 4, 14, 0].map((dot) => dot / scale);
  expect(valuesOf('expression', { formula: 'dot' }).flat()).toEqual(near(dots));
  expect(valuesOf('expression', { formula: 'x[0]*z[0] + x[1]*z[1]' }).flat()).toEqual(near(dots));
  expect(valuesOf('affinity', { strength: 1 }).flat()).toEqual(near(dots));
  expect(valuesOf('expression', { formula: '0.5*popularity' })).toEqual(valuesOf('popularity', { strength: 0.5 }));
  expect(valuesOf('expression', { formula: 'share' })[0]).toEqual(near(Array.from(SHARE)));
  // |x| is 1 and 5, its mean square 13; |z|^2 is 1, 1, 8, 0, its mean 2.5.
  expect(valuesOf('expression', { formula: 'norm_x' }).map(([first]) => first)).toEqual(
    near([1 / sqrt(13), 5 / sqrt(13)]),
  );
  expect(valuesOf('expression', { formula: 'norm_z' })[0]).toEqual(near([sqrt(0.4), sqrt(0.4), sqrt(3.2), 0]));
  const { x, z } = pairVariables(contextOf());
  const squares = (values: Float32Array, rows: number): number => values.reduce((sum, v) => sum + v * v, 0) / rows;
  expect(squares(x, USERS)).toBeCloseTo(squares(z, ITEMS), 5);
});

test('in worlds of 0.5.0 they are raw', () => {
  expect(valuesOf('expression', { formula: 'dot' }, 'raw').flat()).toEqual(near([1, 0, 2, 0, 3, 4, 14, 0]));
  expect(valuesOf('expression', { formula: 'popularity' }, 'raw')[0]).toEqual(near(Array.from(SHARE)));
  expect(valuesOf('expression', { formula: 'norm_x + x[1]' }, 'raw').map(([first]) => first)).toEqual(near([1, 9]));
});

describe('functions of features', () => {
  test('recency: standard deviations from the mean date', () => {
    // 0, 1, 2 and 5 days: 2 on the average, with a variance of 3.5.
    const expected = [-2, -1, 0, 3].map((days) => days / sqrt(3.5));
    expect(valuesOf('recency', { strength: 1 })).toEqual([near(expected), near(expected)]);
  });

  test('group: of items, of users, and of both', () => {
    expect(valuesOf('group', { item: 'genres=Drama' })).toEqual([near([0.7, 0.7, 0, 0]), near([0.7, 0.7, 0, 0])]);
    expect(valuesOf('group', { user: 'paying=true', strength: -2 })).toEqual([
      near([-2, -2, -2, -2]),
      near([0, 0, 0, 0]),
    ]);
    expect(valuesOf('group', { item: 'genres=Comedy', user: 'plan=free', strength: 1 })).toEqual([
      near([0, 0, 0, 0]),
      near([0, 1, 1, 0]),
    ]);
  });

  test('formulas see ids and columns', () => {
    const of = (formula: string): number[] => valuesOf('expression', { formula }).flat();
    expect(of('item.id == "b" && user.id != "ann" ? 1 : 0')).toEqual([0, 0, 0, 0, 0, 1, 0, 0]);
    expect(of('has(item["genres"], "Drama") + 10 * user.paying')).toEqual([11, 11, 10, 10, 1, 1, 0, 0]);
    expect(of('item.released >= date("1970-01-03")')).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
    expect(of('!(item.released < date("1970-01-02T00:00Z")) || user.plan == "gold"')).toEqual([1, 1, 1, 1, 0, 1, 1, 1]);
  });

  test.each([
    ['recency', { column: 'year' }, /item "d" has no "year"/],
    ['recency', { column: 'genres' }, /"genres" of items holds texts, not dates or numbers/],
    ['recency', { column: 'relased' }, /unknown column of items "relased": did you mean released\?/],
    ['group', {}, /say which items or users/],
    ['group', { item: 'genres=Western' }, /no item has "Western" as its "genres"/],
    ['group', { user: 'paying=gold' }, /"paying" holds numbers, and "gold" is none/],
    ['expression', { formula: 'item.year - 1990' }, /item "d" has no "year"/],
    ['expression', { formula: 'item.genre' }, /unknown column of items "genre"/],
    ['expression', { formula: 'item.constructor' }, /unknown column of items "constructor"/],
    ['expression', { formula: 'item.genres + 1' }, /item\.genres is a text, which is not a number/],
    ['expression', { formula: 'item.year == "1990"' }, /a text and a number, which are never equal/],
    ['expression', { formula: 'date("yesterday")' }, /date takes a day/],
    ['expression', { formula: 'has(dot, "x")' }, /has takes texts, and dot is a number/],
  ] as const)('%s %j is refused in a sentence', (name, settings, message) => {
    expect(() => valuesOf(name, settings)).toThrow(message);
  });

  test.each([
    ['recency', {}],
    ['group', { item: 'genres=Drama', user: 'paying=true' }],
    ['group', { item: 'genres=Drama', strength: -1 }],
    ['popularity', {}],
  ] as const)('%s %j: listed pairs are those of rows, and bounds hold', (name, settings) => {
    const rows = valuesOf(name, settings);
    const { sparse } = rowsOf(contextOf(), name, settings);
    const blocks = makeBlocks(ITEMS, sparse?.coordinates ?? []);
    const bound = sparse?.prepare(blocks);
    for (let user = 0; user < USERS; user++) {
      const [listed, bounds] = [new Float32Array(2), new Float32Array(blocks.count)];
      sparse?.listed(user, Int32Array.of(3, 1), listed);
      expect(Array.from(listed)).toEqual([rows[user]?.[3], rows[user]?.[1]]);
      bound?.(user, bounds);
      expect(bounds[0]).toBeGreaterThanOrEqual(Math.max(...(rows[user] as number[])) - 1e-6);
    }
  });
});
