import { PAPER_METRICS, REAL_DATA, TUNED_BASELINES } from './paper.js';
import { TABLE_A2_ACL, TABLE_A2_PS } from './published.js';
import type { Suite } from './suite.js';

const MODELS = ['MLP', 'GMF', 'NCF', 'Attn'];

export const tableA2Ps: Suite = {
  name: 'tableA2-ps',
  summary: 'Table A.2, first: PS on real data, g by popularity and of the same kind as f',
  data: REAL_DATA,
  methods: MODELS.flatMap((f) => [`PS:${f}/Pop`, `PS:${f}/${f}`]),
  tables: [{ show: 'standard', metrics: PAPER_METRICS, published: TABLE_A2_PS }],
  budgets: TUNED_BASELINES,
};

export const tableA2Acl: Suite = {
  name: 'tableA2-acl',
  summary: 'Table A.2, second: ACL of every kind of model on real data, beside the models alone',
  data: REAL_DATA,
  methods: MODELS.flatMap((f) => [f, `ACL:${f}/${f}`]),
  tables: [{ show: 'standard', metrics: PAPER_METRICS, published: TABLE_A2_ACL }],
  budgets: TUNED_BASELINES,
};
