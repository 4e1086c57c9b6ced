import { expect, test } from '@jest/globals';
import type { FinishedTrial } from './finished.js';
import { onlineTable } from './online_tables.js';
import { trustTable } from './truth_tables.js';

/** A trial whose weights by popularity are worth `size` of 500 test items. */
const trial = (label: string, value: number, size: number): FinishedTrial =>
  ({
    ...{ data: 'd', row: { label, method: label, variant: {} }, repetition: 0, settings: {} },
    outcome: {
      result: {
        tested: { items: 500, users: 500 },
        estimates: {
          standard: { metrics: { 'hit@5': value, 'hit@10': value, 'ndcg@10': value } },
          popularity: { metrics: { 'hit@5': value, 'hit@10': value, 'ndcg@10': value }, size },
        },
        online: { shown: 10, clicks: 1, clickThroughRate: value, expectedRate: value },
        truth: {
          users: 500,
          values: { 'value@10': value },
          anchors: { random: {}, 'best list': {}, learnable: {}, ideal: {} },
        },
      },
    },
  }) as unknown as FinishedTrial;

const trials = (...sizes: number[]): FinishedTrial[] => sizes.map((size, k) => trial(`M${k}`, 0.1 * (k + 1), size));

test('what rests on few test items is marked among what to trust, and beside what happened online', () => {
  const few = trustTable(trials(12, 400, 49), 'd');
  const marked = few?.rows.filter(({ isWeak }) => isWeak).map(({ label }) => label);
  expect(marked).toHaveLength(2);
  expect(marked?.every((label) => /popularity/i.test(label))).toBe(true);
  expect(few?.note).toMatch(/a tenth of the test items carry the weight of: [^;]*popularity[^;]*, of M0, M2\./i);
  expect(onlineTable(trials(12, 400, 49), 'd')?.note).toMatch(/weight of: popularity of M0; popularity of M2\./);
  const enough = trustTable(trials(50, 400, 60), 'd');
  expect(enough?.rows.some(({ isWeak }) => isWeak)).toBe(false);
  expect(enough?.note).not.toMatch(/carry the weight/);
  expect(onlineTable(trials(50, 400, 60), 'd')?.note).not.toMatch(/carry the weight/);
});
