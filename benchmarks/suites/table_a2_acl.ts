import { ABLATED, PAPER_METRICS, REAL_DATA, TUNED_BASELINES } from './paper.js';
import { TABLE_A2_ACL } from './published.js';
import type { Suite } from './suite.js';

export const tableA2Acl: Suite = {
  name: 'tableA2-acl',
  summary: 'Table A.2, second: ACL of every kind of model on real data, beside the models alone',
  data: REAL_DATA,
  methods: ABLATED.flatMap((f) => [f, `ACL:${f}/${f}`]),
  tables: [{ show: 'standard', metrics: PAPER_METRICS, published: TABLE_A2_ACL }],
  budgets: TUNED_BASELINES,
};
