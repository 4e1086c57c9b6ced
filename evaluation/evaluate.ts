import type { Kernels } from '../compute/index.js';
import { type Interactions, TEST, type UserItems } from '../datasets/interactions.js';
import type { Scorer } from '../models/scorer.js';
import type { Propensity } from '../propensities/propensity.js';
import type { RelevanceTruth } from '../simulator/truth.js';
import type { World } from '../simulator/world.js';
import type { Registry } from '../support/registry.js';
import { type ItemValues, itemValues, userMeans } from './averages.js';
import type { EstimateDefinition, Estimated, EstimatedMean } from './estimates/estimate.js';
import { estimates as builtInEstimates, estimatesWith } from './estimates/registry.js';
import { ExpectedMetrics } from './expectation.js';
import { FullRanks, RecommendationLists, readAllScores, readLists } from './full_pass.js';
import { bootstrapIntervals, type Interval } from './intervals.js';
import type { ItemMetric, MetricFamily, Metrics } from './metrics/metric.js';
import { metricFamilies, metricsAt } from './metrics/registry.js';
import { type TestQuestion, userOf } from './question.js';
import { rank } from './ranks.js';
import type { EvaluationSettings } from './settings.js';
import type { AnchorName } from './truth/anchors.js';
import { anchorsFor } from './truth/known_world.js';
import { ListValues, PAGES } from './truth/value.js';
import { UserGroups } from './user_groups.js';

/** The longest list that anything is said of. */
const LONGEST = Math.max(...PAGES);

/** What was evaluated. */
export interface Tested {
  readonly users: number;
  /** Test items. */
  readonly items: number;
  /** Test items besides, left out since their users interacted with every item, so that there is nothing to rank them among. */
  readonly leftOut?: number | undefined;
  /** Where the method reads histories in the order of time: test items that are older than an item of the history. */
  readonly older?: number | undefined;
}

/** What a method's lists are worth in a world that is known. Metrics by name: "value@10", "rndcg@10". */
export interface TruthResult {
  /** Means over users. */
  readonly values: Metrics;
  /** How far each group of users moves each of them (see `UserGroups`). */
  readonly groups?: Readonly<Record<string, string>> | undefined;
  /** How many users were judged. */
  readonly users: number;
  /** The same of what values are read against. */
  readonly anchors: Readonly<Record<AnchorName, Metrics>>;
}

/** What is said of a trained method on the test part. */
export interface Evaluation {
  readonly tested: Tested;
  /** By the estimate's key: "standard", "popularity", "unbiased:1/exposure", "expected". */
  readonly estimates: Readonly<Record<string, Estimated>>;
  /** Of lists: recall and precision of users' test parts, coverage, Gini, popularity. */
  readonly lists: Metrics;
  /** 95 percent, over users. */
  readonly intervals?: Readonly<Record<string, Interval>> | undefined;
  /** Where the data says what each test item is to be ranked among, instead of a sample of all items. */
  readonly among?: 'given' | undefined;
  /** What the lists are worth in truth; only where that is known. */
  readonly truth?: TruthResult | undefined;
}

/** What metrics and estimates there are; those of a user's own files besides. */
export interface EvaluationCatalogue {
  readonly metrics: Registry<MetricFamily>;
  readonly estimates: Registry<EstimateDefinition>;
}

export const builtInEvaluation: EvaluationCatalogue = { metrics: metricFamilies, estimates: builtInEstimates };

/** A trained method, with what is known of its data. */
export interface EvaluationContext {
  /** Draws the resamples of the bootstrap. */
  readonly kernels: Kernels;
  readonly test: TestQuestion;
  readonly train: UserItems;
  readonly scorer: Scorer;
  /** G of the method itself. */
  readonly exposure?: Propensity | undefined;
  /** Why that is no model of exposure, in words, where it is none. */
  readonly collapse?: string | undefined;
  readonly world?: World | undefined;
  /** What is known of relevance where there is no world, as of planted ratings. */
  readonly relevance?: RelevanceTruth | undefined;
  /** By name; made once. */
  propensity(name: string): Promise<Propensity>;
  readonly seed: number;
  /** Told each user's own values, by metric: of test items, and of the truth. */
  onUsers?(values: Readonly<Record<string, ReadonlyMap<number, number>>>): void;
}

