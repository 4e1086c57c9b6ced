import { keyWords, stream, WasmKernels } from '../compute/index.js';
import { pow } from '../compute/math.js';
import { knownItems } from '../datasets/known.js';
import type { Scorer } from '../models/scorer.js';
import type { World } from '../simulator/world.js';
import { readAllScores, type ScoreReader } from './full_pass.js';
import type { TestQuestion } from './question.js';
import { BestItems } from './truth/lists.js';

/** How models are shown to users. */
export interface DeploymentSettings {
  /** Items on a page. */
  readonly page: number;
  /** A click at place k, counted from 1, has probability p_rel k^-decay: 0 for people who look at every place alike. */
  readonly decay: number;
  readonly seed: number;
}

/** What users did with a deployed model. */
export interface OnlineResult {
  readonly shown: number;
  readonly clicks: number;
  /** clicks / shown. */
  readonly clickThroughRate: number;
  /** The same without the luck of the draw: the mean click probability of what was shown. */
  readonly expectedRate: number;
}

const CLICKS = stream('staged clicks');

/**
 * Shows every user of the test part one page of what the model thinks best, among items that the user did not have before, and draws the
 * clicks from p_rel (paper, A.6.9). A draw belongs to (seed, user, item): two models that show a pair at one place get the
 * same answer.
 */
export async function deploy(
  test: TestQuestion,
  scorer: Scorer,
  world: World,
  { page, decay, seed }: DeploymentSettings,
): Promise<OnlineResult> {
  const { data } = test;
  const best = new BestItems(page, knownItems(data, 'before test'));
  const { raw } = new WasmKernels();
  const [k0, k1] = keyWords(seed);
  const looks = Array.from({ length: page }, (_, place) => pow(place + 1, -decay));
  let [shown, clicks, expected] = [0, 0, 0];
  const reader: ScoreReader = {
    read(user, scores) {
      const relevance = world.relevanceRow(user);
      best.of(user, scores).forEach((item, place) => {
        const probability = (relevance[item] as number) * (looks[place] as number);
        const word = raw.wordAt(item, user, CLICKS, 0, k0, k1) >>> 0;
        shown++;
        expected += probability;
        if (word < probability * 4294967296) clicks++;
      });
    },
  };
  await readAllScores(test, scorer, [reader]);
  return { shown, clicks, clickThroughRate: clicks / shown, expectedRate: expected / shown };
}
