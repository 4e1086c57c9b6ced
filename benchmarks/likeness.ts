import { ParameterFactory, WasmKernels } from '../compute/index.js';
import {
  type Interactions,
  sharedFloat64,
  sharedInt32,
  sharedUint8,
  TEST,
  TRAIN,
  userItems,
} from '../datasets/interactions.js';
import { itemValues } from '../evaluation/averages.js';
import { type Bounded, bounded, type Likeness, likenessOf, resampled } from '../evaluation/likeness.js';
import { hitAt } from '../evaluation/metrics/hit.js';
import { testQuestion, userOf } from '../evaluation/question.js';
import { rank } from '../evaluation/ranks.js';
import { ModelScorers } from '../models/model_scorer.js';
import { createModel } from '../models/registry.js';
import { Drawing } from '../simulator/drawing.js';
import type { World } from '../simulator/world.js';
import { UserError } from '../support/errors.js';
import { type Panel, panelPicture } from '../support/panels.js';
import type { Progress } from '../support/progress.js';
import { rankCorrelation } from '../support/statistics.js';

/** Methods that need no training by steps: their order shows whether data are alike to recommenders, too. */
const METHODS = ['Pop', 'CF', 'ItemKNN', 'EASE', 'iALS'] as const;
const CANDIDATES = 100;
const RESAMPLES = 200;

/** Likeness of a world's first-stage clicks to the ratings that it was made from. */
export interface WorldLikeness extends Likeness {
  /** Hit@10 of the methods on both. */
  readonly methods: readonly { readonly name: string; readonly data: number; readonly world: number }[];
  /** Rank correlation of the two columns. */
  readonly agreement: Bounded;
}

/**
 * Is the world like the data? Compares clicks of the first stage, before any e(x, z), with the interactions that the world was made from: the paper
 * says that the first stage remains truthful to the data (A.6.3). Throws UserError where the two have not the same users and items.
 */
export async function worldLikeness(
  world: World,
  data: Interactions,
  options: { readonly seed: number; readonly workers?: number | undefined },
  progress: Progress,
): Promise<WorldLikeness> {
  const { users, items } = world.state;
  if (data.userIds.length !== users || data.itemIds.length !== items)
    throw new UserError(
      `the world has ${users} users and ${items} items, and "${data.name}" has ${data.userIds.length} and ${data.itemIds.length}: compare a world with the ratings that it was made from`,
    );
  if (!data.split) throw new UserError(`"${data.name}" is not split: prepare it first`);
  const clicks = await firstStage(world, data, options.workers, progress);
  const likeness = likenessOf(userItems(data), userItems(clicks), { seed: options.seed });
  const [ofData, ofWorld] = [await hitsOf(data, options.seed), await hitsOf(clicks, options.seed)];
  const means = [ofData, ofWorld].map((hits) => hits.map(({ sums, counts }) => meanOf(sums, counts)));
  const kernels = new WasmKernels();
  const others = Array.from({ length: RESAMPLES }, (_, k) => {
    const weights = resampled(kernels, users, options.seed, k);
    const [a, b] = [ofData, ofWorld].map((hits) => hits.map(({ sums, counts }) => meanOf(sums, counts, weights)));
    return rankCorrelation(a as number[], b as number[]);
  });
  const [dataHits, worldHits] = means as [number[], number[]];
  return {
    ...likeness,
    methods: METHODS.map((name, m) => ({ name, data: dataHits[m] as number, world: worldHits[m] as number })),
    agreement: bounded(rankCorrelation(dataHits, worldHits), others, [-1, 1]),
  };
}

