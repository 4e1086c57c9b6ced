import { estimateNamed } from '../evaluation/estimates/registry.js';
import { builtInEvaluation, type EvaluationCatalogue, type TruthResult } from '../evaluation/evaluate.js';
import { ANCHOR_MEANING, ANCHORS, shareOf } from '../evaluation/truth/anchors.js';
import { type JudgedMethod, type Trust, trustOf } from '../evaluation/truth/trust.js';
import type { SlopeFigure, ValueFigure } from '../results/figure.js';
import { type ResultTable, type TableRow, WORSE_NOTE } from '../results/table.js';
import { type Sample, summarizeSample } from '../support/layers.js';
import type { Summary } from '../support/statistics.js';
import { comparePairs, compareWithBest } from './comparison.js';
import { type FinishedTrial, failureOf, groupBy, resultOf } from './finished.js';
import { chanceNote, drawsOf, movesOf, plainSample, sampleOf } from './samples.js';
import type { TrialResult } from './trial.js';
import { fewNote, restsOnFew } from './worth.js';

/** The page by which methods are told apart. */
const VALUE = 'value@10';
const SHARE = 'share';
/** What a table of value shows. `share` is how far value@10 is on the way from random to what can be learned. */
const VALUE_COLUMNS = [VALUE, SHARE, 'value@5', 'value@20', 'rndcg@10'] as const;

const CRITERIA = [
  ['hit@10', 'Hit@10'],
  ['ndcg@10', 'NDCG@10'],
] as const;

/** A row of the suite with what its repetitions came to. */
interface JudgedRow {
  readonly label: string;
  readonly results: readonly (TrialResult | undefined)[];
  /** What it is worth, by value@10. */
  readonly worth: Sample;
  readonly trials: readonly FinishedTrial[];
  readonly failures: readonly string[];
}

function rowsOf(trials: readonly FinishedTrial[]): JudgedRow[] {
  return [...groupBy(trials, ({ row }) => row.label)].map(([label, own]) => {
    const results = own.map(resultOf);
    return {
      ...{ label, results, trials: own },
      worth: sampleOf(own, valuesIn, VALUE),
      failures: own.map(failureOf).filter((failure) => failure !== undefined),
    };
  });
}

const valuesIn = ({ truth }: TrialResult) => truth && { metrics: truth.values, groups: truth.groups };

/** The first trial's truth, whose anchors are means over the draws of the clicks: with what users had before, the best that is left differs a little. */
function truthOf(trials: readonly FinishedTrial[]): TruthResult | undefined {
  const first = trials.map(resultOf).find((result) => result?.truth)?.truth;
  if (!first) return undefined;
  const byDraw = new Map(
    trials.flatMap((trial) => {
      const truth = resultOf(trial)?.truth;
      return truth ? [[trial.draw ?? 0, truth.anchors] as const] : [];
    }),
  );
  const all = [...byDraw.values()];
  const meanOver = (name: (typeof ANCHORS)[number]): Record<string, number> =>
    Object.fromEntries(
      Object.keys(first.anchors[name]).map((metric) => [
        metric,
        all.reduce((sum, anchors) => sum + (anchors[name][metric] as number) / all.length, 0),
      ]),
    );
  const anchors = Object.fromEntries(ANCHORS.map((name) => [name, meanOver(name)])) as TruthResult['anchors'];
  return all.length > 1 ? { ...first, anchors } : first;
}

function metricOf({ values, anchors }: TruthResult, column: string): number {
  return column === SHARE ? shareOf(values[VALUE] as number, VALUE, { means: anchors }) : (values[column] as number);
}

