import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { userItems } from '../datasets/interactions.js';
import { averageOf, itemValues } from '../evaluation/averages.js';
import { weighted } from '../evaluation/estimates/estimate.js';
import { metricsAt } from '../evaluation/metrics/registry.js';
import type { TestQuestion } from '../evaluation/question.js';
import { rank } from '../evaluation/ranks.js';
import { ANCHORS, type AnchorName, anchorsOf } from '../evaluation/truth/anchors.js';
import { trustOf } from '../evaluation/truth/trust.js';
import { ListValues } from '../evaluation/truth/value.js';
import type { Scorer } from '../models/scorer.js';
import type { RelevanceTruth } from '../simulator/truth.js';
import { summarizeSample } from '../support/layers.js';
import { sharesOf, tReach } from '../support/statistics.js';
import { CASES, CASES_FOLDER, caseText, Fraction } from './cases.js';

const read = (name: string) => JSON.parse(readFileSync(join(CASES_FOLDER, name), 'utf8'));
/** A fraction or a number as a number. */
const numberOf = (written: string | number): number =>
  typeof written === 'number' ? written : Fraction.parse(written).number;
const numbers = (all: readonly (string | number)[]): number[] => all.map(numberOf);

/** Numbers within 1e-12, and all else to the letter: the last bit of a logarithm is the machine's. */
function expectSame(found: unknown, wanted: unknown): void {
  if (typeof wanted === 'number' && typeof found === 'number') expect(found).toBeCloseTo(wanted, 12);
  else if (typeof wanted === 'object' && wanted !== null && typeof found === 'object' && found !== null) {
    expect(Object.keys(found)).toEqual(Object.keys(wanted));
    for (const [name, part] of Object.entries(wanted)) expectSame((found as Record<string, unknown>)[name], part);
  } else expect(found).toEqual(wanted);
}

interface Ranking {
  readonly name: string;
  readonly target: number;
  readonly candidates: readonly number[];
  readonly metrics: Readonly<Record<string, string | number>>;
}

interface Agreement {
  readonly name: string;
  readonly value: readonly string[];
  readonly estimate: readonly string[];
  readonly tauB: number;
  readonly regret: string;
  readonly turned: string;
}

/** The cases of a file, each with its name before it. */
const named = <Case extends { readonly name: string }>(file: string): [string, Case][] =>
  (read(file) as Case[]).map((one) => [one.name, one]);

test('the files are what enumeration finds, and each is described', () => {
  const files = readdirSync(CASES_FOLDER).filter((name) => name.endsWith('.json'));
  expect(files.sort()).toEqual(Object.keys(CASES).sort());
  const readme = readFileSync(join(CASES_FOLDER, 'README.md'), 'utf8');
  for (const name of files) {
    expectSame(read(name), JSON.parse(caseText(name)));
    expect(readme).toContain(`\`${name}\``);
  }
});