/** Evaluates on the test part. Throws DivergedError where scores or weights are no numbers. */
export async function evaluate(
  context: EvaluationContext,
  settings: EvaluationSettings,
  catalogue: EvaluationCatalogue = builtInEvaluation,
): Promise<Evaluation> {
  const { kernels, test, scorer, seed } = context;
  const metrics = metricsAt(settings.cutoffs, catalogue.metrics);
  const user = (row: number): number => userOf(test, row);
  const ranks = await rank(scorer, test);
  const values = itemValues(metrics.items, ranks);
  const full =
    settings.full && (scorer.scoreRow || scorer.bestItems)
      ? await fullPass(context, settings, metrics.items)
      : undefined;
  context.onUsers?.(byUser(values, user));
  const estimates: Record<string, Estimated> = {};
  for (const estimate of estimatesWith(settings, catalogue.estimates)) {
    const { data } = test;
    const found = await estimate.of({ ...context, data, values, weights: settings, ...(full && { full }) });
    if (!found) continue;
    const { items, ...kept } = found;
    const groups = items && UserGroups.of(data.userIds.length).ofItems(items, items.userOf ?? user);
    estimates[estimate.key] = { ...kept, ...(groups && { groups }) };
  }
  return {
    tested: testedOf(test, scorer),
    estimates,
    ...(test.data.candidates && { among: 'given' as const }),
    lists: { ...userMeans(metrics.users, ranks, user, seed), ...full?.lists },
    ...(settings.bootstrap > 0 && {
      intervals: await bootstrapIntervals(kernels, values, user, settings.bootstrap, seed),
    }),
    ...(full?.truth && { truth: full.truth }),
  };
}

/** Means of each user's test items. */
function byUser(values: ItemValues, userOf: (row: number) => number): Record<string, ReadonlyMap<number, number>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, all]) => {
      const sums = new Map<number, { sum: number; count: number }>();
      all.forEach((value, row) => {
        const { sum, count } = sums.get(userOf(row)) ?? { sum: 0, count: 0 };
        sums.set(userOf(row), { sum: sum + value, count: count + 1 });
      });
      return [name, new Map([...sums].map(([user, { sum, count }]) => [user, sum / count]))];
    }),
  );
}

/** The truth's values of each judged user. */
const byJudged = ({ values, users }: ListValues): Record<string, ReadonlyMap<number, number>> =>
  Object.fromEntries(
    Object.entries(values).map(([name, all]) => [
      name,
      new Map(Array.from(users, (user, u) => [user, all[u] as number])),
    ]),
  );

/** What is known only when every item was scored; beyond the lists, of data whose truth is known. */
interface FullPass {
  readonly lists: Metrics;
  /** Absent where lists are all that the scorer has. */
  readonly values?: ItemValues;
  readonly expected?: EstimatedMean;
  readonly truth?: TruthResult;
}

async function fullPass(
  { test, scorer, world, relevance = world, onUsers }: EvaluationContext,
  { candidates }: EvaluationSettings,
  metrics: readonly ItemMetric[],
): Promise<FullPass> {
  const lists = new RecommendationLists(test);
  const ranks = new FullRanks(test);
  const known = relevance && anchorsFor(test.data, relevance);
  const judge = known && new ListValues(known.judged);
  const truthOf = (): Pick<FullPass, 'truth'> => {
    if (!known || !judge) return {};
    onUsers?.(byJudged(judge));
    const groups = UserGroups.of(test.data.userIds.length).ofUsers(judge.values, judge.users);
    return { truth: { values: judge.means, groups, users: known.judged.users.length, anchors: known.means } };
  };
  if (!scorer.scoreRow) {
    await readLists(test, scorer, LONGEST, [lists], judge);
    return { lists: { ...lists.statistics }, ...truthOf() };
  }
  const expectation = world && new ExpectedMetrics(test, world, metrics, candidates);
  await readAllScores(test, scorer, [lists, ...(expectation ? [expectation] : []), ranks], judge);
  return {
    lists: { ...lists.statistics },
    values: itemValues(metrics, ranks),
    ...(expectation && { expected: expectedOf(expectation) }),
    ...truthOf(),
  };
}

function expectedOf({ means, byUser: { users, values } }: ExpectedMetrics): EstimatedMean {
  return { metrics: means, items: { values, userOf: (place) => users[place] as number } };
}

function testedOf({ data, rows, leftOut, targets }: TestQuestion, { history }: Scorer): Tested {
  const older = history === undefined ? 0 : olderThanHistory(data, rows);
  return {
    users: new Set(targets.user).size,
    items: rows.length,
    ...(leftOut > 0 && { leftOut }),
    ...(older > 0 && { older }),
  };
}

/** How many of the rows have an earlier time than the newest of what their user has in the parts before the test. */
function olderThanHistory({ user, time, split }: Interactions, rows: Int32Array): number {
  if (!time) return 0;
  const newest = new Map<number, number>();
  user.forEach((u, row) => {
    if (split?.[row] !== TEST) newest.set(u, Math.max(newest.get(u) ?? Number.NEGATIVE_INFINITY, Number(time[row])));
  });
  return rows.filter((row) => Number(time[row]) < (newest.get(user[row] as number) ?? Number.NEGATIVE_INFINITY)).length;
}
