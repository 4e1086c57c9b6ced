import { describe, expect, test } from '@jest/globals';
import type { Metrics } from '../../evaluation/metrics/metric.js';
import { shownMetrics } from '../../evaluation/metrics/registry.js';
import type { FinishedTrial } from '../finished.js';
import { type PlannedRow, planSuite } from '../plan.js';
import { suites } from '../suites/registry.js';
import type { TrialResult } from '../trial.js';
import { above, Results } from './claim.js';
import { claims } from './claims.js';
import { shortfalls } from './full_size.js';
import { chooseClaims, judgeClaims, suitesOf } from './replicate.js';
import { reversals } from './reversals.js';

const REPETITIONS = 6;
const MEASURE = { metric: 'ndcg@10', truth: 'expected' } as const;

/** Noise of a trial, the same each time, within 1. */
const noise = (seed: number): number => {
  const x = Math.sin(seed * 12.9898) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
};
const metricsOf = (value: number): Metrics =>
  Object.fromEntries([...shownMetrics(), 'mrr'].map((name) => [name, value]));

/** How good a method is, by standard evaluation and in truth. */
interface Quality {
  readonly standard: number;
  readonly truth: number;
}

/** A world in which every claim of the paper is so: then `sign` is 1. With -1 it is the other way round. */
function quality({ settings, method, variant }: PlannedRow, sign: number): Quality {
  const name = settings.method;
  const kind = name.startsWith('ACL') ? 4 : name.endsWith('oracle') ? 2 : name.startsWith('PS') ? 0 : 1;
  const alpha = variant['alpha'] === undefined || variant['alpha'] === 1 ? 0 : -1;
  const outcome = variant['outcome'] === 'none' ? -1 : 0;
  const width = Math.log2(settings.settings['dim'] as number) * (method.includes('twice') ? 0 : 0.5);
  const value = sign * (kind + alpha + outcome + width) * 0.01;
  // Pop looks worst and is best, or looks as it is.
  const isPop = name === 'Pop';
  return { standard: 0.4 + (isPop ? -0.1 : value), truth: 0.2 + (isPop ? sign * 0.1 : value) };
}

function trialsOf(suite: string, sign: number, data = 'd'): FinishedTrial[] {
  const plan = planSuite(suites.get(suite), { seed: 1, repetitions: REPETITIONS });
  return plan.rows.flatMap((row, r) =>
    Array.from({ length: REPETITIONS }, (_, repetition): FinishedTrial => {
      const jitter = 0.0005 * noise(100 * r + repetition);
      const { standard, truth } = quality(row, sign);
      // Online: how good the model is; the robust estimate follows it closely, the others do not, or the other way round.
      const rate = (r % 2 === 0 ? 0.1 : -0.1) + 0.01 * noise(r + 1);
      const [near, far] = [rate + 0.01 * noise(r + 50), -rate];
      const [robust, other] = sign > 0 ? [near, far] : [far, near];
      const estimate = (value: number) => ({ metrics: metricsOf(value), size: 1 });
      const result = {
        estimates: {
          standard: { metrics: metricsOf(suite === 'table3' ? other : standard + jitter) },
          expected: { metrics: metricsOf(truth + jitter) },
          'unbiased:1/exposure': estimate(truth + jitter),
          ...{ popularity: estimate(other), 'propensity:MF': estimate(other), robust: estimate(robust) },
        },
        ...(suite === 'table3' && { online: { clickThroughRate: rate, expectedRate: rate } }),
        truth: { values: { 'value@10': truth + jitter } },
        epochs: [],
      } as unknown as TrialResult;
      return { data, row, repetition, settings: row.settings, outcome: { result } };
    }),
  );
}

const resultsOf = (sign: number): Map<string, FinishedTrial[]> =>
  new Map(suitesOf(claims).map((suite) => [suite, trialsOf(suite, sign)]));

