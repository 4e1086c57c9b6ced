import { Registry } from '../../support/registry.js';
import { candidates } from './candidates.js';
import type { ExportFormat } from './export.js';
import { obp } from './obp.js';
import { recbole } from './recbole.js';
import { csv, lenskit, parquet } from './tables.js';
import { truth } from './truth.js';

/** Every form that data are written in for others. A new one is a file in this folder and a line here. */
export const exportFormats = new Registry<ExportFormat>('format', [
  recbole,
  obp,
  lenskit,
  csv,
  parquet,
  candidates,
  truth,
]);
