import { type Judgement, judge } from '../../results/claims.js';
import { UserError } from '../../support/errors.js';
import { type FinishedTrial, failureOf, groupBy } from '../finished.js';
import { SETTING_DEFAULTS } from '../settings.js';
import { type Claim, type Measure, Results } from './claim.js';
import { claims } from './claims.js';

/** Finished trials of suites, by the suite's name. */
export type SuiteResults = ReadonlyMap<string, readonly FinishedTrial[]>;

/** The claims of given names, all where none is given. Throws UserError for a name that is unknown. */
export function chooseClaims(names: readonly string[] | undefined): readonly Claim[] {
  if (!names) return claims;
  const unknown = names.find((name) => claims.every((claim) => claim.name !== name));
  if (unknown !== undefined)
    throw new UserError(`there is no claim "${unknown}": they are ${claims.map(({ name }) => name).join(', ')}`);
  return claims.filter(({ name }) => names.includes(name));
}

/** Names of the suites that claims are tested on, each once. */
export const suitesOf = (chosen: readonly Claim[]): string[] => [
  ...new Set(chosen.flatMap(({ evidence }) => evidence.flatMap(({ suites }) => suites))),
];

/** Judges claims by what suites found; `short` says of each suite in what its run is less than the paper's. */
export function judgeClaims(
  chosen: readonly Claim[],
  found: SuiteResults,
  measure: Measure,
  short: ReadonlyMap<string, readonly string[]> = new Map(),
): Judgement[] {
  return chosen.map(({ evidence, ...text }) => {
    const parts = evidence.flatMap(({ suites, tests }) => {
      const trials = suites.flatMap((suite) => (found.get(suite) ?? []).map((trial) => ({ suite, trial })));
      const names = new Map(trials.map(({ suite, trial }) => [trial, suite]));
      const byData = groupBy(
        trials.map(({ trial }) => trial),
        ({ data }) => data,
      );
      return [...byData].map(([data, own]) => ({
        tests: tests(new Results(own, measure)).map((test) => ({ data, ...test })),
        ran: describeRun([...new Set(own.map((trial) => names.get(trial) as string))], data, own),
      }));
    });
    return judge(
      text,
      parts.flatMap((part) => part.tests),
      {
        ran: parts.map((part) => part.ran),
        short: [...new Set(evidence.flatMap(({ suites }) => suites.flatMap((suite) => short.get(suite) ?? [])))],
      },
    );
  });
}

/** "table1 on ml-1m, 60 trials in 5 repetitions of at most 100 epochs, 1 failed" */
function describeRun(suites: readonly string[], data: string, trials: readonly FinishedTrial[]): string {
  const repetitions = new Set(trials.map(({ repetition }) => repetition)).size;
  const failed = trials.filter((trial) => failureOf(trial) !== undefined).length;
  const epochs = Math.max(
    ...trials.map(({ settings }) => Number(settings.settings['epochs'] ?? SETTING_DEFAULTS.epochs)),
  );
  return `${suites.join(' and ')} on ${data}, ${trials.length} trials in ${repetitions} repetitions of at most ${epochs} epochs${failed > 0 ? `, ${failed} failed` : ''}`;
}
