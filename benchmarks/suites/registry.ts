import { Registry } from '../../support/registry.js';
import { exposureStrength } from './exposure_strength.js';
import { figureA1 } from './figure_a1.js';
import { figureA2 } from './figure_a2.js';
import { figureA3 } from './figure_a3.js';
import { figureA4 } from './figure_a4.js';
import { lastfmRiddle } from './lastfm_riddle.js';
import { noise } from './noise.js';
import { quick } from './quick.js';
import type { Suite } from './suite.js';
import { tableA2Acl } from './table_a2_acl.js';
import { tableA2Ps } from './table_a2_ps.js';
import { table1 } from './table1.js';
import { table2 } from './table2.js';
import { table3 } from './table3.js';

/** Every suite that has a name. A new one is a file in this folder and a line here. */
export const suites = new Registry<Suite>('suite', [
  ...[quick, table1, table2, table3, tableA2Ps, tableA2Acl],
  ...[figureA1, figureA2, figureA3, figureA4],
  ...[exposureStrength, noise, lastfmRiddle],
]);
