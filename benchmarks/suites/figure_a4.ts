import { CURVES_ALONE, PAPER_METRICS, REAL_DATA } from './paper.js';
import type { Suite } from './suite.js';

export const figureA4: Suite = {
  name: 'figureA4',
  summary: "Figure A.4: metrics of f and g by alpha, the weight of g's regularizer",
  data: REAL_DATA,
  methods: ['ACL:GMF/GMF', 'ACL:Attn/Attn'],
  settings: CURVES_ALONE,
  vary: { alpha: [0.1, 1, 2] },
  tables: [{ show: 'standard', metrics: PAPER_METRICS }],
  figures: [{ kind: 'setting', x: 'alpha', metrics: PAPER_METRICS, sides: ['f', 'g'] }],
  budgets: { small: { repetitions: 2, settings: { epochs: 30 } }, paper: { repetitions: 10 } },
};
