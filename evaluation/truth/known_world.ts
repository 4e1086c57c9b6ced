import type { Interactions } from '../../datasets/interactions.js';
import { knownItems } from '../../datasets/known.js';
import type { RelevanceTruth } from '../../simulator/truth.js';
import { type Anchors, anchorsOf, judgedUsers } from './anchors.js';

/** Draws the users of very large worlds, the same ones for every method and repetition. */
const SEED = 1;

/** Anchors by the data that they were computed for: every trial on them asks again. */
const known = new WeakMap<Interactions['user'], Anchors>();

/** What lists on these data are judged with, computed once. */
export function anchorsFor(data: Interactions, truth: RelevanceTruth): Anchors {
  let anchors = known.get(data.user);
  if (!anchors) {
    const had = knownItems(data, 'before test');
    anchors = anchorsOf(truth, had, judgedUsers(truth, SEED));
    known.set(data.user, anchors);
  }
  return anchors;
}
