import { WasmKernels } from '../compute/index.js';
import { type Interactions, TEST, TRAIN, userItems } from '../datasets/interactions.js';
import { type Evaluation, evaluate } from '../evaluation/evaluate.js';
import { testQuestion } from '../evaluation/question.js';
import type { Scorer } from '../models/scorer.js';
import type { World } from '../simulator/world.js';
import { optionName, UserError } from '../support/errors.js';
import { builtIn, type Catalogue } from './catalogue.js';
import { choicesOf, type Settings } from './settings.js';
import { runTrial, type TrialResult } from './trial.js';

/** What both calls take besides data. Settings are those of the command line: `epochs`, `dim`, `candidates` and so on. */
export interface InMemoryOptions extends Settings {
  /** The world behind simulated data, for what only the truth can say. */
  readonly world?: World | undefined;
  readonly seed?: number;
  readonly catalogue?: Catalogue;
}

/** What a method came to in one training. */
export interface Compared {
  /** As it was asked for. */
  readonly method: string;
  readonly seed: number;
  readonly result: TrialResult;
}

/**
 * Trains methods on split data in memory and evaluates them, in this thread, without a folder: `repetitions` trainings each, with seeds that follow the
 * first. The same numbers to the bit as `sweep` gives. Throws UserError for an unknown method or a setting that is not allowed, DivergedError where a
 * training diverges.
 */
export async function compare(
  data: Interactions,
  methods: readonly string[],
  {
    world,
    seed = 1,
    catalogue = builtIn,
    repetitions = 1,
    ...settings
  }: InMemoryOptions & { readonly repetitions?: number } = {},
): Promise<Compared[]> {
  const compared: Compared[] = [];
  for (const method of methods) {
    for (let r = 0; r < repetitions; r++) {
      const choices = choicesOf(settings, seed + r, nameOf, catalogue);
      const { result, trained } = await runTrial(data, { method, ...choices }, { world: world?.state, catalogue });
      trained.kernels.close();
      compared.push({ method, seed: seed + r, result });
    }
  }
  return compared;
}

/**
 * Evaluates scores that something else made: [users x items], a row a user, in the data's order, or a Scorer. Throws UserError where a matrix has another
 * size.
 */
export async function evaluateScores(
  data: Interactions,
  scores: Float32Array | Scorer,
  { world, seed = 1, catalogue = builtIn, ...settings }: InMemoryOptions = {},
): Promise<Evaluation> {
  const { evaluation } = choicesOf(settings, seed, nameOf, catalogue);
  const kernels = new WasmKernels();
  try {
    return await evaluate(
      {
        ...{ kernels, world, seed },
        scorer: scores instanceof Float32Array ? matrixScorer(scores, data) : scores,
        test: await testQuestion(kernels, data, TEST, evaluation),
        train: userItems(data, (row) => data.split?.[row] === TRAIN),
        propensity: () => Promise.reject(new UserError('propensityModel trains a model: use it with compare')),
      },
      evaluation,
      catalogue,
    );
  } finally {
    kernels.close();
  }
}

/** Settings are called by their names here. */
const nameOf = (setting: string): string => optionName(setting).slice(2);

function matrixScorer(scores: Float32Array, { userIds, itemIds }: Interactions): Scorer {
  const items = itemIds.length;
  if (scores.length !== userIds.length * items)
    throw new UserError(
      `${scores.length} scores: ${userIds.length} users with ${items} items have ${userIds.length * items}`,
    );
  return {
    scorePairs: async ({ user, item }) =>
      Float32Array.from(user, (u, p) => scores[u * items + (item[p] as number)] as number),
    scoreRow: async (user) => scores.slice(user * items, (user + 1) * items),
  };
}
