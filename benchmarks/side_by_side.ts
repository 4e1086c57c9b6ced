import { type ResultTable, type TableRow, WORSE_NOTE } from '../results/table.js';
import { type Sample, summarizeSample } from '../support/layers.js';
import { isRounding } from '../support/statistics.js';
import { compareWithBest } from './comparison.js';
import { type FinishedTrial, failureOf, groupBy, resultOf } from './finished.js';
import { chanceNote, type Measured, movesOf, sampleOf } from './samples.js';
import type { TrialResult } from './trial.js';
import { fewNote, restsOnFew } from './worth.js';

/** A number by which methods can be put in order. */
interface Order {
  readonly column: string;
  /** The column of its ranks. */
  readonly rank: string;
  readonly metric: string;
  measured(result: TrialResult): Measured | undefined;
  /** By what key an estimate has it, where it is one. */
  readonly estimate?: string;
}

const ofEstimate = (name: string, key: string): Order => ({
  ...{ column: `${name} hit@10`, rank: `${name} rank`, metric: 'hit@10', estimate: key },
  measured: ({ estimates }) => estimates[key],
});

const UNBIASED = ofEstimate('unbiased', 'unbiased:1/exposure');
const ORDERS: readonly Order[] = [
  ofEstimate('standard', 'standard'),
  UNBIASED,
  {
    ...{ column: 'value@10', rank: 'value rank', metric: 'value@10' },
    measured: ({ truth }) => truth && { metrics: truth.values, groups: truth.groups },
  },
];

/**
 * Where each method stands by standard evaluation, by unbiased evaluation (1 / exposure) and in truth; 1 is best, and equal means share a rank.
 * Undefined for data without a world.
 */
export function sideBySideTable(trials: readonly FinishedTrial[], data: string): ResultTable | undefined {
  const truth = trials.map(resultOf).find((result) => result?.truth)?.truth;
  if (!truth) return undefined;
  const groups = [...groupBy(trials, ({ row }) => row.label)];
  const labels = groups.map(([label]) => label);
  const orders = ORDERS.map((order) => ({
    ...order,
    samples: groups.map(([, own]) => sampleOf(own, order.measured, order.metric)),
    weak: labels.filter((_, row) => restsOnFew(groups[row]?.[1].map(resultOf) ?? [], keyed(order.estimate))),
  })).filter(({ samples }) => samples.some(({ values }) => values.some((value) => value !== undefined)));
  // Weights that rest on few test items put nothing in order.
  const ranked = orders.map((order) => ({ ...order, ...(order.weak.length === 0 && ranksOf(order.samples)) }));
  const rows = groups.map(([label, own], row): TableRow => {
    const failures = own.map(failureOf).filter((failure) => failure !== undefined);
    const samples = ranked.map(({ column, samples }) => [column, samples[row] as Sample] as const);
    const cells = ranked.flatMap(({ column, rank, samples, means }) => {
      const cell = summarizeSample(samples[row] as Sample);
      const place = means?.[row];
      return [
        [column, cell],
        [rank, cell && place !== undefined ? { n: cell.n, mean: place, sd: undefined } : undefined],
      ] as const;
    });
    const values = ranked.flatMap(({ column, rank, samples, repetitions }) => [
      [column, samples[row]?.values ?? []] as const,
      ...(repetitions ? [[rank, repetitions.map((places) => places[row])] as const] : []),
    ]);
    return {
      ...{ label, cells: Object.fromEntries(cells), values: Object.fromEntries(values) },
      ...movesOf(samples),
      ...(failures[0] !== undefined && { failed: `${failures.length} of ${own.length}, ${failures[0]}` }),
    };
  });
  const comparisons = ranked.flatMap(({ column, samples, weak }) =>
    weak.length > 0
      ? []
      : compareWithBest(labels.map((label, row) => ({ label, ...(samples[row] as Sample) }))).map((test) => ({
          column,
          ...test,
        })),
  );
  const few = orders.filter(({ weak }) => weak.length > 0);
  const chance = chanceNote(
    orders.flatMap(({ samples }) => samples),
    { isSimulated: true, isTested: comparisons.length > 0 },
  );
  const clip = trials[0]?.settings.evaluation?.clip ?? 0;
  const weights = `1/exposure from the truth${clip > 0 ? `, p_exp at least ${clip}` : ''}`;
  const isWeighted = orders.some(({ column }) => column === UNBIASED.column);
  const note = [
    `standard: Hit@10 of the test clicks.${isWeighted ? ` unbiased: the same, test items weighted by ${weights}.` : ''} value@10: clicks in 100 shown, in truth.`,
    `Beside each the rank of its mean, 1 the best. Mean (sd) over repetitions of training. ${chance}${fewNote(few.map(({ column }) => column))}`,
    ...(comparisons.length > 0 ? [WORSE_NOTE] : []),
  ].join(' ');
  return {
    title: `${data}: standard, unbiased and value side by side`,
    note,
    columns: orders.flatMap(({ column, rank }) => [column, rank]),
    seeds: groups[0]?.[1].map(({ settings }) => settings.seed) ?? [],
    rows,
    comparisons,
    styles: Object.fromEntries([
      ...orders.map(({ rank }) => [rank, { format: 'count' }] as const),
      ...few.map(({ column }) => [column, { isUnranked: true }] as const),
    ]),
  };
}

const keyed = (key: string | undefined) => (result: TrialResult) =>
  key === undefined ? undefined : result.estimates[key];

/** Ranks of rows by their means, and in each repetition. */
function ranksOf(samples: readonly Sample[]) {
  const count = Math.max(...samples.map(({ values }) => values.length));
  return {
    means: places(samples.map((sample) => summarizeSample(sample)?.mean)),
    repetitions: Array.from({ length: count }, (_, r) => places(samples.map(({ values }) => values[r]))),
  };
}

/** 1 for the largest; equal values share the better place, whatever the order of their sums. */
const places = (values: readonly (number | undefined)[]): (number | undefined)[] =>
  values.map((value) =>
    value === undefined
      ? undefined
      : 1 + values.filter((other) => other !== undefined && other > value && !isRounding(other, value)).length,
  );
