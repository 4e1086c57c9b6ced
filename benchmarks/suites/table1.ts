import { PAPER_METRICS, SIMULATED_DATA, TUNED_BASELINES } from './paper.js';
import { TABLE_1 } from './published.js';
import type { Suite } from './suite.js';

export const table1: Suite = {
  name: 'table1',
  summary: 'Table 1: baselines, PS and ACL on simulated data, by unbiased evaluation and against the truth',
  data: SIMULATED_DATA,
  methods: [
    ...['Pop', 'CF', 'MLP', 'GMF'],
    ...['MLP', 'GMF'].flatMap((f) => ['Pop', f, 'oracle'].map((g) => `PS:${f}/${g}`)),
    ...['ACL:MLP/MLP', 'ACL:GMF/GMF'],
  ],
  // As the paper weights; its figures stand beside. Nothing is clipped: that would move the estimates further than their noise.
  settings: { unbiasedWeight: 'paper' },
  tables: ['side-by-side', { show: 'unbiased', metrics: PAPER_METRICS, published: TABLE_1 }, 'standard', 'expected'],
  budgets: TUNED_BASELINES,
};
