import { ABLATED, PAPER_METRICS, REAL_DATA, TUNED_BASELINES } from './paper.js';
import { TABLE_A2_PS } from './published.js';
import type { Suite } from './suite.js';

export const tableA2Ps: Suite = {
  name: 'tableA2-ps',
  summary: 'Table A.2, first: PS on real data, g by popularity and of the same kind as f',
  data: REAL_DATA,
  methods: ABLATED.flatMap((f) => [`PS:${f}/Pop`, `PS:${f}/${f}`]),
  tables: [{ show: 'standard', metrics: PAPER_METRICS, published: TABLE_A2_PS }],
  budgets: TUNED_BASELINES,
};