/** Clicks of the first stage as a data set of its own, with the split of a simulation. */
async function firstStage(
  world: World,
  data: Interactions,
  workers: number | undefined,
  progress: Progress,
): Promise<Interactions> {
  const drawing = new Drawing(workers, progress);
  const rows: { user: number; item: number; time: number; split: number }[] = [];
  try {
    await drawing.draw(world.state, 1, (block) => {
      block.clicked.forEach((clicked, row) => {
        if (clicked !== 1) return;
        const [user, item] = [block.user[row] as number, block.item[row] as number];
        rows.push({ user, item, time: block.time[row] as number, split: block.split[row] as number });
      });
    });
  } finally {
    await drawing.close();
  }
  const n = rows.length;
  const [user, item, time, split] = [sharedInt32(n), sharedInt32(n), sharedFloat64(n), sharedUint8(n)];
  rows.forEach((one, row) => {
    [user[row], item[row], time[row], split[row]] = [one.user, one.item, one.time, one.split];
  });
  const { userIds, itemIds } = data;
  return { name: `${data.name}, first stage`, userIds, itemIds, user, item, time, split, rating: undefined };
}

/** Hits of a method by user. */
interface UserHits {
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

async function hitsOf(data: Interactions, seed: number): Promise<UserHits[]> {
  const kernels = new WasmKernels();
  const size = { users: data.userIds.length, items: data.itemIds.length, dim: 32 };
  const known = userItems(data, (row) => data.split?.[row] === TRAIN);
  const test = await testQuestion(kernels, data, TEST, { candidates: Math.min(CANDIDATES, size.items - 1), seed });
  const scorers = new ModelScorers(kernels, data);
  const hit = hitAt(10);
  const out: UserHits[] = [];
  for (const name of METHODS) {
    const model = createModel(name, kernels, new ParameterFactory(kernels, seed), size);
    await model.fit?.(known, seed);
    const values = itemValues([hit], await rank(scorers.of(model), test))[hit.name] as Float64Array;
    const [sums, counts] = [new Float64Array(size.users), new Float64Array(size.users)];
    values.forEach((value, row) => {
      const user = userOf(test, row);
      (sums[user] as number) += value;
      (counts[user] as number)++;
    });
    out.push({ sums, counts });
  }
  kernels.close();
  return out;
}

function meanOf(sums: Float64Array, counts: Float64Array, weights?: Float64Array): number {
  let [sum, count] = [0, 0];
  for (let user = 0; user < sums.length; user++) {
    const weight = weights ? (weights[user] as number) : 1;
    sum += weight * (sums[user] as number);
    count += weight * (counts[user] as number);
  }
  return count > 0 ? sum / count : 0;
}

/** Likeness in words, a line a statistic. */
export function describeLikeness({ statistics, methods, agreement }: WorldLikeness): string {
  const write = (x: number): string => (Math.abs(x) < 0.1 ? x.toPrecision(3) : x.toFixed(3));
  const span = ({ value, low, high }: Bounded): string =>
    low === high ? write(value) : `${write(value)} [${write(low)} to ${write(high)}]`;
  const width = Math.max(...statistics.map(({ name }) => name.length));
  return [
    'The first stage beside the data [95% over users]:',
    ...statistics.map(({ name, data, world }) => `  ${name.padEnd(width)}  data ${span(data)}, world ${span(world)}`),
    `  Hit@10, data and world: ${methods.map(({ name, data, world }) => `${name} ${percent(data)} and ${percent(world)}`).join(', ')}`,
    `  rank correlation of the methods: ${span(agreement)}`,
  ].join('\n');
}

const percent = (share: number): string => (100 * share).toFixed(1);

/** Popularity and spectrum of both, as a picture. */
export function likenessPicture(title: string, { popularity, spectrum }: Likeness): string {
  const curves = (name: string, side: 'data' | 'world'): Panel[] => [
    {
      title: `${name}: share of clicks of the most popular`,
      x: 'share of items',
      type: 'line',
      range: [0, 1],
      data: popularity[side],
    },
    {
      title: `${name}: first 20 singular values, squared`,
      x: 'place',
      type: 'line',
      logY: true,
      data: spectrum[side].map((value, k): [number, number] => [k + 1, value]),
    },
  ];
  const [a, b] = [curves('data', 'data'), curves('world', 'world')];
  return panelPicture(title, [a[0], b[0], a[1], b[1]] as Panel[]);
}
