import { defineEstimate, defineMetric, weighted } from 'expobench';

/** A metric of one's own: rank-biased precision (Moffat and Zobel 2008). `--metrics examples/typescript/own_metric.ts` */
export const rbp = defineMetric({
  name: 'rbp',
  summary: 'rank-biased precision with persistence 0.8',
  hasCutoff: false,
  make: () => ({
    ...{ of: 'item', name: 'rbp', title: 'RBP', unit: 'share', cutoff: 100 },
    at: (place) => 0.2 * 0.8 ** place,
  }),
});

/** An estimate of one's own: items with more training clicks than half of the items count the same, others not at all. */
export const head = defineEstimate({
  name: 'head',
  summary: 'test items of the more popular half alone',
  make: () => ({
    ...{ key: 'head', title: 'head items alone', label: 'head' },
    note: () => 'Percent, mean (sd) over repetitions; test items of the more popular half of the items alone.',
    async of({ train, test, values, weights }) {
      const counts = new Float64Array(train.itemCount);
      for (const item of train.items) counts[item] = (counts[item] ?? 0) + 1;
      const median = counts.slice().sort()[counts.length >> 1] ?? 0;
      const own = Float64Array.from(test.targets.item, (item) => Number((counts[item] ?? 0) > median));
      return own.some((weight) => weight > 0) ? weighted(values, own, weights, 'the weights') : undefined;
    },
  }),
});
