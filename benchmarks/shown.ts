import { type Kernels, keyWords, stream, Tape, WasmKernels } from '../compute/index.js';
import { type Interactions, TRAIN, type UserItems, userItems, VALIDATION } from '../datasets/interactions.js';
import { areaUnderCurve } from '../evaluation/auc.js';
import { explicitBatches } from '../models/batches.js';
import { crossEntropy } from '../models/losses.js';
import type { Model } from '../models/model.js';
import { pairsOf } from '../models/pairs.js';
import { type TrainingRecord, train } from '../models/trainer.js';
import { UserError } from '../support/errors.js';
import type { TrainingContext } from './training.js';

/** Pairs that were shown, in the order of users and items, and whether each was clicked. */
export interface ShownPairs {
  readonly user: Int32Array;
  readonly item: Int32Array;
  readonly clicked: Float32Array;
}

/** Share of what was shown and not clicked by which epochs are chosen, beside the validation clicks. */
const HELD_OUT = 0.1;
const HOLD_OUT = stream('shown pairs held out');
/** Pairs that are scored together. */
const BLOCK = 65536;

/**
 * Trains f on what was shown: every pair known to have been shown, 1 where it was clicked and 0 where it was not, as who logs impressions can. Epochs
 * are chosen by the area under the ROC curve on validation clicks and on a tenth of what was shown and not clicked: Hit@10 among items that were
 * mostly never shown would prefer what is shown often.
 */
export async function trainOnShown(context: TrainingContext, model: Model): Promise<TrainingRecord> {
  const { kernels, data, size, trainer, onEpoch } = context;
  const { training, held } = shownPairs(data, trainer.seed);
  const pairs = { ...data, user: training.user, item: training.item, rating: training.clicked };
  const rows = Int32Array.from(training.clicked, (_, row) => row);
  return train(
    kernels,
    model,
    size,
    {
      // As many rows as a batch of clicks has with its negatives.
      source: explicitBatches(kernels, pairs, rows, { ...trainer, batch: trainer.batch * (1 + trainer.negatives) }),
      objective: (tape, scores, batch) => tape.mean(crossEntropy(tape, scores, batch)),
      validate: async () => areaUnderCurve(await scoresOf(kernels, model, size, held), held.clicked),
      onEpoch: (record) => onEpoch?.(record, 'f'),
    },
    trainer,
  );
}

async function scoresOf(
  kernels: Kernels,
  model: Model,
  size: TrainingContext['size'],
  { user, item }: ShownPairs,
): Promise<Float32Array> {
  const out = new Float32Array(user.length);
  for (let from = 0; from < user.length; from += BLOCK) {
    const read = kernels.scope(() => {
      const users = kernels.tensor(user.slice(from, from + BLOCK));
      const items = kernels.tensor(item.slice(from, from + BLOCK));
      return kernels.read(model.forward(new Tape(kernels), pairsOf(kernels, { users, items }, size)).value);
    });
    out.set((await read) as Float32Array, from);
  }
  return out;
}

/**
 * What was shown, to train on and to validate on. Test clicks have no part in it, validation clicks none in training. Throws UserError where the
 * data do not say what was shown, or nothing of it was left without a click.
 */
export function shownPairs(data: Interactions, seed: number): { training: ShownPairs; held: ShownPairs } {
  const shown = exposedInTraining(data);
  if (!shown) throw new UserError(`"${data.name}" does not say what was shown`);
  const clicked = userItems(data, (row) => data.split?.[row] === TRAIN);
  const validated = userItems(data, (row) => data.split?.[row] === VALIDATION);
  const { raw } = new WasmKernels();
  const [k0, k1] = keyWords(seed);
  const isHeld = (user: number, item: number): boolean =>
    raw.wordAt(item, user, HOLD_OUT, 0, k0, k1) >>> 0 < HELD_OUT * 2 ** 32;
  const [training, held] = [new PairBuilder(), new PairBuilder()];
  for (let user = 0; user < shown.users; user++) {
    const of = ({ starts, items }: UserItems): Int32Array => items.subarray(starts[user], starts[user + 1]);
    const own = new Set(of(clicked));
    for (const item of own) training.add(user, item, 1);
    for (const item of of(validated)) held.add(user, item, 1);
    for (const item of of(shown)) if (!own.has(item)) (isHeld(user, item) ? held : training).add(user, item, 0);
  }
  if (!training.clicked.includes(0) || !held.clicked.includes(0))
    throw new UserError(`"${data.name}" says of nearly nothing that it was shown and not clicked`);
  return { training: training.pairs, held: held.pairs };
}

class PairBuilder {
  private readonly user: number[] = [];
  private readonly item: number[] = [];
  readonly clicked: number[] = [];

  add(user: number, item: number, clicked: 0 | 1): void {
    this.user.push(user);
    this.item.push(item);
    this.clicked.push(clicked);
  }

  get pairs(): ShownPairs {
    const { user, item, clicked } = this;
    return { user: Int32Array.from(user), item: Int32Array.from(item), clicked: Float32Array.from(clicked) };
  }
}

/** Pairs known to have been exposed, but for those held out: that they were shown is not known in training. */
export function exposedInTraining(data: Interactions): UserItems | undefined {
  const { exposed, userIds, itemIds } = data;
  if (!exposed) return undefined;
  const held = userItems(data, (row) => data.split?.[row] !== TRAIN);
  const isHeld = (user: number, item: number): boolean =>
    held.items.subarray(held.starts[user], held.starts[user + 1]).includes(item);
  const isKnown = (row: number): boolean => !isHeld(exposed.user[row] as number, exposed.item[row] as number);
  return userItems({ ...exposed, userIds, itemIds }, isKnown);
}
