import { type NamedTable, type ResultTable, WORSE_NOTE } from '../results/table.js';
import { fileName, ownEntry } from '../support/names.js';
import { summarize } from '../support/statistics.js';
import { compareWithBest } from './comparison.js';
import { type FinishedTrial, failureOf, groupBy, resultOf } from './finished.js';
import { METRICS, type Metrics } from './metrics.js';
import { errorTable, onlineTable } from './online_tables.js';
import { type Published, publishedCells } from './published.js';
import type { SuiteTable, TableMetric, View } from './suites/suite.js';
import type { TrialResult } from './trial.js';
import { trustTable, valueTable } from './truth_tables.js';

/** Metrics that a view takes from a trial; undefined where it has none. */
type Pick = (result: TrialResult) => Metrics | undefined;

/** The views whose rows are methods and whose columns are metrics. */
const METRIC_VIEWS: Readonly<
  Partial<Record<View, { title: string; pick: Pick; note(trials: readonly FinishedTrial[]): string }>>
> = {
  standard: {
    title: 'standard evaluation',
    pick: (result) => result.standard,
    note: (trials) => {
      const candidates = trials[0]?.settings.evaluation.candidates ?? 0;
      const isGiven = trials.some((trial) => resultOf(trial)?.among === 'given');
      const sampled = candidates > 0 ? `${candidates} sampled items` : 'all items';
      const among = isGiven ? 'the items that the data names' : sampled;
      return `Percent, mean (sd) over repetitions; each test item ranked among ${among}.${collapsed(trials)}`;
    },
  },
  unbiased: {
    title: 'unbiased evaluation',
    pick: (result) => result.unbiased?.metrics,
    note: (trials) => {
      const { weight, clip } = trials[0]?.settings.unbiased ?? { weight: '', clip: 0 };
      const clipped = clip > 0 ? `, p_exp at least ${clip}` : '';
      return `The same, test items weighted by ${weight} from the truth${clipped}${worth(trials)}.`;
    },
  },
  oracle: {
    title: 'oracle',
    pick: (result) => result.oracle,
    note: () =>
      "Percent, mean (sd) over repetitions; exact expectation under the world's truth of a test item drawn in proportion to relevance.",
  },
  popularity: {
    title: 'debiased by popularity',
    pick: (result) => result.estimates.popularity.metrics,
    note: () => 'Percent, mean (sd) over repetitions; test items weighted by 1 / (count / max)^0.5 of the item.',
  },
  propensity: {
    title: 'debiased by a propensity model',
    pick: (result) => result.estimates.propensity?.metrics,
    note: () => "Percent, mean (sd) over repetitions; test items weighted by 1 / a propensity model's probability.",
  },
  robust: {
    title: 'robust evaluation',
    pick: (result) => result.estimates.robust?.metrics,
    note: () => "Percent, mean (sd) over repetitions; test items weighted by 1 / the method's own G.",
  },
};

/** The metrics of a view; undefined for a view that is not of metrics, or a trial that has none. */
export function viewMetrics(view: View, result: TrialResult): Metrics | undefined {
  return METRIC_VIEWS[view]?.pick(result);
}

/** A suite's tables: for each data set, each view that there is something to show of. `keys` says how published figures know the data. */
export function suiteTables(
  suite: string,
  tables: readonly SuiteTable[],
  finished: readonly FinishedTrial[],
  keys: ReadonlyMap<string, string>,
): NamedTable[] {
  const byData = groupBy(finished, ({ data }) => data);
  // Where the truth is known it speaks first.
  const shown: readonly SuiteTable[] = [
    ...(['value', 'trust'] as const)
      .filter((view) => !tables.some(({ show }) => show === view))
      .map((show) => ({ show })),
    ...tables,
  ];
  return [...byData].flatMap(([data, trials]) =>
    shown.flatMap((table): NamedTable[] => {
      const made = tableOf(table, data, trials, keys.get(data) ?? data);
      const parts = [suite, ...(byData.size > 1 ? [fileName(data)] : []), table.show];
      return made ? [{ name: parts.join('-'), table: made }] : [];
    }),
  );
}

function tableOf(
  { show, metrics = [...METRICS], published }: SuiteTable,
  data: string,
  trials: readonly FinishedTrial[],
  key: string,
): ResultTable | undefined {
  if (show === 'value') return valueTable(trials, data);
  if (show === 'trust') return trustTable(trials, data);
  if (show === 'online') return onlineTable(trials, data);
  if (show === 'errors' || show === 'errors-standardised')
    return errorTable(trials, data, show === 'errors' ? 'raw' : 'standardised', metrics, ownEntry(published, key));
  const view = METRIC_VIEWS[show];
  // Nothing to show is different from nothing that could be trained.
  const isThere = trials.some((trial) => {
    const result = resultOf(trial);
    return result && view?.pick(result);
  });
  if (!view || (!isThere && (show !== 'standard' || trials.length === 0))) return undefined;
  return metricTable(trials, `${data}: ${view.title}`, metrics, view.pick, view.note(trials), ownEntry(published, key));
}

function metricTable(
  trials: readonly FinishedTrial[],
  title: string,
  columns: readonly TableMetric[],
  pick: Pick,
  note: string,
  published: Published | undefined,
): ResultTable {
  const rows = [...groupBy(trials, ({ row }) => row.label)].map(([label, own]) => {
    const failures = own.map(failureOf).filter((failure) => failure !== undefined);
    const metrics = own.map(resultOf).map((result) => result && pick(result));
    const values = Object.fromEntries(columns.map((name) => [name, metrics.map((m) => m?.[name])]));
    const cells = Object.fromEntries(
      columns.map((name) => {
        const present = (values[name] as (number | undefined)[]).filter((value) => value !== undefined);
        return [name, present.length > 0 ? summarize(present) : undefined];
      }),
    );
    const paper = publishedCells(published, label);
    return {
      ...{ label, cells, values },
      ...(paper && { published: paper }),
      ...(failures[0] !== undefined && { failed: `${failures.length} of ${own.length}, ${failures[0]}` }),
    };
  });
  const comparisons = columns.flatMap((column) =>
    compareWithBest(rows.map(({ label, values }) => ({ label, values: values[column] ?? [] }))).map((test) => ({
      column,
      ...test,
    })),
  );
  const marked = comparisons.length > 0 ? `${note} ${WORSE_NOTE}` : note;
  return { title, note: marked, columns, rows, comparisons };
}

/** Which rows had an exposure model that came to nothing, as a sentence; empty where none had. */
function collapsed(trials: readonly FinishedTrial[]): string {
  const labels = [...groupBy(trials, ({ row }) => row.label)].flatMap(([label, own]) => {
    const lost = own.filter((trial) => resultOf(trial)?.exposure?.collapsed).length;
    return lost > 0 ? [`${label} (${lost} of ${own.length})`] : [];
  });
  return labels.length > 0
    ? ` The exposure model has collapsed, so that training was plain after all: ${labels.join(', ')}.`
    : '';
}

/** ", worth 120 equally weighted ones": the mean effective size over trials. */
function worth(trials: readonly FinishedTrial[]): string {
  const sizes = trials.map((trial) => resultOf(trial)?.unbiased?.size).filter((size) => size !== undefined);
  if (sizes.length === 0) return '';
  return `, worth ${Math.round(sizes.reduce((sum, size) => sum + size, 0) / sizes.length)} equally weighted ones`;
}
