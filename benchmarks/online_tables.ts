import type { Metrics } from '../evaluation/metrics/metric.js';
import { estimateOf } from '../results/estimate_of.js';
import type { ResultTable } from '../results/table.js';
import { summarize } from '../support/statistics.js';
import { type FinishedTrial, failureOf, groupBy, resultOf } from './finished.js';
import { type Published, publishedCells } from './published.js';
import type { TrialResult } from './trial.js';
import { fewNote, restsOnFew } from './worth.js';

/** The offline estimates that Table 3 compares. */
export const ESTIMATES = ['standard', 'popularity', 'propensity', 'robust'] as const;
export type EstimateName = (typeof ESTIMATES)[number];

/** A result with what happened online. */
type Deployed = TrialResult & { readonly online: NonNullable<TrialResult['online']> };

/** Trials whose model was deployed. */
export function deployed(trials: readonly FinishedTrial[]): Deployed[] {
  return trials.map(resultOf).filter((result): result is Deployed => result?.online !== undefined);
}

/** What an offline estimate says of a trained model; undefined where it has none. */
export function offline(result: TrialResult, name: EstimateName): Metrics | undefined {
  const estimate = estimateOf(result, name);
  return estimate?.void === undefined ? estimate?.metrics : undefined;
}

/**
 * Squared error of an estimate to the click-through rate, for each deployed model. `raw`: the metric against the rate. `standardised`: both
 * less their mean over models, over their deviation. Undefined where not every model has the estimate.
 */
export function squaredErrors(
  results: readonly Deployed[],
  name: EstimateName,
  metric: string,
  scale: 'raw' | 'standardised',
): number[] | undefined {
  const metrics = results.map((result) => offline(result, name));
  if (results.length === 0 || metrics.some((one) => one === undefined)) return undefined;
  const estimated = (metrics as Metrics[]).map((one) => one[metric] as number);
  const online = results.map((result) => result.online.clickThroughRate);
  const [a, b] = scale === 'raw' ? [estimated, online] : [standardise(estimated), standardise(online)];
  return a.map((value, k) => (value - (b[k] as number)) ** 2);
}

/** Less the mean, over the deviation; zeros where nothing differs. */
function standardise(values: readonly number[]): number[] {
  const { mean, sd } = summarize(values);
  return values.map((value) => (sd ? (value - mean) / sd : 0));
}

/**
 * Table 3: squared error of each offline estimate to the click-through rate, mean (sd) over models and repetitions. A metric and a rate
 * are on different scales, so that the raw errors compare levels; the standardised ones compare how models stand to one another.
 */
export function errorTable(
  trials: readonly FinishedTrial[],
  data: string,
  scale: 'raw' | 'standardised',
  columns: readonly string[],
  published?: Published,
): ResultTable | undefined {
  const results = deployed(trials);
  if (results.length === 0) return undefined;
  const models = groupBy(trials, ({ row }) => row.label).size;
  const rows = ESTIMATES.flatMap((name) => {
    const errors = columns.map((metric) => [metric, squaredErrors(results, name, metric, scale)] as const);
    if (errors.some(([, values]) => values === undefined)) return [];
    const label = `${name} evaluation`;
    const paper = publishedCells(published, label, 1);
    return [
      {
        label,
        cells: Object.fromEntries(errors.map(([metric, values]) => [metric, summarize(values as number[])])),
        values: Object.fromEntries(errors) as Record<string, number[]>,
        ...(paper && { published: paper }),
      },
    ];
  });
  return {
    title: `${data}: squared error to the click-through rate, ${scale}`,
    note: `Mean (sd) over ${models} models, ${results.length} deployments; smaller is better.${leftOut(rows.length)}${fewNote(fewOf(results))}`,
    columns,
    rows,
    format: 'number',
    lowerIsBetter: true,
  };
}

/** Says that estimates are missing which not every model has: the robust one is for PS and ACL. */
const leftOut = (rows: number): string =>
  rows < ESTIMATES.length
    ? ' Estimates that not every model has are left out (the robust one is for PS and ACL whose exposure model has not collapsed, another needs --propensity-model).'
    : '';

/** Estimates whose weights rest on few test items. */
const fewOf = (results: readonly Deployed[]): string[] =>
  ESTIMATES.filter((name) => restsOnFew(results, (one) => estimateOf(one, name)));

/** Each model's offline estimates beside what happened online, means over repetitions. */
export function onlineTable(trials: readonly FinishedTrial[], data: string): ResultTable | undefined {
  if (deployed(trials).length === 0) return undefined;
  const rows = [...groupBy(trials, ({ row }) => row.label)].map(([label, all]) => {
    const own = deployed(all);
    const failures = all.map(failureOf).filter((failure) => failure !== undefined);
    const cell = (pick: (result: Deployed) => number | undefined) => {
      const values = own.map(pick).filter((value) => value !== undefined);
      return values.length > 0 ? summarize(values) : undefined;
    };
    return {
      label,
      cells: {
        ...Object.fromEntries(ESTIMATES.map((name) => [`${name} hit@5`, cell((one) => offline(one, name)?.['hit@5'])])),
        'click-through rate': cell(({ online }) => online.clickThroughRate),
        'expected rate': cell(({ online }) => online.expectedRate),
      },
      ...(failures[0] !== undefined && { failed: `${failures.length} of ${all.length}, ${failures[0]}` }),
    };
  });
  const few = [...groupBy(trials, ({ row }) => row.label)].flatMap(([label, all]) =>
    fewOf(deployed(all)).map((name) => `${name} of ${label}`),
  );
  return {
    title: `${data}: offline and online`,
    note: `Percent, mean (sd) over repetitions; pages shown once to every user of the test part.${fewNote(few)}`,
    columns: [...ESTIMATES.map((name) => `${name} hit@5`), 'click-through rate', 'expected rate'],
    rows,
  };
}
