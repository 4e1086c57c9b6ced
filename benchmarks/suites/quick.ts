import type { Suite } from './suite.js';

/** Models on one data set, with standard and, on simulated data, unbiased evaluation and the oracle. */
export const quick: Suite = {
  name: 'quick',
  summary: 'Pop, CF, MF, GMF and MLP on one prepared or simulated data set',
  data: ['planted'],
  methods: ['Pop', 'CF', 'MF', 'GMF', 'MLP'],
};
