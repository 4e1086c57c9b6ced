import type { Plan } from '../plan.js';
import type { Settings } from '../settings.js';
import type { ChosenData } from '../suite_data.js';
import type { Suite } from '../suites/suite.js';

/** Repetitions of the paper's tables (A.6.4). */
const REPETITIONS = 10;

/**
 * In what a run falls short of the paper's, in words: budget, repetitions, settings that the user changed, and data. Empty where it is of full size.
 */
export function shortfalls(suite: Suite, plan: Plan, settings: Settings, { entries }: ChosenData): string[] {
  const meant = [...new Set(suite.data.map((entry) => (typeof entry === 'string' ? entry : entry.from)))];
  const [own, missing] = [
    [...new Set(entries.map(({ key }) => key))].filter((key) => !meant.includes(key)),
    meant.filter((name) => entries.every(({ key }) => key !== name)),
  ];
  const changed = Object.entries(settings).flatMap(([name, value]) =>
    value === undefined || name === 'backend' ? [] : [`${name} ${JSON.stringify(value)}`],
  );
  return [
    ...(plan.budget === 'paper' ? [] : ['untuned (budget small)']),
    ...(plan.repetitions < REPETITIONS ? [`${plan.repetitions} of ${REPETITIONS} repetitions`] : []),
    ...(changed.length > 0 ? [`with ${changed.join(', ')}`] : []),
    ...(own.length > 0
      ? [`on ${own.join(', ')}, not on ${missing.join(', ')}`]
      : missing.length > 0
        ? [`without ${missing.join(', ')}`]
        : []),
  ];
}
