import type { Suite } from './suite.js';

/** Standard deviations of the noise of pairs on relevance, and on log exposure. */
const SCALES = [0, 0.5, 1, 2];

export const noise: Suite = {
  name: 'noise',
  summary: 'what noise does to methods and to evaluations: value in truth and Hit@10 by the scale of eps1 and eps2',
  data: SCALES.map((scale) => ({
    from: 'planted',
    name: `noise ${scale}`,
    at: scale,
    simulate: {
      exposure: 'popularity',
      strength: 0.5,
      exposuresPerUser: 100,
      eps1: `normal:3.5,${scale}`,
      eps2: `normal:0,${scale}`,
    },
  })),
  methods: ['Pop', 'CF', 'EASE', 'iALS', 'MF', 'GMF'],
  tables: ['value', 'trust', 'standard'],
  figures: [{ kind: 'data', x: 'scale of the noise of pairs, eps1 and eps2' }],
  budgets: { small: { repetitions: 3, settings: { bootstrap: 0 } }, paper: { repetitions: 10 } },
};
