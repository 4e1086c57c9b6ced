import { combined, type Sample } from '../../support/layers.js';
import { summarize } from '../../support/statistics.js';
import type { FinishedTrial } from '../finished.js';
import { deployed, ESTIMATES, type EstimateName, squaredErrors } from '../online_tables.js';
import { ABLATED } from '../suites/paper.js';
import { above, type Claim, type Results } from './claim.js';
import { betterThanPick, regretByUnbiased, reversals } from './reversals.js';

const METRIC = { unit: 'points', quantifier: 'all' } as const;
/** Least gain of a doubling: a tenth of a percent point. */
const LEAST_GAIN = 0.001;
/** Errors are standardised: 2 is what an estimate has in the mean that says nothing. */
const LEAST_ERROR = 0.05;

/** Models that Table 1 trains with PS and ACL. */
const SIMULATED = ['MLP', 'GMF'];
/** Models of figures A.2 to A.4. */
const SENSITIVITY = ['GMF', 'Attn'];

const acl = (f: string): string => `ACL:${f}/${f}`;

/** A method of f beside PS of f, with g by popularity and of its own kind. */
const besidePs = (f: string, method: string): [string, string][] => [
  [method, `PS:${f}/Pop`],
  [method, `PS:${f}/${f}`],
];

/** Whether methods stand above others on one data set, by standard evaluation or by the truth. */
function aboveEach(results: Results, view: 'standard' | 'truth', pairs: readonly (readonly [string, string])[]) {
  return pairs.flatMap(([a, b]) => above(`${a} above ${b}`, results.values(a, view), results.values(b, view)));
}