/** A column of the table of value over a row's trials. */
function sampleIn(trials: readonly FinishedTrial[], column: string): Sample {
  if (column !== SHARE) return sampleOf(trials, valuesIn, column);
  const share = sampleOf(
    trials,
    ({ truth }) =>
      truth && { metrics: { [SHARE]: metricOf(truth, SHARE) }, groups: { [SHARE]: truth.groups?.[VALUE] ?? '' } },
    SHARE,
  );
  const spans = trials.map((trial) => {
    const anchors = resultOf(trial)?.truth?.anchors;
    return anchors ? (anchors.learnable[VALUE] as number) - (anchors.random[VALUE] as number) : 0;
  });
  const groups = share.groups?.map((own, r) =>
    own?.map((move) => ((spans[r] as number) > 0 ? move / (spans[r] as number) : 0)),
  );
  return { ...share, groups };
}

/** What every method is worth in truth, above what that is read against; undefined for data without a world. */
export function valueTable(trials: readonly FinishedTrial[], data: string): ResultTable | undefined {
  const truth = truthOf(trials);
  if (!truth) return undefined;
  const judged = rowsOf(trials);
  const samples = judged.map(({ trials: own }) => VALUE_COLUMNS.map((column) => sampleIn(own, column)));
  const rows = judged.map(({ label, results, failures }, row): TableRow => {
    const own = samples[row] as Sample[];
    return {
      label,
      values: Object.fromEntries(VALUE_COLUMNS.map((column, c) => [column, (own[c] as Sample).values])),
      cells: Object.fromEntries(VALUE_COLUMNS.map((column, c) => [column, summarizeSample(own[c] as Sample)])),
      ...movesOf(VALUE_COLUMNS.map((column, c) => [column, own[c] as Sample])),
      ...(failures[0] !== undefined && { failed: `${failures.length} of ${results.length}, ${failures[0]}` }),
    };
  });
  const comparisons = VALUE_COLUMNS.flatMap((column, c) =>
    compareWithBest(rows.map(({ label }, row) => ({ label, ...(samples[row]?.[c] as Sample) }))).map((test) => ({
      column,
      ...test,
    })),
  );
  const anchors = ANCHORS.map((name) => {
    const at = metricOf.bind(undefined, { ...truth, values: truth.anchors[name] });
    return { label: name, cells: Object.fromEntries(VALUE_COLUMNS.map((column) => [column, exact(at(column))])) };
  });
  const note = [
    'value@k: clicks in 100 shown, if everybody is shown a page of the k items that a method ranks first among those that they had in neither training',
    `nor validation; exact, over ${truth.users.toLocaleString('en')} users. share: of the way from random to learnable, percent. Mean (sd) over repetitions of training.`,
    `Below the rule: ${ANCHORS.map((name) => `${name}, ${ANCHOR_MEANING[name]}`).join('; ')}.`,
    chanceNote(samples.flat(), { users: truth.users, isSimulated: true, isTested: comparisons.length > 0 }),
    ...(comparisons.length > 0 ? [WORSE_NOTE] : []),
  ].join(' ');
  const verdict = verdictOf(judged);
  const lead = verdict ? wordsOf(verdict, truth) : [];
  const seeds = judged[0]?.trials.map(({ settings }) => settings.seed) ?? [];
  return { title: `${data}: value in truth`, note, columns: VALUE_COLUMNS, seeds, rows, anchors, comparisons, lead };
}

const exact = (mean: number): Summary => ({ n: 1, mean, sd: undefined });

const points = (share: number): string => (100 * share).toFixed(1);

/** What standard evaluation would deploy, and what is best in truth. */
interface Verdict {
  readonly pick: JudgedRow;
  readonly best: JudgedRow;
  /** Value that deploying the pick costs. */
  readonly cost: number;
  /** Whether that is beyond chance. */
  readonly isCertain: boolean;
}

const standardOf = (row: JudgedRow): number =>
  meanOf(row.results.map((one) => one?.estimates['standard']?.metrics['hit@10']));
const worthOf = ({ worth }: JudgedRow): number => meanOf(worth.values);
const isJudged = ({ worth }: JudgedRow): boolean => worth.values.some((value) => value !== undefined);

