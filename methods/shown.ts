import { keyWords, stream, WasmKernels } from '../compute/index.js';
import { type Interactions, TRAIN, type UserItems, userItems, VALIDATION } from '../datasets/interactions.js';
import { areaUnderCurve } from '../models/auc.js';
import { explicitBatches } from '../models/batches.js';
import { crossEntropy } from '../models/losses.js';
import type { ModelDefinition } from '../models/model.js';
import { train } from '../models/trainer.js';
import { freshModel, type TrainContext } from '../propensities/context.js';
import { UserError } from '../support/errors.js';
import { ownStage, plainAxes } from './axes.js';
import type { MethodDefinition, Trained } from './method.js';
import { plainSettings, trainerOf } from './settings.js';

/** A model trained on impressions, where the data say what was shown. */
export const shown: MethodDefinition = {
  name: 'Shown',
  summary: 'trained on what was shown: clicks against what was shown and not clicked',
  grammar: 'Shown:f, such as Shown:GMF: f on clicks against what was shown and not clicked',
  parse(rest, { models }) {
    const text = `Shown:${rest}`;
    const f = models.get(rest);
    if (!f.trained || f.loss)
      throw new UserError(
        `"${text}": Shown trains by cross-entropy on what was shown, which ${f.name} does not: take one of ${models.all
          .filter(({ trained, loss }) => trained && !loss)
          .map(({ name }) => name)
          .join(', ')}`,
      );
    return {
      ...{ kind: 'Shown', text: `Shown:${f.name}`, label: `Shown:${f.name}`, settings: plainSettings, players: [f] },
      remedy: 'lower --rate',
      needs: () => [{ what: 'exposures', why: 'it learns from what was shown and not clicked' }],
      check() {
        if (f.needs?.some(({ what }) => what === 'times'))
          throw new UserError(
            `Shown:${f.name}: ${f.name} learns from histories of clicks, and what was shown has none`,
          );
      },
      tuning: [ownStage(`Shown:${f.name}`, plainAxes(f))],
      train: (context) => trainOnShown(context, f),
    };
  },
};

/** Pairs that were shown, in the order of users and items, and whether each was clicked. */
export interface ShownPairs {
  readonly user: Int32Array;
  readonly item: Int32Array;
  readonly clicked: Float32Array;
}

/** Share of what was shown and not clicked by which epochs are chosen, beside the validation clicks. */
const HELD_OUT = 0.1;
const HOLD_OUT = stream('shown pairs held out');
/**
 * Trains f on what was shown: every pair known to have been shown, 1 where it was clicked and 0 where it was not, as who logs impressions can. Epochs
 * are chosen by the area under the ROC curve on validation clicks and on a tenth of what was shown and not clicked: Hit@10 among items that were
 * mostly never shown would prefer what is shown often.
 */
async function trainOnShown(context: TrainContext, definition: ModelDefinition): Promise<Trained> {
  const { kernels, data, size, seed, scorers, onEpoch } = context;
  const trainer = trainerOf(plainSettings.parse(context.settings), seed);
  const model = freshModel(context, definition);
  const scorer = scorers.of(model);
  const { training, held } = shownPairs(data, seed);
  const pairs = { ...data, user: training.user, item: training.item, rating: training.clicked };
  const rows = Int32Array.from(training.clicked, (_, row) => row);
  const validation = { user: held.user, item: held.item, before: 'validation' as const, wide: 1 };
  const record = await train(
    kernels,
    model,
    size,
    {
      // As many rows as a batch of clicks has with its negatives.
      source: explicitBatches(kernels, pairs, rows, { ...trainer, batch: trainer.batch * (1 + trainer.negatives) }),
      objective: (tape, scores, batch) => tape.mean(crossEntropy(tape, scores, batch)),
      validate: async () => areaUnderCurve(await scorer.scorePairs(validation), held.clicked),
      onEpoch: (epoch) => onEpoch?.(epoch, 'f'),
    },
    trainer,
  );
  return { scorer, model, record };
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
