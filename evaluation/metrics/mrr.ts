import type { MetricFamily } from './metric.js';

export const mrr: MetricFamily = {
  name: 'mrr',
  summary: 'reciprocal of the place of the test item, counted from 1',
  hasCutoff: false,
  make: () => ({
    ...{ of: 'item', name: 'mrr', title: 'MRR', unit: 'share' },
    at: (place) => 1 / (place + 1),
    expected: expectedReciprocals,
  }),
};

/**
 * Mean of 1 / (place + 1) over draws of C candidates from M others, for each number of better ones. It has a closed form: (M + 1) / ((C + 1) (place + 1))
 * times the probability that of place + 1 among M + 1 at least one is among C + 1 drawn.
 */
function expectedReciprocals(M: number, C: number): Float64Array {
  let none = (M - C) / (M + 1);
  return Float64Array.from({ length: M + 1 }, (_, place) => {
    const value = ((M + 1) / ((C + 1) * (place + 1))) * (1 - none);
    none *= Math.max(0, M - place - C - 1) / (M - place);
    return value;
  });
}
