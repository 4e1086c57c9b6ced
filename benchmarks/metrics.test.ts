import { expect, test } from '@jest/globals';
import { averageMetrics, effectiveSize, hit, listMetrics, metricsOf, ndcg, reciprocalRank } from './metrics.js';

test('hit and NDCG of places worked out by hand', () => {
  expect(metricsOf(0, 0)).toEqual({ 'hit@5': 1, 'hit@10': 1, 'ndcg@5': 1, 'ndcg@10': 1, mrr: 1 });
  // Fourth place: 1 / log2(5).
  expect(ndcg(3, 0, 5)).toBeCloseTo(1 / Math.log2(5), 12);
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
  expect(hit(8, 3, 10)).toBe(0.5);
  expect(ndcg(8, 3, 10)).toBeCloseTo((1 / Math.log2(10) + 1 / Math.log2(11)) / 4, 12);
  // All of 101 equal: a random place.
  expect(hit(0, 100, 10)).toBeCloseTo(10 / 101, 12);
  expect(reciprocalRank(1, 2)).toBeCloseTo((1 / 2 + 1 / 3 + 1 / 4) / 3, 12);
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
  const found = listMetrics(ranks, Float32Array.from([9, 7, 3]), (row) => users[row] as number);
  expect(found['recall@10']).toBeCloseTo((1 / 2 + 1) / 2, 12);
  expect(found['precision@10']).toBeCloseTo((1 / 10 + 1 / 10) / 2, 12);
  // At equal scores each has the last place half of the time.
  const tied = listMetrics(ranks, Float32Array.from([9, 9, 3]), (row) => users[row] as number);
  expect(tied).toEqual(found);
});
