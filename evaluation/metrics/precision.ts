import { hitAt } from './hit.js';
import type { MetricFamily } from './metric.js';

export const precision: MetricFamily = {
  name: 'precision',
  summary: "share of the first k that are among a user's test items",
  hasCutoff: true,
  make: (k) => ({
    ...{ of: 'user', name: `precision@${k}`, title: `Precision@${k}`, unit: 'share' },
    item: hitAt(k),
    ofSum: (hits) => hits / k,
  }),
};
