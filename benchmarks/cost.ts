import { type Interactions, TEST, TRAIN, VALIDATION } from '../datasets/interactions.js';
import { models } from '../models/registry.js';
import { isTrained, ORACLE, parseMethod } from './method.js';
import type { TrialSettings } from './trial.js';

/** Measured nanoseconds a scored row of training, at dimension 32; of others see `OTHER`. */
const ROW: Readonly<Record<string, number>> = {
  MF: 45,
  GMF: 50,
  MLP: 180,
  NCF: 240,
  Attn: 3000,
  'BPR-MF': 50,
  RelMF: 45,
};
const OTHER = 100;
/** Scoring alone costs so much of a training step. */
const FORWARD = 0.35;
/** Epochs that a training mostly takes before it stops by itself. */
const USUAL_EPOCHS = 40;
/** Copies of a trained table: values, two moments, the best weights. */
const COPIES = 4;
/** Memory of a worker besides tables: program, batch and its tape. */
const WORKER_BYTES = 150e6;

/** Counts of the parts, by the column that they were counted in: every trial of a sweep asks again. */
const counted = new WeakMap<Uint8Array, readonly number[]>();

/** How many interactions a part has. */
export function countPart({ split }: Interactions, part: number): number {
  if (!split) return 0;
  let counts = counted.get(split);
  if (!counts) {
    const all = [0, 0, 0];
    for (const code of split) (all[code] as number)++;
    counts = all;
    counted.set(split, counts);
  }
  return counts[part] as number;
}

/** About how many seconds a trial takes on one core; good for what to start first, and not for more. */
export function guessSeconds(settings: TrialSettings, data: Interactions): number {
  const { f, g } = parseMethod(settings.model);
  const players = isTrained(g) ? [f.name, g] : [f.name];
  const { epochs, negatives } = settings.trainer;
  const [train, validation, test] = [TRAIN, VALIDATION, TEST].map((part) => countPart(data, part));
  const [users, items] = [data.userIds.length, data.itemIds.length];
  const perEpoch =
    (train as number) * (1 + negatives) + FORWARD * (validation as number) * (1 + settings.evaluation.candidates);
  const all = settings.report.full ? FORWARD * users * items : 0;
  const rows = (f.trained ? perEpoch * Math.min(epochs, USUAL_EPOCHS) : 0) + FORWARD * (test as number) * 101 + all;
  const width = settings.dim / 32;
  const nanoseconds = players.reduce((sum, name) => sum + (ROW[name] ?? OTHER) * rows * width, 0);
  const closedForm = f.trained || f.name === 'Pop' ? 0 : items * items * Math.min(items, 500);
  return (nanoseconds + closedForm) / 1e9;
}

/** About how many bytes a trial needs besides the shared data. */
export function guessBytes(settings: TrialSettings, data: Interactions): number {
  const { f, g } = parseMethod(settings.model);
  const [users, items] = [data.userIds.length, data.itemIds.length];
  const players = isTrained(g) ? 2 : 1;
  const tables = 4 * (users + items) * settings.dim * COPIES * players;
  const square = !models.get(f.name).trained && f.name !== 'Pop' ? 3 * 4 * items * items : 0;
  const truth = g === ORACLE ? 4 * users * items : 0;
  const scores = 4 * (countPart(data, TEST) + countPart(data, VALIDATION)) * (settings.evaluation.candidates + 1) * 3;
  return WORKER_BYTES + tables + square + truth + scores;
}
