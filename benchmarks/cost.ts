import { type Interactions, TEST, TRAIN, VALIDATION } from '../datasets/interactions.js';
import { builtInMethods, type MethodCatalogue, parseMethod } from '../methods/registry.js';
import { plainSettings } from '../methods/settings.js';
import type { ModelDefinition } from '../models/model.js';
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

/** Whether a model is computed from the matrix of all items with one another. */
const isSquare = ({ trained, name }: ModelDefinition): boolean => !trained && name !== 'Pop';

/** About how many seconds a trial takes on one core; good for what to start first, and not for more. */
export function guessSeconds(
  { method, settings, evaluation }: TrialSettings,
  data: Interactions,
  catalogue: MethodCatalogue = builtInMethods,
): number {
  const { players } = parseMethod(method, catalogue);
  const { epochs, negatives, dim } = plainSettings.parse(settings);
  const [train, validation, test] = [TRAIN, VALIDATION, TEST].map((part) => countPart(data, part));
  const [users, items] = [data.userIds.length, data.itemIds.length];
  const perEpoch = (train as number) * (1 + negatives) + FORWARD * (validation as number) * (1 + evaluation.candidates);
  const all = evaluation.full ? FORWARD * users * items : 0;
  const isTrained = players[0]?.trained === true;
  const rows = (isTrained ? perEpoch * Math.min(epochs, USUAL_EPOCHS) : 0) + FORWARD * (test as number) * 101 + all;
  const nanoseconds = players.reduce((sum, { name }) => sum + (ROW[name] ?? OTHER) * rows * (dim / 32), 0);
  const closedForm = players.some(isSquare) ? items * items * Math.min(items, 500) : 0;
  return (nanoseconds + closedForm) / 1e9;
}

/** About how many bytes a trial needs besides the shared data. */
export function guessBytes(
  { method: text, settings, evaluation }: TrialSettings,
  data: Interactions,
  catalogue: MethodCatalogue = builtInMethods,
): number {
  const method = parseMethod(text, catalogue);
  const size = { users: data.userIds.length, items: data.itemIds.length, dim: plainSettings.parse(settings).dim };
  const tables = 4 * (size.users + size.items) * size.dim * COPIES * method.players.length;
  const square = method.players.some(isSquare) ? 3 * 4 * size.items * size.items : 0;
  const own = method.bytes?.(size, settings) ?? 0;
  const scores = 4 * (countPart(data, TEST) + countPart(data, VALIDATION)) * (evaluation.candidates + 1) * 3;
  return WORKER_BYTES + tables + square + own + scores;
}