describe('the claims of the paper', () => {
  test('are tested on suites that have what they compare: all hold in a world where they do', () => {
    const judged = judgeClaims(claims, resultsOf(1), MEASURE);
    expect(judged.map(({ name, verdict }) => [name, verdict])).toEqual(claims.map(({ name }) => [name, 'holds']));
    expect(Object.fromEntries(judged.map(({ name, comparisons }) => [name, comparisons.length]))).toEqual({
      'acl-above-baseline': 6,
      'acl-above-wider-baseline': 8,
      'acl-above-ps': 12,
      'oracle-ps-above-plain': 2,
      'oracle-ps-above-ps': 4,
      'feedback-in-g-helps': 1,
      'alpha-in-between': 4,
      'width-helps': 2,
      'robust-closest': 3,
      'unbiased-reverses': 6,
      'standard-pick-costs': 11,
      'unbiased-pick-costs-less': 1,
    });
    expect(judged[0]?.ran).toEqual([
      `tableA2-acl on d, ${8 * REPETITIONS} trials in ${REPETITIONS} repetitions of at most 100 epochs`,
      `table1 on d, ${12 * REPETITIONS} trials in ${REPETITIONS} repetitions of at most 100 epochs`,
    ]);
  });

  test('none holds where all is the other way round', () => {
    const judged = judgeClaims(claims, resultsOf(-1), MEASURE);
    expect(judged.map(({ name, verdict }) => [name, verdict])).toEqual(
      claims.map(({ name }) => [name, 'does not hold']),
    );
  });

  test('are not decided where nothing was run, or everything failed', () => {
    expect(judgeClaims(claims, new Map(), MEASURE).map(({ verdict }) => verdict)).toEqual(
      claims.map(() => 'not decided'),
    );
    const failed = trialsOf('figureA2', 1).map((trial): FinishedTrial => ({ ...trial, outcome: { failure: 'no' } }));
    const [one] = judgeClaims(chooseClaims(['feedback-in-g-helps']), new Map([['figureA2', failed]]), MEASURE);
    expect([one?.verdict, one?.ran]).toEqual(['not decided', [expect.stringMatching(/12 failed/)]]);
  });

  test('are corrected over all data sets together', () => {
    const two = [...trialsOf('figureA2', 1, 'a'), ...trialsOf('figureA2', 1, 'b')];
    const [one] = judgeClaims(chooseClaims(['feedback-in-g-helps']), new Map([['figureA2', two]]), MEASURE);
    expect(one?.comparisons.map(({ data }) => data)).toEqual(['a', 'b']);
    const [first] = one?.comparisons ?? [];
    expect(first?.adjusted).toBeGreaterThan(first?.p as number);
  });

  test('a name that is none is refused with those that are', () => {
    expect(() => chooseClaims(['alpha'])).toThrow(/there is no claim "alpha": they are acl-above-baseline, /);
  });
});

describe('the size of a run', () => {
  const table1 = suites.get('table1');
  const entry = (key: string) => ({ key, from: key });

  test('is full by the budget of the paper on its data, and else said to fall short, with what', () => {
    const full = planSuite(table1, { seed: 1, budget: 'paper' });
    const own = { entries: [entry('ml-1m'), entry('goodreads')], leftOut: [] };
    expect(shortfalls(table1, full, {}, own)).toEqual([]);
    const small = planSuite(table1, { seed: 1, repetitions: 5 });
    expect(shortfalls(table1, small, { epochs: 20 }, { entries: [entry('planted')], leftOut: [] })).toEqual([
      'untuned (budget small)',
      '5 of 10 repetitions',
      'with epochs 20',
      'on planted, not on ml-1m, goodreads',
    ]);
    expect(shortfalls(table1, full, {}, { entries: [entry('ml-1m')], leftOut: ['goodreads'] })).toEqual([
      'without goodreads',
    ]);
  });

  test('stands beside the verdict', () => {
    const found = new Map([['figureA2', trialsOf('figureA2', 1)]]);
    const short = new Map([
      ['figureA2', ['untuned (budget small)']],
      ['table1', ['of another suite']],
    ] as const);
    const [one] = judgeClaims(chooseClaims(['feedback-in-g-helps']), found, MEASURE, short);
    expect(one?.short).toEqual(['untuned (budget small)']);
  });
});

