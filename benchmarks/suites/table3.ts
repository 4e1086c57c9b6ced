import type { Published } from '../published.js';
import { SIMULATED_DATA } from './paper.js';
import type { Suite } from './suite.js';

/** Of the paper's own online experiments, which ours only stages, so that it stands beside every data set. */
const PUBLISHED: Published = {
  'standard evaluation': { 'hit@5': [0.18, 0.1], 'ndcg@5': [0.1, 0.06] },
  'popularity evaluation': { 'hit@5': [0.14, 0.08], 'ndcg@5': [0.09, 0.05] },
  'propensity evaluation': { 'hit@5': [0.14, 0.06], 'ndcg@5': [0.08, 0.05] },
  'robust evaluation': { 'hit@5': [0.12, 0.04], 'ndcg@5': [0.07, 0.03] },
};

/** Eight adversarially trained models, of four kinds and two widths; which ones the paper deployed it does not say. */
export const table3: Suite = {
  name: 'table3',
  summary: 'Table 3: eight ACL models deployed in the simulated world; how far offline estimates are from the clicks',
  data: SIMULATED_DATA,
  methods: ['MF', 'GMF', 'MLP', 'NCF'].map((name) => `ACL:${name}/${name}`),
  settings: { propensityModel: 'MF', bootstrap: 0, full: false, clip: 0.01 },
  vary: { dim: [16, 32] },
  online: { page: 10 },
  repetitions: 1,
  tables: [
    'online',
    { show: 'errors', metrics: ['hit@5', 'ndcg@5'], published: { 'ml-1m': PUBLISHED, goodreads: PUBLISHED } },
    { show: 'errors-standardised', metrics: ['hit@5', 'ndcg@5'] },
  ],
};
