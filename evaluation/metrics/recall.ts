import { hitAt } from './hit.js';
import type { MetricFamily } from './metric.js';

/** Where a user has one test item, it is the hit rate. */
export const recall: MetricFamily = {
  name: 'recall',
  summary: "share of a user's test items that are among the first k",
  hasCutoff: true,
  make: (k) => ({
    ...{ of: 'user', name: `recall@${k}`, title: `Recall@${k}`, unit: 'share' },
    item: hitAt(k),
    ofSum: (hits, items) => hits / items,
  }),
};
