import { type Estimated, isWeak } from '../evaluation/estimates/estimate.js';
import type { TrialResult } from './trial.js';

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Whether a weighted estimate is worth too few test items, on average over trials, for anything to rest on it. */
export function restsOnFew(
  results: readonly (TrialResult | undefined)[],
  estimateOf: (result: TrialResult) => Estimated | undefined,
): boolean {
  const there = results.filter((result) => result !== undefined);
  const sizes = there.map((result) => estimateOf(result)?.size).filter((size) => size !== undefined);
  const items = there.map(({ tested }) => tested?.items).filter((count) => count !== undefined);
  return sizes.length > 0 && items.length > 0 && isWeak(meanOf(sizes), meanOf(items));
}

/** Says whose weights rest on few test items; empty where nobody's do. */
export const fewNote = (whose: readonly string[]): string =>
  whose.length === 0
    ? ''
    : ` Under 30 or a tenth of the test items carry the weight of: ${whose.join('; ')}. Nothing rests on these numbers.`;
