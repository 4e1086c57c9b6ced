import { PAPER_METRICS, REAL_DATA, SIMULATED_DATA } from './paper.js';
import type { Suite } from './suite.js';

const CURVES_ALONE = { bootstrap: 0, full: false };

/** r_theta is the default, 0.005; r_psi a fifth of it, the same, and five times as much. */
export const figureA1: Suite = {
  name: 'figureA1',
  summary: 'Figure A.1: the game of f and g on simulated data, by the ratio of their rates',
  data: SIMULATED_DATA,
  methods: ['ACL:GMF/GMF', 'ACL:MLP/MLP'],
  settings: { rate: 0.005, patience: 20, clip: 0.01, ...CURVES_ALONE },
  vary: { rateG: [0.001, 0.005, 0.025] },
  tables: ['standard', 'unbiased'],
  figures: [{ kind: 'training' }],
  budgets: { small: { settings: { epochs: 40 } }, paper: { repetitions: 10 } },
};

export const figureA2: Suite = {
  name: 'figureA2',
  summary: 'Figure A.2: the game of ACL Attn/Attn on real data, with and without the feedback in G',
  data: REAL_DATA,
  methods: ['ACL:Attn/Attn'],
  settings: CURVES_ALONE,
  vary: { outcome: ['y', 'none'] },
  tables: ['standard'],
  figures: [{ kind: 'training' }],
  budgets: { small: { repetitions: 2, settings: { epochs: 30 } }, paper: { repetitions: 10 } },
};

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
