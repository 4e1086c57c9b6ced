import { expect, test } from '@jest/globals';
import { averageOf, effectiveSize, itemValues, type Normalisation, userMeans } from '../averages.js';
import type { Ranks } from '../ranks.js';
import { hitAt } from './hit.js';
import { averagePrecision } from './map.js';
import { type ItemMetric, valueAtRank } from './metric.js';
import { metricNamed, metricsAt } from './registry.js';

const { items: METRICS, users: USER_METRICS } = metricsAt([5, 10]);
const metricsOf = (greater: number, equal: number) =>
  Object.fromEntries(METRICS.map((metric) => [metric.name, valueAtRank(metric, greater, equal)]));
const of = (name: string, greater: number, equal: number): number =>
  valueAtRank(metricNamed(name) as ItemMetric, greater, equal);
const averageMetrics = (ranks: Ranks, weights?: Float64Array, normalisation?: Normalisation) =>
  averageOf(itemValues(METRICS, ranks), weights, normalisation);

test('hit and NDCG of places worked out by hand', () => {
  expect(metricsOf(0, 0)).toEqual({ 'hit@5': 1, 'hit@10': 1, 'ndcg@5': 1, 'ndcg@10': 1, mrr: 1 });
  // Fourth place: 1 / log2(5).
  expect(of('ndcg@5', 3, 0)).toBeCloseTo(1 / Math.log2(5), 12);
  expect(metricsOf(7, 0)).toEqual({
    'hit@5': 0,
    'hit@10': 1,
    'ndcg@5': 0,
    'ndcg@10': expect.closeTo(1 / Math.log2(9), 12),
    mrr: 1 / 8,
  });
  expect(metricsOf(10, 0)).toEqual({ 'hit@5': 0, 'hit@10': 0, 'ndcg@5': 0, 'ndcg@10': 0, mrr: 1 / 11 });
});

test('ties count as the mean over their orders', () => {
  // Tied with three others behind eight: places 9, 10, 11, 12, of which two are among the first ten.
  expect(of('hit@10', 8, 3)).toBe(0.5);
  expect(of('ndcg@10', 8, 3)).toBeCloseTo((1 / Math.log2(10) + 1 / Math.log2(11)) / 4, 12);
  // All of 101 equal: a random place.
  expect(valueAtRank(hitAt(10), 0, 100)).toBeCloseTo(10 / 101, 12);
  expect(of('mrr', 1, 2)).toBeCloseTo((1 / 2 + 1 / 3 + 1 / 4) / 3, 12);
});

test('averages are weighted and normalised', () => {
  const ranks = { greater: Int32Array.from([0, 50, 2]), equal: Int32Array.from([0, 0, 0]) };
  expect(averageMetrics(ranks)['hit@10']).toBeCloseTo(2 / 3, 12);
  expect(averageMetrics(ranks, Float64Array.from([1, 3, 1]))['hit@10']).toBeCloseTo(2 / 5, 12);
  expect(averageMetrics(ranks, Float64Array.from([1, 3, 1]), 'plain')['hit@10']).toBeCloseTo(2 / 3, 12);
});

test('effective size: equal weights count fully, one heavy weight counts as one', () => {
  expect(effectiveSize(Float64Array.from([2, 2, 2]))).toBeCloseTo(3, 12);
  expect(effectiveSize(Float64Array.from([1e9, 1, 1]))).toBeCloseTo(1, 6);
});

test("recall and precision rank a user's test items together with the candidates", () => {
  // User 0 has items at scores 9 and 7, behind 9 and 9 candidates: the better one takes the tenth place. User 1 has one item, second.
  const ranks = { greater: Int32Array.from([9, 9, 1]), equal: Int32Array.from([0, 0, 0]) };
  const users = [0, 0, 1];
  const lists = (scores: number[]) =>
    userMeans(USER_METRICS, { ...ranks, scores: Float32Array.from(scores) }, (row) => users[row] as number);
  const found = lists([9, 7, 3]);
  expect(found['recall@10']).toBeCloseTo((1 / 2 + 1) / 2, 12);
  expect(found['precision@10']).toBeCloseTo((1 / 10 + 1 / 10) / 2, 12);
  // At equal scores each has the last place half of the time.
  const tied = lists([9, 9, 3]);
  for (const name of ['recall@10', 'precision@10']) expect(tied[name]).toEqual(found[name]);
});

test('average precision by hand, and over the orders of equal scores', () => {
  const map = averagePrecision.make(10);
  const mean = (greater: number[], equal: number[], scores: number[]) =>
    userMeans(
      [map as never],
      { greater: Int32Array.from(greater), equal: Int32Array.from(equal), scores: Float32Array.from(scores) },
      () => 0,
    )['map@10'];
  // Candidates above: none and two, so that the items take places 0 and 3: (1 / 1 + 2 / 4) / 2.
  expect(mean([0, 2], [0, 0], [9, 5])).toBeCloseTo((1 + 2 / 4) / 2, 12);
  // One item beside one equal candidate: first or second, half of the time each; 16 orders, so that four deviations are half of the range.
  expect(Math.abs((mean([0], [1], [9]) as number) - 0.75)).toBeLessThan(4 * (0.25 / Math.sqrt(16)));
  // Both equal to each other alone: places 0 and 1 whatever the order.
  expect(mean([0, 0], [0, 0], [9, 9])).toBeCloseTo(1, 12);
});

test('metrics by name, at any cutoff', () => {
  expect(metricNamed('ndcg@20')).toMatchObject({ name: 'ndcg@20', title: 'NDCG@20', cutoff: 20 });
  expect(() => metricNamed('ndcgg@5')).toThrow(/unknown metric "ndcgg": did you mean ndcg\?/);
  expect(() => metricNamed('hit')).toThrow(/write how many places count, such as hit@10/);
  expect(() => metricNamed('mrr@5')).toThrow(/mrr has no cutoff/);
  expect(() => metricNamed('hit@0')).toThrow(/from 1 to/);
});
