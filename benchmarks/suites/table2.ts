import { PAPER_METRICS, REAL_DATA, TUNED_BASELINES } from './paper.js';
import { TABLE_2 } from './published.js';
import type { Suite } from './suite.js';

export const table2: Suite = {
  name: 'table2',
  summary: 'Table 2: baselines, PS and ACL on real data, by standard evaluation',
  data: REAL_DATA,
  methods: [
    ...['Pop', 'CF', 'MLP', 'NCF', 'GMF', 'Attn'],
    ...['PS:GMF/Pop', 'PS:Attn/Pop', 'ACL:GMF/GMF', 'ACL:Attn/Attn'],
  ],
  tables: [{ show: 'standard', metrics: PAPER_METRICS, published: TABLE_2 }],
  budgets: { ...TUNED_BASELINES, small: { repetitions: 2, settings: { epochs: 40, patience: 5, bootstrap: 0 } } },
};
