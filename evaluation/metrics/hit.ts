import type { ItemMetric, MetricFamily } from './metric.js';

/** 1 for a test item among the first k. */
export const hitAt = (k: number): ItemMetric => ({
  ...{ of: 'item', name: `hit@${k}`, title: `Hit@${k}`, unit: 'share' },
  cutoff: k,
  at: () => 1,
});

export const hit: MetricFamily = {
  name: 'hit',
  summary: 'whether the test item is among the first k',
  hasCutoff: true,
  make: hitAt,
};
