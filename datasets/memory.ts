import { keyWords, stream, WasmKernels } from '../compute/index.js';
import {
  type Interactions,
  rowsWhere,
  sharedInt32,
  sharedUint8,
  TEST,
  TRAIN,
  takeRows,
  VALIDATION,
} from './interactions.js';

/** What the authors' program does to data beyond filters and the split; each makes an evaluation measure memory rather than prediction. */
export interface MemoryOptions {
  /** Validation interactions are trained on, too: copies of them join the training part. */
  readonly trainOnValidation?: boolean | undefined;
  /** Test items are ranked among so many of all items, those of the user and the test item itself not left out, and some more than once. */
  readonly anyCandidates?: number | undefined;
}

const CANDIDATES = stream('candidates among all items');

/** Applies them to split data. */
export function withMemory(
  data: Interactions,
  { trainOnValidation, anyCandidates }: MemoryOptions,
  seed: number,
): Interactions {
  const joined = trainOnValidation ? validationTrained(data) : data;
  return anyCandidates ? { ...joined, candidates: drawnFromAll(joined, anyCandidates, seed) } : joined;
}

/** The validation rows stand again behind the others, for training. */
function validationTrained(data: Interactions): Interactions {
  const again = rowsWhere(data.user.length, (row) => data.split?.[row] === VALIDATION);
  const n = data.user.length;
  const rows = Int32Array.from({ length: n + again.length }, (_, k) => (k < n ? k : (again[k - n] as number)));
  const split = sharedUint8(rows.length).fill(TRAIN);
  if (data.split) split.set(data.split);
  return { ...takeRows(data, rows), split };
}

/** For each test row `each` items, drawn with replacement among all. A draw belongs to (seed, test row). */
function drawnFromAll(data: Interactions, each: number, seed: number): Int32Array {
  const { raw } = new WasmKernels();
  const [k0, k1] = keyWords(seed);
  const rows = rowsWhere(data.user.length, (row) => data.split?.[row] === TEST);
  const out = sharedInt32(rows.length * each);
  for (let k = 0; k < out.length; k++) {
    const word = raw.wordAt(k % each, Math.floor(k / each), CANDIDATES, 0, k0, k1) >>> 0;
    out[k] = Math.floor((word / 4294967296) * data.itemIds.length);
  }
  return out;
}