/** Undefined for fewer than two methods. */
function verdictOf(rows: readonly JudgedRow[]): Verdict | undefined {
  const known = rows.filter(isJudged);
  if (known.length < 2) return undefined;
  const first = (by: (row: JudgedRow) => number): JudgedRow =>
    known.reduce((best, row) => (by(row) > by(best) ? row : best));
  const [pick, best] = [first(standardOf), first(worthOf)];
  const [test] =
    pick === best
      ? []
      : comparePairs([
          [
            { label: best.label, ...best.worth },
            { label: pick.label, ...pick.worth },
          ],
        ]);
  return { pick, best, cost: worthOf(best) - worthOf(pick), isCertain: test !== undefined && test.p < 0.05 };
}

/** The verdict in words; a cost is claimed only where it is beyond chance. */
function wordsOf({ pick, best, cost, isCertain }: Verdict, { anchors }: TruthResult): string[] {
  const learnable = `${points(anchors.learnable[VALUE] as number)} could be learned, ${points(anchors.random[VALUE] as number)} comes by chance.`;
  const picks = `Standard evaluation (Hit@10) picks ${pick.label}, which earns ${points(worthOf(pick))} clicks in 100 shown`;
  if (pick === best) return [`${picks}: the most of these methods.`, learnable];
  const second = isCertain
    ? `The best of these methods is ${best.label} (${points(worthOf(best))}): choosing by Hit@10 costs ${points(cost)} clicks in 100 shown.`
    : `${best.label} earns ${points(worthOf(best))}, but over these repetitions it is not decided which of the two is better.`;
  return [`${picks}.`, second, learnable];
}

function meanOf(values: readonly (number | undefined)[]): number {
  const present = values.filter((value) => value !== undefined);
  return present.length > 0 ? present.reduce((a, b) => a + b, 0) / present.length : Number.NEGATIVE_INFINITY;
}

/** Keys of the estimates that are made of clicks, in the order of their registry and of the trials. */
function offlineKeys(rows: readonly JudgedRow[], estimates: EvaluationCatalogue['estimates']): string[] {
  const keys = new Set(
    rows.flatMap(({ results }) => results.flatMap((result) => Object.keys(result?.estimates ?? {}))),
  );
  const place = (key: string): number => estimates.names.indexOf(key.split(':', 1)[0] as string);
  return [...keys].filter((key) => !estimateNamed(key, estimates).isExact).sort((a, b) => place(a) - place(b));
}

/** How far each offline estimate agrees with the truth over the methods; undefined where there is no truth, or one method alone. */
export function trustTable(
  trials: readonly FinishedTrial[],
  data: string,
  { estimates }: EvaluationCatalogue = builtInEvaluation,
): ResultTable | undefined {
  if (!truthOf(trials)) return undefined;
  const judged = rowsOf(trials);
  const keys = offlineKeys(judged, estimates);
  const weak = new Map(
    keys.map((key) => [
      key,
      judged.filter(({ results }) => restsOnFew(results, (one) => one.estimates[key])).map(({ label }) => label),
    ]),
  );
  const rows = keys.flatMap((key) =>
    CRITERIA.flatMap(([metric, title]): TableRow[] => {
      const methods = judged.map(
        (row): JudgedMethod => ({
          label: row.label,
          value: row.worth.values,
          estimate: row.results.map((one) => one?.estimates[key]?.metrics[metric]),
        }),
      );
      const trust = trustOf(methods, drawsOf(judged[0]?.trials ?? []).draws);
      const isWeak = weak.get(key)?.length !== 0;
      const label = `${estimateNamed(key, estimates).label}, ${title}`;
      return trust ? [{ label, cells: trustCells(trust), ...(isWeak && { isWeak }) }] : [];
    }),
  );
  if (rows.length === 0) return undefined;
  const few = [...weak].flatMap(([key, labels]) =>
    labels.length > 0
      ? [
          `${estimateNamed(key, estimates).label}, of ${labels.length === judged.length ? 'every method' : labels.join(', ')}`,
        ]
      : [],
  );
  return {
    title: `${data}: which evaluation to trust`,
    note: `Against value@10, over the methods: tau, Kendall's tau-b of the two orders; regret, clicks in 100 shown that deploying its pick costs; turned, percent of the pairs of methods that it puts the wrong way round; error, mean squared difference of the two, standardised over methods; methods, how many have the estimate. Mean (sd) over repetitions of training. ${chanceNote([trustSample(trials)], { isSimulated: true })}${fewNote(few)}`,
    columns: ['tau', 'regret', 'turned', 'error', 'methods'],
    rows,
    styles: {
      tau: { format: 'number' },
      regret: { lowerIsBetter: true },
      turned: { lowerIsBetter: true },
      error: { format: 'number', lowerIsBetter: true },
      methods: { format: 'count' },
    },
  };
}

