import { Registry } from '../support/registry.js';
import type { DatasetSource } from './source.js';
import { movielens1m } from './sources/movielens_1m.js';
import { movielens100k } from './sources/movielens_100k.js';
import { planted } from './sources/planted.js';

/** Every data set that has a name. A new one is a file in sources/ and a line here. */
export const datasets = new Registry<DatasetSource>('data set', [planted, movielens100k, movielens1m]);
