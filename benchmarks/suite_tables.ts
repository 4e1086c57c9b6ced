import { type Estimate, type Estimated, isWeak } from '../evaluation/estimates/estimate.js';
import { estimateNamed } from '../evaluation/estimates/registry.js';
import { builtInEvaluation, type EvaluationCatalogue } from '../evaluation/evaluate.js';
import type { Metrics } from '../evaluation/metrics/metric.js';
import { shownMetrics } from '../evaluation/metrics/registry.js';
import { estimateOf } from '../results/estimate_of.js';
import { type NamedTable, type ResultTable, type TableRow, WORSE_NOTE } from '../results/table.js';
import { type Sample, summarizeSample } from '../support/layers.js';
import { fileName } from '../support/names.js';
import { ownEntry } from '../support/record.js';
import { LEAST_REPETITIONS, summarize } from '../support/statistics.js';
import { compareWithBest } from './comparison.js';
import { type FinishedTrial, failureOf, groupBy, resultOf } from './finished.js';
import { errorTable, onlineTable } from './online_tables.js';
import { type Published, publishedCells } from './published.js';
import { chanceNote, movesOf, sampleOf } from './samples.js';
import { sideBySideTable } from './side_by_side.js';
import { isEstimate, type SuiteTable, type View } from './suites/suite.js';
import type { TrialResult } from './trial.js';
import { trustTable, valueTable } from './truth_tables.js';

/** What a view takes of a trial; undefined for a view that is not of an estimate, or a trial that has none. */
export const estimateIn = (view: View, result: TrialResult): Estimated | undefined => estimateOf(result, view);

/** The metrics of a view; undefined for a view that is not of metrics, or a trial that has none. */
export function viewMetrics(view: View, result: TrialResult): Metrics | undefined {
  return estimateIn(view, result)?.metrics;
}

/** The key that a view's name stands for in the first result that has it. */
function keyOf(view: View, results: readonly TrialResult[]): string {
  const keys = results.flatMap(({ estimates }) => Object.keys(estimates));
  return keys.find((key) => key === view) ?? keys.find((key) => key.startsWith(`${view}:`)) ?? view;
}

const usersOf = ({ size }: Estimated, { tested }: TrialResult): number | undefined =>
  tested && Math.min(tested.users, size ?? tested.users);

/** How the numbers of an estimate came about, and what a reader must know of how trials went. */
function noteOf(estimate: Estimate, trials: readonly FinishedTrial[], isMain: boolean): string {
  const { candidates = 0, clip = 0 } = trials[0]?.settings.evaluation ?? {};
  const isGiven = trials.some((trial) => resultOf(trial)?.among === 'given');
  const sampled = candidates > 0 ? `${candidates} sampled items` : 'all items';
  const among = isGiven ? 'the items that the data names' : sampled;
  return `${estimate.note({ clip, among })}${voids(trials, estimate.key)}${isMain ? remarks(trials) : ''}`;
}

/** A suite's tables: for each data set, each view that there is something to show of. `keys` says how published figures know the data. */
export function suiteTables(
  suite: string,
  tables: readonly SuiteTable[],
  finished: readonly FinishedTrial[],
  keys: ReadonlyMap<string, string>,
  catalogue: EvaluationCatalogue = builtInEvaluation,
): NamedTable[] {
  const byData = groupBy(finished, ({ data }) => data);
  // Where the truth is known it speaks first.
  const shown: readonly SuiteTable[] = [
    ...(['value', 'trust'] as const)
      .filter((view) => !tables.some(({ show }) => show === view))
      .map((show) => ({ show })),
    ...tables,
  ];
  // How trials went is said in one table of metrics, which is there even where nothing could be trained.
  const views = tables.filter(({ show }) => isEstimate(show, catalogue));
  const main = views.find(({ show }) => show === 'standard') ?? views[0];
  return [...byData].flatMap(([data, trials]) =>
    shown.flatMap((table): NamedTable[] => {
      const made = tableOf(table, data, trials, keys.get(data) ?? data, catalogue, table === main);
      const parts = [suite, ...(byData.size > 1 ? [fileName(data)] : []), table.show];
      return made ? [{ name: parts.join('-'), table: made }] : [];
    }),
  );
}

