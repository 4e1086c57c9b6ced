import type { Suite } from './suite.js';

/**
 * What a first look compares: simple and strong methods, what knows how things were shown (by the world's own propensity, by a game, by impressions). What
 * needs a world is left out where there is none.
 */
export const quick: Suite = {
  name: 'quick',
  summary:
    'Pop, CF, MF, GMF, MLP, EASE and ACL on one prepared or simulated data set; of a simulated one PS by the truth and Shown, too, and what they are worth in truth',
  data: ['planted'],
  methods: [
    ...['Pop', 'CF', 'MF', 'GMF', 'MLP', 'EASE'],
    // Where sampled negatives are weighted as well, the exposure that the clicks are rid of comes back by them.
    { method: 'PS:GMF/oracle', settings: { weighed: 'clicks' }, optional: true },
    'ACL:GMF/GMF',
    { method: 'Shown:GMF', optional: true },
  ],
  tables: ['side-by-side', 'standard', 'unbiased', 'expected'],
};
