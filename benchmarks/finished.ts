import type { PlannedRow } from './plan.js';
import type { Outcome, TrialResult, TrialSettings } from './trial.js';

/** A trial that has ended, with its place in the suite. */
export interface FinishedTrial {
  /** Name of its data. */
  readonly data: string;
  readonly row: Pick<PlannedRow, 'label' | 'method' | 'variant'>;
  readonly repetition: number;
  /** Which draw of its world's clicks it ran on, from 0, where there are several. */
  readonly draw?: number | undefined;
  /** As tuned, where they were. */
  readonly settings: TrialSettings;
  readonly outcome: Outcome;
  /** Of the search for its settings. */
  readonly remarks?: readonly string[] | undefined;
}

export const resultOf = ({ outcome }: FinishedTrial): TrialResult | undefined =>
  'result' in outcome ? outcome.result : undefined;

export const failureOf = ({ outcome }: FinishedTrial): string | undefined =>
  'failure' in outcome ? outcome.failure : undefined;

/** Trials by something they share, in the order of its first appearance. */
export function groupBy<Key>(
  finished: readonly FinishedTrial[],
  keyOf: (trial: FinishedTrial) => Key,
): Map<Key, FinishedTrial[]> {
  const groups = new Map<Key, FinishedTrial[]>();
  for (const trial of finished) {
    const key = keyOf(trial);
    const group = groups.get(key);
    if (group) group.push(trial);
    else groups.set(key, [trial]);
  }
  return groups;
}
