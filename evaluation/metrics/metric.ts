import type { Named } from '../../support/registry.js';

interface MetricBase {
  /** "ndcg@10": its key in every file. */
  readonly name: string;
  /** "NDCG@10" */
  readonly title: string;
  /** How it is printed: a share as percent. */
  readonly unit: 'share' | 'number';
}

/** Of one test item at one place. All else follows from `at`: ties, weighted estimates, intervals, and the expectation under the truth. */
export type ItemMetric = MetricBase & {
  readonly of: 'item';
  /** Value at a place, counted from 0. Asked for places below the cutoff alone. */
  at(place: number): number;
} & (
    | { /** Places from here on are worth 0. */ readonly cutoff: number }
    | {
        readonly cutoff?: undefined;
        /**
         * [others + 1] expected values of an item that stands at each place of a full ranking, when `candidates` of the others are drawn: without a
         * cutoff no sum is short.
         */
        expected(others: number, candidates: number): Float64Array;
      }
  );

/** Of one user with all of their test items, which are ranked together with the candidates. Those that are sums over the items. */
export interface SumMetric extends MetricBase {
  readonly of: 'user';
  /** What each item adds. */
  readonly item: ItemMetric;
  /** Of the sum over so many items. */
  ofSum(sum: number, items: number): number;
}

/** The same for what is no sum over the items. */
export interface PlacesMetric extends MetricBase {
  readonly of: 'user';
  readonly item?: undefined;
  /** Places of the user's test items in the joint ranking, from 0, ascending, no two the same: equal scores come in orders that are drawn. */
  ofPlaces(places: Int32Array): number;
}

export type UserMetric = SumMetric | PlacesMetric;

/** Kinds of metrics are closed, metrics are not: a new one is an object of a kind that is here. */
export type Metric = ItemMetric | UserMetric;

/** One file of this folder: makes the metric of a cutoff ("ndcg" of 10), or the only one. */
export interface MetricFamily extends Named {
  readonly hasCutoff: boolean;
  make(cutoff: number): Metric;
}

/** A metric of one's own, with its types. */
export const defineMetric = (family: MetricFamily): MetricFamily => family;

/** Metrics by name. */
export type Metrics = Readonly<Record<string, number>>;

/** Value of a test item that stands behind `greater` others and beside `equal` ones: the mean over the places that it may take. */
export function valueAtRank(
  { at, cutoff = Number.POSITIVE_INFINITY }: ItemMetric,
  greater: number,
  equal: number,
): number {
  let sum = 0;
  for (let place = greater; place <= greater + equal && place < cutoff; place++) sum += at(place);
  return sum / (equal + 1);
}
