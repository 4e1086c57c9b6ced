import { Registry } from '../../support/registry.js';
import { figureA1, figureA2, figureA3, figureA4 } from './figures.js';
import { quick } from './quick.js';
import type { Suite } from './suite.js';
import { tableA2Acl, tableA2Ps } from './table_a2.js';
import { table1 } from './table1.js';
import { table2 } from './table2.js';
import { table3 } from './table3.js';

/** Every suite that has a name. A new one is a file in this folder and a line here. */
export const suites = new Registry<Suite>('suite', [
  ...[quick, table1, table2, table3, tableA2Ps, tableA2Acl],
  ...[figureA1, figureA2, figureA3, figureA4],
]);