/** The claims of the paper, in the order of its tables and figures. */
export const claims: readonly Claim[] = [
  {
    name: 'acl-above-baseline',
    statement: 'Adversarial training (ACL) improves every model that it is applied to',
    source: 'Tables 1, 2 and A.2, A.6.7',
    ...METRIC,
    evidence: [
      {
        suites: ['tableA2-acl'],
        tests: (results) =>
          aboveEach(
            results,
            'standard',
            ABLATED.map((f) => [acl(f), f]),
          ),
      },
      {
        suites: ['table1'],
        tests: (results) =>
          aboveEach(
            results,
            'truth',
            SIMULATED.map((f) => [acl(f), f]),
          ),
      },
    ],
  },
  {
    name: 'acl-above-wider-baseline',
    statement: 'That is not for its parameters: ACL is above its baseline at twice the width, whatever the width',
    source: 'Figure A.3, A.6.7',
    ...METRIC,
    evidence: [
      {
        suites: ['figureA3'],
        tests: (results) =>
          SENSITIVITY.flatMap((f) =>
            results
              .varied(acl(f), 'dim')
              .flatMap((dim) =>
                above(
                  `${acl(f)} of ${dim} above ${f} of ${2 * dim}`,
                  results.values(acl(f), 'standard', { dim }),
                  results.values(`${f}, twice as wide`, 'standard', { dim }),
                ),
              ),
          ),
      },
    ],
  },
  {
    name: 'acl-above-ps',
    statement: 'ACL is above propensity scoring (PS) of the same model, with g by popularity or of its own kind',
    source: 'Tables 1 and A.2, A.6.7',
    ...METRIC,
    evidence: [
      {
        suites: ['tableA2-acl', 'tableA2-ps'],
        tests: (results) =>
          aboveEach(
            results,
            'standard',
            ABLATED.flatMap((f) => besidePs(f, acl(f))),
          ),
      },
      {
        suites: ['table1'],
        tests: (results) =>
          aboveEach(
            results,
            'truth',
            SIMULATED.flatMap((f) => besidePs(f, acl(f))),
          ),
      },
    ],
  },
  {
    name: 'oracle-ps-above-plain',
    statement: 'PS that knows the true exposure is above the same model without weights',
    source: 'Table 1',
    ...METRIC,
    evidence: [
      {
        suites: ['table1'],
        tests: (results) =>
          aboveEach(
            results,
            'truth',
            SIMULATED.map((f) => [`PS:${f}/oracle`, f]),
          ),
      },
    ],
  },
  {
    name: 'oracle-ps-above-ps',
    statement: 'PS that knows the true exposure is above PS that estimates it',
    // Three of the four comparisons in that table are for it.
    source: "Table 1, whose GMF on ML-1M is against it: Hit@10 39.10 with the true exposure, 39.47 with GMF's",
    ...METRIC,
    evidence: [
      {
        suites: ['table1'],
        tests: (results) =>
          aboveEach(
            results,
            'truth',
            SIMULATED.flatMap((f) => besidePs(f, `PS:${f}/oracle`)),
          ),
      },
    ],
  },
  {
    name: 'feedback-in-g-helps',
    statement: 'Letting G see the feedback y improves ACL',
    source: 'Figure A.2',
    ...METRIC,
    evidence: [
      {
        suites: ['figureA2'],
        tests: (results) =>
          above(
            `${acl('Attn')} with y above without`,
            results.values(acl('Attn'), 'standard', { outcome: 'y' }),
            results.values(acl('Attn'), 'standard', { outcome: 'none' }),
          ),
      },
    ],
  },
  {
    name: 'alpha-in-between',
    statement: 'ACL is best where alpha is neither too small nor too large: 1 is above 0.1 and above 2',
    source: 'Figure A.4, A.6.8',
    ...METRIC,
    evidence: [
      {
        suites: ['figureA4'],
        tests: (results) =>
          SENSITIVITY.flatMap((f) =>
            [0.1, 2].flatMap((alpha) =>
              above(
                `${acl(f)}, alpha 1 above ${alpha}`,
                results.values(acl(f), 'standard', { alpha: 1 }),
                results.values(acl(f), 'standard', { alpha }),
              ),
            ),
          ),
      },
    ],
  },
  {
    name: 'width-helps',
    statement: 'A larger width improves ACL: the metric rises with every doubling, by its slope over the widths',
    source: 'Figure A.3, A.6.8',
    ...METRIC,
    evidence: [
      {
        suites: ['figureA3'],
        tests: (results) =>
          SENSITIVITY.flatMap((f) => {
            const slopes = slopesByWidth(results, acl(f));
            return above(`${acl(f)}, gain of a doubling`, slopes, combined([slopes], [0]), { least: LEAST_GAIN });
          }),
      },
    ],
  },
  {
    name: 'robust-closest',
    statement: 'Of the offline estimates the robust one is closest to what happens online',
    source: 'Table 3',
    ...{ unit: 'number', quantifier: 'all' },
    evidence: [
      {
        suites: ['table3'],
        tests: ({ trials, measure: { metric } }) => {
          const atFive = metric.startsWith('hit') ? 'hit@5' : 'ndcg@5';
          return ESTIMATES.filter((name) => name !== 'robust').flatMap((name) =>
            above(
              `squared error of ${name} above robust, ${atFive}`,
              { values: errorsByModel(trials, name, atFive) },
              { values: errorsByModel(trials, 'robust', atFive) },
              { least: LEAST_ERROR, over: 'models' },
            ),
          );
        },
      },
    ],
  },
  {
    name: 'unbiased-reverses',
    statement: 'Biased exposure makes standard evaluation rank some methods the wrong way round',
    source: 'Table 1, section 5',
    ...{ unit: 'points', quantifier: 'some' },
    evidence: [{ suites: ['table1'], tests: (results) => reversals(results, ['Pop', 'CF', ...SIMULATED]) }],
  },
  {
    name: 'standard-pick-costs',
    statement:
      'Standard evaluation does not find the best method: another is worth more, in clicks in 100 shown, than the one that it picks',
    source: 'Table 1, section 5',
    ...{ unit: 'points', quantifier: 'some' },
    evidence: [{ suites: ['table1'], tests: betterThanPick }],
  },
  {
    name: 'unbiased-pick-costs-less',
    statement: 'The method that unbiased evaluation picks is worth more than the one that standard evaluation picks',
    source: 'Table 1, section 5',
    ...METRIC,
    evidence: [{ suites: ['table1'], tests: regretByUnbiased }],
  },
];

/** By repetition, the least-squares slope of the metric over log2 of the width. */
function slopesByWidth(results: Results, method: string): Sample {
  const widths = results.varied(method, 'dim');
  const x = widths.map(Math.log2);
  const middle = x.reduce((a, b) => a + b, 0) / x.length;
  const spread = x.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  if (spread === 0) return { values: [] };
  return combined(
    widths.map((dim) => results.values(method, 'standard', { dim })),
    x.map((value) => (value - middle) / spread),
  );
}

/** An estimate's error for each model, the mean over its repetitions: these are not independent of one another. */
function errorsByModel(trials: readonly FinishedTrial[], name: EstimateName, metric: string): number[] {
  const shown = trials.filter((trial) => deployed([trial]).length > 0);
  const errors = squaredErrors(deployed(shown), name, metric, 'standardised') ?? [];
  const byModel = new Map<string, number[]>();
  shown.forEach(({ row }, t) => byModel.set(row.label, [...(byModel.get(row.label) ?? []), errors[t] as number]));
  return errors.length === 0 ? [] : [...byModel.values()].map((list) => summarize(list).mean);
}