function tableOf(
  { show, metrics: asked, published }: SuiteTable,
  data: string,
  trials: readonly FinishedTrial[],
  key: string,
  catalogue: EvaluationCatalogue,
  isMain: boolean,
): ResultTable | undefined {
  const metrics = asked ?? shownMetrics(trials[0]?.settings.evaluation.cutoffs);
  if (show === 'value') return valueTable(trials, data);
  if (show === 'trust') return trustTable(trials, data, catalogue);
  if (show === 'side-by-side') return sideBySideTable(trials, data);
  if (show === 'online') return onlineTable(trials, data);
  if (show === 'errors' || show === 'errors-standardised')
    return errorTable(trials, data, show === 'errors' ? 'raw' : 'standardised', metrics, ownEntry(published, key));
  const results = trials.map(resultOf).filter((result) => result !== undefined);
  // Nothing to show is different from nothing that could be trained.
  const isThere = results.some((result) => estimateIn(show, result));
  if (!isEstimate(show, catalogue) || (!isThere && (!isMain || trials.length === 0))) return undefined;
  const estimate = estimateNamed(keyOf(show, results), catalogue.estimates);
  return metricTable(trials, `${data}: ${estimate.title}`, metrics, estimate, ownEntry(published, key), isMain);
}

/** The column of how many equally weighted test items an estimate is worth. */
const WORTH = 'test items';

function metricTable(
  trials: readonly FinishedTrial[],
  title: string,
  columns: readonly string[],
  estimate: Estimate,
  published: Published | undefined,
  isMain: boolean,
): ResultTable {
  const groups = [...groupBy(trials, ({ row }) => row.label)];
  const rows = groups.map(([label, own]) => rowOf(label, own, columns, estimate, published));
  const isWeighted = rows.some(({ cells }) => cells[WORTH]);
  const compared = rows.filter(({ isWeak }) => !isWeak);
  const comparisons = columns.flatMap((column) =>
    compareWithBest(compared.map(({ label, samples }) => ({ label, ...(samples[column] as Sample) }))).map((test) => ({
      column,
      ...test,
    })),
  );
  const seeds = groups[0]?.[1].map(({ settings }) => settings.seed);
  const isTested = comparisons.length > 0;
  const chance = chanceNote(
    rows.flatMap(({ samples }) => Object.values(samples)),
    {
      users: trials.map((trial) => resultOf(trial)?.tested?.users).find((count) => count !== undefined),
      isSimulated: trials.some((trial) => resultOf(trial)?.truth),
      isTested,
    },
  );
  const notes = [noteOf(estimate, trials, isMain), ...(isWeighted ? worthNotes(rows, trials) : []), chance];
  if (isTested) notes.push(WORSE_NOTE);
  else if (compared.length > 1) notes.push(untested(trials));
  return {
    title,
    note: notes.join(' '),
    columns: isWeighted ? [...columns, WORTH] : columns,
    ...(isWeighted && { styles: { [WORTH]: { format: 'count' } } }),
    ...(seeds && { seeds }),
    rows: rows.map(({ samples: _, ...row }) => row),
    comparisons,
  };
}

/** Why rows are not compared, a sentence. */
function untested(trials: readonly FinishedTrial[]): string {
  const draws = new Set(trials.map(({ draw }) => draw)).size;
  const what = draws > 1 && draws < LEAST_REPETITIONS ? 'draws of the clicks' : 'repetitions';
  return `Nothing is tested: fewer than three ${what} prove nothing.`;
}

function rowOf(
  label: string,
  own: readonly FinishedTrial[],
  columns: readonly string[],
  estimate: Estimate,
  published: Published | undefined,
) {
  const failures = own.map(failureOf).filter((failure) => failure !== undefined);
  const results = own.map(resultOf);
  const estimates = results.map((result) => result && estimateOf(result, estimate.key));
  const summaryOf = (all: readonly (number | undefined)[]) => {
    const present = all.filter((value) => value !== undefined);
    return present.length > 0 ? summarize(present) : undefined;
  };
  const samples = Object.fromEntries(
    columns.map((name) => [name, sampleOf(own, (result) => estimateOf(result, estimate.key), name)]),
  );
  const values = Object.fromEntries(columns.map((name) => [name, samples[name]?.values ?? []]));
  const worth = summaryOf(estimates.map((one) => one?.size));
  const items = summaryOf(results.map((result) => result?.tested?.items));
  const users = estimate.isExact
    ? undefined
    : summaryOf(results.map((result, r) => result && estimates[r] && usersOf(estimates[r], result)))?.mean;
  const paper = publishedCells(published, label);
  return {
    label,
    cells: {
      ...Object.fromEntries(columns.map((name) => [name, summarizeSample(samples[name] as Sample)])),
      ...(worth && { [WORTH]: worth }),
    },
    values,
    samples,
    ...movesOf(columns.map((name) => [name, samples[name] as Sample])),
    ...(users !== undefined && { tested: Object.fromEntries(columns.map((name) => [name, users])) }),
    ...(worth && items && isWeak(worth.mean, items.mean) && { isWeak: true }),
    ...(paper && { published: paper }),
    ...(failures[0] !== undefined && { failed: `${failures.length} of ${own.length}, ${failures[0]}` }),
  };
}

