import { UserError } from './errors.js';

/** A number that somebody can write, and what it may be at most, so that a slip of the pen does not take the machine for days. */
interface Limit {
  readonly what: string;
  readonly most: number;
}

/** What the program takes at most, wherever it is said: on the command line, in a suite's file, in a setting. */
export const LIMITS = {
  rows: { what: 'rows of a suite', most: 10_000 },
  trials: { what: 'trials', most: 1_000_000 },
  repetitions: { what: 'repetitions', most: 1000 },
  testClicks: { what: 'test clicks of a user', most: 200 },
  draws: { what: 'draws of the clicks', most: 1000 },
  tuningBudget: { what: 'trainings for tuning', most: 10_000 },
  widths: { what: 'widths to tune at', most: 100 },
  width: { what: 'width', most: 1024 },
  workers: { what: 'worker threads', most: 1024 },
  parts: { what: 'parts', most: 100_000 },
  shards: { what: 'shards', most: 100_000 },
  clusters: { what: 'clusters', most: 1000 },
  shownItems: { what: 'items that are shown as they are', most: 1_000_000 },
  neighbours: { what: 'neighbours', most: 100_000 },
  cutoff: { what: 'places', most: 10_000 },
  candidates: { what: 'candidates', most: 1_000_000 },
  plantedRatings: { what: 'planted ratings', most: 200_000_000 },
} as const satisfies Readonly<Record<string, Limit>>;

const number = (value: number): string => value.toLocaleString('en');

/** "at most 1,000": what a schema says of a number that is too large. */
export const mostText = (name: keyof typeof LIMITS): string => `must be at most ${number(LIMITS[name].most)}`;

/** Throws UserError, naming both numbers, where a number is beyond its limit. `where` begins the sentence. */
export function checkLimit(name: keyof typeof LIMITS, value: number, where: string): void {
  const { what, most } = LIMITS[name];
  if (value > most)
    throw new UserError(`${where}: ${number(value)} ${what} are too many, ${number(most)} are the most`);
}
