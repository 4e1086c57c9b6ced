import { compareWithBest } from '../../benchmarks/comparison.js';
import { UserGroups } from '../../evaluation/user_groups.js';
import { type Sample, summarizeSample } from '../../support/layers.js';
import { decodeMoves } from '../../support/moves.js';
import type { Benchmark } from './measure.js';

const [METHODS, REPETITIONS, USERS] = [20, 10, 6040];
const METRICS = ['hit@5', 'hit@10', 'ndcg@5', 'ndcg@10'];
const RESAMPLES = 1000;

/** Hits of users with tastes of their own, by method and repetition; the same each time. */
function hits(): Float64Array[][] {
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
  const tastes = Float64Array.from({ length: USERS }, next);
  return Array.from({ length: METHODS }, (_, m) =>
    Array.from({ length: REPETITIONS }, () => tastes.map((taste) => Number(next() < 0.8 * taste + 0.005 * m))),
  );
}

/** What a table of these methods needs: moves of every trial, intervals of every cell, and tests of each column. Returns the first standard error. */
function ours(all: readonly (readonly Float64Array[])[]): number {
  const groups = UserGroups.of(USERS);
  const columns = METRICS.map(() => [] as (Sample & { readonly label: string })[]);
  all.forEach((runs, m) => {
    const moves = runs.map((run) =>
      groups.ofItems({ values: Object.fromEntries(METRICS.map((name) => [name, run])) }, (user) => user),
    );
    METRICS.forEach((name, column) => {
      columns[column]?.push({
        label: `method ${m}`,
        values: runs.map((run) => run.reduce((sum, hit) => sum + hit, 0) / USERS),
        groups: moves.map((own) => decodeMoves(own[name])),
      });
    });
  });
  let first = 0;
  for (const rows of columns) {
    for (const row of rows) {
      const { interval: [low, high] = [0, 0] } = summarizeSample(row) ?? {};
      first ||= (high - low) / 2 / 1.96;
    }
    compareWithBest(rows);
  }
  return first;
}

/** Standard error of the first method's mean by the bootstrap of users and repetitions, drawn apart (Owen 2007), with the seconds that it takes. */
function bootstrap(runs: readonly Float64Array[]): { seconds: number; error: number } {
  const started = performance.now();
  const means: number[] = [];
  for (let resample = 0; resample < RESAMPLES; resample++) {
    const weights = new Float64Array(USERS);
    for (let draw = 0; draw < USERS; draw++) (weights[Math.floor(Math.random() * USERS)] as number)++;
    let sum = 0;
    for (let r = 0; r < REPETITIONS; r++) {
      const run = runs[Math.floor(Math.random() * REPETITIONS)] as Float64Array;
      for (let user = 0; user < USERS; user++) sum += (weights[user] as number) * (run[user] as number);
    }
    means.push(sum / USERS / REPETITIONS);
  }
  const middle = means.reduce((a, b) => a + b, 0) / RESAMPLES;
  const error = Math.sqrt(means.reduce((sum, mean) => sum + (mean - middle) ** 2, 0) / (RESAMPLES - 1));
  return { seconds: (performance.now() - started) / 1000, error };
}

export const intervals: Benchmark = {
  name: 'intervals',
  summary: 'intervals and tests over users and repetitions, of 20 methods x 10 repetitions x 6,040 users',
  always: true,
  async run() {
    const all = hits();
    const started = performance.now();
    const error = ours(all);
    const seconds = (performance.now() - started) / 1000;
    const resampled = bootstrap(all[0] as Float64Array[]);
    const whole = resampled.seconds * METHODS * METRICS.length;
    return [
      {
        ...{ name: 'intervals of a table', value: seconds, unit: 's', goal: 'under 5 s' },
        ...{ reference: whole, ratio: whole / seconds, referenceName: 'bootstrap of users and repetitions' },
      },
      {
        ...{
          name: 'standard error',
          value: 100 * error,
          unit: 'points',
          goal: 'less: it counts thrice what users and repetitions make together',
        },
        ...{ reference: 100 * resampled.error, ratio: resampled.error / error, referenceName: 'the same bootstrap' },
      },
    ];
  },
};