/** How many test items there are, and which rows are worth too few of them to be ranked. */
function worthNotes(rows: readonly TableRow[], trials: readonly FinishedTrial[]): string[] {
  const items = trials.map((trial) => resultOf(trial)?.tested?.items).find((count) => count !== undefined);
  const weak = rows.filter(({ isWeak: is }) => is).map(({ label }) => label);
  const whose = weak.length === rows.length ? 'every row' : weak.join(', ');
  return [
    `"${WORTH}": how many of the ${items} test items the weights are worth, if all were weighted alike.`,
    ...(weak.length > 0
      ? [
          `Under 30 or a tenth of them carry the weight of ${whose}: too few to rank by, so that nothing is marked there.`,
        ]
      : []),
  ];
}

/** What a reader must know of how trials went, as sentences; empty where there is nothing. */
function remarks(trials: readonly FinishedTrial[]): string {
  const tested = trials.map((trial) => resultOf(trial)?.tested).filter((one) => one !== undefined);
  const leftOut = tested.find((one) => one.leftOut)?.leftOut;
  const older = tested.find((one) => one.older);
  return [
    collapsed(trials),
    correlations(trials),
    leftOut
      ? ` Left out: ${leftOut} test items of users who interacted with every item, so that there is nothing to rank them among.`
      : '',
    older
      ? ` Of the ${older.items} test items ${older.older} are older than an item of the history that Attn reads, which so sees the future: the split is not by time.`
      : '',
    undecided(trials),
    ...[...new Set(trials.flatMap((trial) => trial.remarks ?? []))].map((remark) => ` Tuning ${remark}.`),
  ].join('');
}

/** Which rows chose their epochs by another criterion, since validation Hit@10 could not tell. */
function undecided(trials: readonly FinishedTrial[]): string {
  const labels = [...groupBy(trials, ({ row }) => row.label)].flatMap(([label, own]) => {
    const by = own.map((trial) => resultOf(trial)?.chosenBy).filter((one) => one !== undefined);
    return by.length > 0 ? [`${label} (${[...new Set(by)].join(', ')}; ${by.length} of ${own.length})`] : [];
  });
  return labels.length > 0
    ? ` Validation Hit@10 was the same in every epoch, so that another criterion chose the epoch: ${labels.join(', ')}.`
    : '';
}

/** Which rows had an exposure model that came to nothing, as a sentence; empty where none had. */
function collapsed(trials: readonly FinishedTrial[]): string {
  const labels = [...groupBy(trials, ({ row }) => row.label)].flatMap(([label, own]) => {
    const lost = own.filter((trial) => resultOf(trial)?.exposure?.collapsed).length;
    return lost > 0 ? [`${label} (${lost} of ${own.length})`] : [];
  });
  return labels.length > 0
    ? ` The exposure model has collapsed, so that training was plain after all, and its robust estimate is void: ${labels.join(', ')}.`
    : '';
}

/** How far exposure models follow the truth, where it is known, as a sentence. */
function correlations(trials: readonly FinishedTrial[]): string {
  const labels = [...groupBy(trials, ({ row }) => row.label)].flatMap(([label, own]) => {
    const found = own.map((trial) => resultOf(trial)?.exposure?.correlation).filter((one) => one !== undefined);
    return found.length > 0 ? [`${label} ${summarize(found).mean.toFixed(2)}`] : [];
  });
  return labels.length > 0 ? ` Correlation of log G with the true log exposure: ${labels.join(', ')}.` : '';
}

/** Which rows have an estimate that is void, with the reason of the first trial, as a sentence; empty where none has. */
function voids(trials: readonly FinishedTrial[], key: string): string {
  const labels = [...groupBy(trials, ({ row }) => row.label)].flatMap(([label, own]) => {
    const reasons = own.map((trial) => resultOf(trial)?.estimates[key]?.void).filter((one) => one !== undefined);
    return reasons.length > 0 ? [`${label} (${reasons.length} of ${own.length}: ${reasons[0]})`] : [];
  });
  return labels.length > 0 ? ` Void, since what would be divided by is no exposure model: ${labels.join('; ')}.` : '';
}