/** What trust is told by: the repetitions alone, or the draws where there are several. */
const trustSample = (trials: readonly FinishedTrial[]): Sample => {
  const [first = []] = [...groupBy(trials, ({ row }) => row.label).values()];
  return plainSample(first, ({ truth }) => truth?.values[VALUE]);
};

function trustCells({ tau, regret, turned, error, methods }: Trust): TableRow['cells'] {
  return { tau, regret, turned, error, methods: exact(methods) };
}

/** Ranks by standard evaluation and by truth; undefined where there is no truth, or fewer than two methods. */
export function slopesOf(trials: readonly FinishedTrial[], data: string): SlopeFigure | undefined {
  const truth = truthOf(trials);
  if (!truth) return undefined;
  const rows = rowsOf(trials).filter(isJudged);
  const verdict = verdictOf(rows);
  if (!verdict) return undefined;
  const { pick, best, cost, isCertain } = verdict;
  const title =
    pick === best
      ? `${data}: Hit@10 and the truth agree on ${best.label}.`
      : isCertain
        ? `${data}: Hit@10 would deploy ${pick.label}; in truth ${best.label} earns ${points(cost)} more clicks in 100 shown.`
        : `${data}: Hit@10 would deploy ${pick.label}; ${best.label} may earn more, which is not decided.`;
  const methods = rows.map((row) => ({ label: row.label, left: standardOf(row), right: worthOf(row) }));
  return {
    kind: 'slopes',
    title,
    note: 'Left: order by Hit@10 of the test clicks. Right: order by value@10, the expected clicks in 100 shown. The scale at the edge has the same values as the table.',
    sides: ['by Hit@10', 'by clicks in 100 shown'],
    methods,
    anchors: ANCHORS.map((name) => ({ label: name, value: truth.anchors[name][VALUE] as number })),
  };
}

/** What each method is worth, with its interval over repetitions, against the anchors; undefined where there is no truth, or fewer than two methods. */
export function valuesOf(trials: readonly FinishedTrial[], data: string): ValueFigure | undefined {
  const truth = truthOf(trials);
  if (!truth) return undefined;
  const rows = rowsOf(trials).filter(isJudged);
  const verdict = verdictOf(rows);
  if (!verdict) return undefined;
  const { pick, best } = verdict;
  const learnable = truth.anchors.learnable[VALUE] as number;
  const share = shareOf(worthOf(best), VALUE, { means: truth.anchors });
  return {
    kind: 'values',
    title: `${data}: the best, ${best.label}, has ${Math.round(100 * share)}% of what can be learned beyond chance (${points(learnable)}).`,
    note: 'Points: value@10, the expected clicks in 100 shown, mean over repetitions of training; bars: 95 percent intervals of that mean. Dashed: what values are read against. '.concat(
      chanceNote(
        rows.map(({ worth }) => worth),
        { users: truth.users, isSimulated: true },
      ),
    ),
    axis: 'clicks in 100 shown',
    methods: rows.map((row) => {
      const { mean, interval } = summarizeSample(row.worth) as Summary;
      const role = row === best ? 'best' : row === pick ? 'pick' : undefined;
      return {
        label: row.label,
        mean,
        ...(interval && { low: interval[0], high: interval[1] }),
        ...(role && { role }),
      };
    }),
    anchors: ANCHORS.map((name) => ({ label: name, value: truth.anchors[name][VALUE] as number })),
  };
}
