import { CURVES_ALONE, PAPER_METRICS, REAL_DATA } from './paper.js';
import type { Suite } from './suite.js';

export const figureA3: Suite = {
  name: 'figureA3',
  summary: 'Figure A.3: metrics by the width of the factors, ACL against its baseline at twice the width',
  data: REAL_DATA,
  methods: ['GMF', 'Attn'].flatMap((f) => [`ACL:${f}/${f}`, { method: f, dimFactor: 2 }]),
  settings: CURVES_ALONE,
  vary: { dim: [8, 16, 32, 64] },
  tables: [{ show: 'standard', metrics: PAPER_METRICS }],
  figures: [{ kind: 'setting', x: 'dim', metrics: PAPER_METRICS }],
  budgets: { small: { repetitions: 2, settings: { epochs: 30 } }, paper: { repetitions: 10 } },
};
