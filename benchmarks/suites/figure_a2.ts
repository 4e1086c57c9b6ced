import { CURVES_ALONE, REAL_DATA } from './paper.js';
import type { Suite } from './suite.js';

export const figureA2: Suite = {
  name: 'figureA2',
  summary: 'Figure A.2: the game of ACL:Attn/Attn on real data, with and without the feedback in G',
  data: REAL_DATA,
  methods: ['ACL:Attn/Attn'],
  settings: CURVES_ALONE,
  vary: { outcome: ['y', 'none'] },
  tables: ['standard'],
  figures: [{ kind: 'training' }],
  budgets: { small: { repetitions: 2, settings: { epochs: 30 } }, paper: { repetitions: 10 } },
};