test('width helps by the slope of the metric over doublings', () => {
  const [judged] = judgeClaims(
    chooseClaims(['width-helps']),
    new Map([['figureA3', trialsOf('figureA3', 1)]]),
    MEASURE,
  );
  // Half a percent point a doubling, by construction.
  expect(judged?.comparisons[0]?.difference).toBeCloseTo(0.005, 3);
});

test('a reversal needs both evaluations beyond chance: p is the larger', () => {
  const results = new Results(trialsOf('table1', 1), MEASURE);
  const found = reversals(results, ['Pop', 'GMF']);
  expect(found.map(({ what }) => what)).toEqual(['Pop truly above GMF, which standard evaluation prefers']);
  expect(found[0]?.difference).toBeCloseTo(0.1 - 0.035, 2);
  // Where standard evaluation prefers GMF by a hair that is chance, nothing is decided, however sure the truth is.
  const level = trialsOf('table1', 1).map((trial): FinishedTrial => {
    const { result } = trial.outcome as { result: TrialResult };
    const hair =
      trial.row.method === 'GMF' ? 0.0005 + 0.01 * noise(trial.repetition + 3) : 0.01 * noise(trial.repetition);
    return {
      ...trial,
      outcome: {
        result: { ...result, estimates: { ...result.estimates, standard: { metrics: metricsOf(0.4 + hair) } } },
      },
    };
  });
  const [pair] = reversals(new Results(level, MEASURE), ['Pop', 'GMF']);
  const standard = new Results(level, MEASURE);
  const preferred = above('', standard.values('GMF'), standard.values('Pop'))[0];
  expect([pair?.p, (preferred?.p as number) > 0.05]).toEqual([preferred?.p, true]);
});

describe('what the pick of an evaluation costs', () => {
  const judgedBy = (trials: readonly FinishedTrial[], name: string) =>
    judgeClaims(chooseClaims([name]), new Map([['table1', [...trials]]]), MEASURE)[0];

  test('is what the others are worth more than the one that standard evaluation picks', () => {
    const judged = judgedBy(trialsOf('table1', 1), 'standard-pick-costs');
    const forIt = judged?.comparisons.filter(({ outcome }) => outcome === 'for') ?? [];
    expect(forIt.map(({ what }) => what)).toEqual(['Pop worth more than ACL:GMF/GMF, which standard evaluation picks']);
    // Pop is worth 0.3, ACL 0.2 + 0.01 (4 + half of its width's doublings).
    expect(forIt[0]?.difference).toBeCloseTo(0.1 - 0.065, 2);
  });

  test('is nothing where unbiased evaluation picks the same', () => {
    const judged = judgedBy(trialsOf('table1', -1), 'unbiased-pick-costs-less');
    expect([judged?.verdict, judged?.comparisons[0]?.difference]).toEqual(['does not hold', 0]);
  });

  test('is not said of results without a truth', () => {
    const bare = trialsOf('table1', 1).map((trial): FinishedTrial => {
      const { truth: _, ...result } = (trial.outcome as { result: TrialResult }).result;
      return { ...trial, outcome: { result } };
    });
    for (const name of ['standard-pick-costs', 'unbiased-pick-costs-less'])
      expect(judgedBy(bare, name)?.verdict).toBe('not decided');
  });
});

test('claims by value compare clicks in 100 shown, whatever the metric', () => {
  const trials = trialsOf('table1', 1).map((trial): FinishedTrial => {
    const { result } = trial.outcome as { result: TrialResult };
    return {
      ...trial,
      outcome: { result: { ...result, truth: { values: { 'value@10': 0.7 } } as unknown as TrialResult['truth'] } },
    };
  });
  expect(new Results(trials, { metric: 'hit@5', truth: 'value' }).values('Pop', 'truth').values).toEqual(
    Array.from({ length: REPETITIONS }, () => 0.7),
  );
});
