import { Registry } from '../../support/registry.js';
import { quick } from './quick.js';
import type { Suite } from './suite.js';

/** Every suite. A new one is a file in this folder and a line here. */
export const suites = new Registry<Suite>('suite', [quick]);
