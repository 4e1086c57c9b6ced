import { Registry } from '../support/registry.js';
import type { DatasetSource } from './source.js';
import { coat } from './sources/coat.js';
import { goodbooks } from './sources/goodbooks.js';
import { goodreads } from './sources/goodreads.js';
import { kuairec } from './sources/kuairec.js';
import { lastfm } from './sources/lastfm.js';
import { movielens1m } from './sources/movielens_1m.js';
import { movielens10m } from './sources/movielens_10m.js';
import { movielens20m } from './sources/movielens_20m.js';
import { movielens25m } from './sources/movielens_25m.js';
import { movielens32m } from './sources/movielens_32m.js';
import { movielens100k } from './sources/movielens_100k.js';
import { movielensLatest, movielensLatestFull } from './sources/movielens_latest.js';
import { planted } from './sources/planted.js';
import { yahooR3 } from './sources/yahoo_r3.js';

/** Every data set that has a name. A new one is a file in sources/ and a line here. */
export const datasets = new Registry<DatasetSource>('data set', [
  ...[planted, movielens100k, movielens1m, movielens10m, movielens20m, movielens25m, movielens32m],
  ...[movielensLatest, movielensLatestFull],
  ...[lastfm, goodreads, goodbooks, coat, yahooR3, kuairec],
]);
