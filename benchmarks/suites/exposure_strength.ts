import type { Suite } from './suite.js';

/** From unpopular items shown more to popular ones shown much more. */
const STRENGTHS = [-1, -0.5, 0, 0.5, 1, 1.5];

export const exposureStrength: Suite = {
  name: 'exposure-strength',
  summary: 'where does the order of methods turn: value in truth and Hit@10 by the strength of popular exposure',
  // As many exposures at every strength: bias alone varies.
  data: STRENGTHS.map((strength) => ({
    from: 'planted',
    name: `strength ${strength}`,
    at: strength,
    simulate: { exposure: 'popularity', strength, exposuresPerUser: 100 },
  })),
  methods: ['Pop', 'CF', 'EASE', 'iALS', 'MF', 'GMF'],
  tables: ['value', 'trust', 'standard'],
  figures: [{ kind: 'data', x: 'strength of popular exposure' }],
  budgets: { small: { repetitions: 3, settings: { bootstrap: 0 } }, paper: { repetitions: 10 } },
};
