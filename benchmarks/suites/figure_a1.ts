import { CURVES_ALONE, SIMULATED_DATA } from './paper.js';
import type { Suite } from './suite.js';

/** r_theta is the default, 0.005; r_psi a fifth of it, the same, and five times as much. */
export const figureA1: Suite = {
  name: 'figureA1',
  summary: 'Figure A.1: the game of f and g on simulated data, by the ratio of their rates',
  data: SIMULATED_DATA,
  methods: ['ACL:GMF/GMF', 'ACL:MLP/MLP'],
  settings: { rate: 0.005, patience: 20, ...CURVES_ALONE },
  vary: { rateG: [0.001, 0.005, 0.025] },
  tables: ['standard', 'unbiased'],
  figures: [{ kind: 'training' }],
  budgets: { small: { settings: { epochs: 40 } }, paper: { repetitions: 10 } },
};
