import type { BudgetName, Limits, Suite } from './suite.js';

/** What the paper's suites share: its data sets, metrics and budgets. */

/** MovieLens-1M, LastFM and Goodreads (A.6.1). */
export const REAL_DATA = ['ml-1m', 'lastfm', 'goodreads'];

/** Explicit data simulated in two stages, popular items shown more. The paper does not say which e(x, z) it used, nor how dense. */
export const SIMULATED_DATA: Suite['data'] = ['ml-1m', 'goodreads'].map((from) => ({
  from,
  simulate: { exposure: 'popularity', strength: 0.5, exposuresPerUser: 150 },
}));

/** The metrics of the paper's tables. */
export const PAPER_METRICS: ['hit@10', 'ndcg@10'] = ['hit@10', 'ndcg@10'];

/** Ten repetitions of tuned models, baselines at 32 and 64 (A.6.4). */
export const TUNED_BASELINES: Record<BudgetName, Limits> = {
  small: {},
  paper: { repetitions: 10, tune: { strategy: 'one-by-one', budget: 32, dims: [32, 64] } },
};

/** For figures of training and of settings: no bootstrap and no scoring of every item. */
export const CURVES_ALONE = { bootstrap: 0, full: false };

/** The models of the ablations in tables A.2. */
export const ABLATED = ['MLP', 'GMF', 'NCF', 'Attn'];
