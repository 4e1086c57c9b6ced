import { log2 } from '../../compute/math.js';
import type { MetricFamily } from './metric.js';

const discounts: number[] = [];

/** 1 / log2(place + 2): what a place is worth, counted from 0. */
export function discount(place: number): number {
  discounts[place] ??= 1 / log2(place + 2);
  return discounts[place] as number;
}

/** With one relevant item the ideal is 1. */
export const ndcg: MetricFamily = {
  name: 'ndcg',
  summary: '1 / log2(place + 2) of the test item, if it is among the first k',
  hasCutoff: true,
  make: (k) => ({ of: 'item', name: `ndcg@${k}`, title: `NDCG@${k}`, unit: 'share', cutoff: k, at: discount }),
};