describe('the program finds the same', () => {
  const { items } = metricsAt([1, 2, 3]);

  test.each(named<Ranking>('rankings.json'))('of rankings: %s', async (_, { target, candidates, metrics }) => {
    const scores = Float32Array.of(target, ...candidates);
    const scorer = { scorePairs: async () => scores } as unknown as Scorer;
    const wide = scores.length;
    const question = { user: new Int32Array(wide), item: Int32Array.from(scores.keys()), before: 'test', wide };
    const sampled = { question, counts: Int32Array.of(wide - 1) };
    const found = averageOf(itemValues(items, await rank(scorer, { sampled } as unknown as TestQuestion)));
    for (const [name, value] of Object.entries(metrics)) expect(found[name]).toBeCloseTo(numberOf(value), 12);
  });

  test('of estimators, over all that may be clicked', () => {
    const { relevance, exposure, metric, expectations, outcomes, estimand } = read('estimators.json');
    const [p, e, v] = [relevance, exposure, metric].map((table: string[][]) => numbers(table.flat())) as [
      ...[number[], number[], number[]],
    ];
    const chances = p.map((own, pair) => own * (e[pair] as number));
    const weights: Readonly<Record<string, readonly number[]>> = {
      standard: p.map(() => 1),
      '1/exposure': e.map((own) => 1 / own),
      'relevance/exposure': e.map((own, pair) => (p[pair] as number) / own),
    };
    const estimate = (name: string, clicked: readonly number[], normalisation: 'plain' | 'self-normalised') =>
      weighted(
        { hit: Float64Array.from(clicked, (pair) => v[pair] as number) },
        Float64Array.from(clicked, (pair) => weights[name]?.[pair] as number),
        { clip: 0, normalisation },
        name,
      ).metrics['hit'] as number;
    for (const { clicked, estimates } of outcomes)
      for (const name of Object.keys(weights)) {
        expect(estimate(name, clicked, 'self-normalised')).toBeCloseTo(numberOf(estimates[name].selfNormalised), 12);
        expect(estimate(name, clicked, 'plain')).toBeCloseTo(numberOf(estimates[name].plain), 12);
      }
    for (const name of Object.keys(weights)) {
      let [self, plain, total, some] = [0, 0, 0, 0];
      for (let set = 1; set < 2 ** 9; set++) {
        const clicked = chances.flatMap((_, pair) => (((set >> pair) & 1) === 1 ? [pair] : []));
        const chance = chances.reduce((all, own, pair) => all * (clicked.includes(pair) ? own : 1 - own), 1);
        const own = estimate(name, clicked, 'plain');
        self += chance * estimate(name, clicked, 'self-normalised');
        plain += chance * own;
        total += chance * own * clicked.length;
        some += chance;
      }
      expect(self / some).toBeCloseTo(numberOf(expectations[name].selfNormalised), 12);
      expect(plain / some).toBeCloseTo(numberOf(expectations[name].plain), 12);
      expect(total).toBeCloseTo(numberOf(expectations[name].sum), 12);
    }
    // What makes 1/exposure unbiased, and the paper's weight another quantity.
    expect(expectations['1/exposure'].sum).toBe(estimand.sum);
    expect(expectations['relevance/exposure'].sum).not.toBe(estimand.sum);
  });

  test('of what lists are worth in truth', () => {
    const { relevance, had, scores, anchors, ...means } = read('value.json');
    const rows = (relevance as string[][]).map((row) => Float32Array.from(numbers(row)));
    const truth: RelevanceTruth = {
      ...{ users: 3, items: 8 },
      relevanceRow: (user) => rows[user] as Float32Array,
      relevanceOf: (user, list) => Float32Array.from(list, (item) => rows[user]?.[item] as number),
      learnableRow: (user) => rows[user] as Float32Array,
    };
    const pairs = (had as number[][]).flatMap((own, user) => own.map((item) => [user, item] as const));
    const known = userItems({
      userIds: ['a', 'b', 'c'],
      itemIds: Array.from({ length: 8 }, String),
      user: Int32Array.from(pairs, ([user]) => user),
      item: Int32Array.from(pairs, ([, item]) => item),
    });
    const found = anchorsOf(truth, known, Int32Array.of(0, 1, 2));
    for (const name of ANCHORS.filter((one): one is Exclude<AnchorName, 'learnable'> => one !== 'learnable'))
      expect(found.means[name]['value@5']).toBeCloseTo(numberOf(anchors[name]), 6);
    const lists = new ListValues(found.judged);
    for (const [user, own] of (scores as number[][]).entries()) lists.read(user, Float32Array.from(own));
    for (const name of ['value@5', 'rndcg@5']) expect(lists.means[name]).toBeCloseTo(numberOf(means[name]), 6);
  });

  test.each(named<Agreement>('trust.json'))(
    'of which evaluation to trust: %s',
    (_, { value, estimate, tauB, regret, turned }) => {
      const [v, e] = [numbers(value), numbers(estimate)];
      const found = trustOf(v.map((own, m) => ({ label: `${m}`, value: [own], estimate: [e[m]] })));
      expect(found?.tau.mean).toBeCloseTo(tauB, 12);
      expect(found?.regret.mean).toBeCloseTo(numberOf(regret), 12);
      expect(found?.turned.mean).toBeCloseTo(numberOf(turned), 12);
    },
  );

  test('of the variance of a mean over users and repetitions', () => {
    const { values, mean, repetitions, users, both, variance } = read('variance.json');
    const rows = (values as string[][]).map(numbers);
    const means = rows.map((row) => row.reduce((a, b) => a + b, 0) / row.length);
    const groups = rows.map((row, r) => Float32Array.from(row, (x) => (x - (means[r] as number)) / row.length));
    const found = summarizeSample({ values: means, groups });
    expect(found?.mean).toBeCloseTo(numberOf(mean), 12);
    const shares = sharesOf([
      { variance: numberOf(repetitions), freedom: rows.length - 1 },
      { variance: Math.max(0, numberOf(users) - numberOf(both)), freedom: 3 },
    ]);
    // Never less than either part.
    const wanted = Math.max(...numbers([variance, repetitions, users]));
    const reach = (found?.interval?.[1] as number) - (found?.mean as number);
    expect(reach).toBeCloseTo(tReach(Math.sqrt(wanted), shares), 6);
  });
});
